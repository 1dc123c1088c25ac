/**
 * Scalars: how numbers, bigints and truth values are loaded and stored.
 *
 * Everything is little-endian and goes through DataView, whose methods V8 turns into a single
 * machine instruction, also at odd addresses and beyond 4 GiB. Stores check: JavaScript would wrap
 * 300 to 44 in a byte and make 0 of a string, and the other process would never know.
 */
import { type Codec, describeValue, type Load, type Store, valueError } from "./codec.ts";
import type { ScalarKind, ScalarName } from "./kinds.ts";

const TWO_TO_32 = 2 ** 32;

/** The codec of a scalar field; `subject` names the field in errors. */
export function scalarCodec(kind: ScalarKind, subject: string): Codec {
  if (kind.isNumber) return SAFE_INTEGER_CODECS[kind.scalar === "i64" ? "i64" : "u64"](subject);
  return { load: LOADS[kind.scalar], store: STORES[kind.scalar](subject) };
}

const LOADS: Readonly<Record<ScalarName, Load>> = {
  i8: (view, at) => view.getInt8(at),
  u8: (view, at) => view.getUint8(at),
  i16: (view, at) => view.getInt16(at, true),
  u16: (view, at) => view.getUint16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => view.getUint32(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  bool: (view, at) => view.getUint8(at) !== 0,
  i64: (view, at) => view.getBigInt64(at, true),
  u64: (view, at) => view.getBigUint64(at, true),
};

const STORES: Readonly<Record<ScalarName, (subject: string) => Store>> = {
  i8: (subject) => (view, at, value) => {
    if (typeof value !== "number" || (value << 24) >> 24 !== value) {
      throw integerError(subject, "i8", value);
    }
    view.setInt8(at, value);
  },
  u8: (subject) => (view, at, value) => {
    if (typeof value !== "number" || (value & 0xff) !== value) {
      throw integerError(subject, "u8", value);
    }
    view.setUint8(at, value);
  },
  i16: (subject) => (view, at, value) => {
    if (typeof value !== "number" || (value << 16) >> 16 !== value) {
      throw integerError(subject, "i16", value);
    }
    view.setInt16(at, value, true);
  },
  u16: (subject) => (view, at, value) => {
    if (typeof value !== "number" || (value & 0xffff) !== value) {
      throw integerError(subject, "u16", value);
    }
    view.setUint16(at, value, true);
  },
  i32: (subject) => (view, at, value) => {
    if (typeof value !== "number" || (value | 0) !== value) {
      throw integerError(subject, "i32", value);
    }
    view.setInt32(at, value, true);
  },
  u32: (subject) => (view, at, value) => {
    if (typeof value !== "number" || value >>> 0 !== value) {
      throw integerError(subject, "u32", value);
    }
    view.setUint32(at, value, true);
  },
  f32: (subject) => (view, at, value) => {
    if (typeof value !== "number") throw typeError(subject, "a number", value);
    view.setFloat32(at, value, true);
  },
  f64: (subject) => (view, at, value) => {
    if (typeof value !== "number") throw typeError(subject, "a number", value);
    view.setFloat64(at, value, true);
  },
  bool: (subject) => (view, at, value) => {
    if (typeof value !== "boolean") throw typeError(subject, "true or false", value);
    view.setUint8(at, value ? 1 : 0);
  },
  i64: (subject) => (view, at, value) => {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) {
      throw typeError(subject, "a bigint from -(2n ** 63n) to 2n ** 63n - 1n", value);
    }
    view.setBigInt64(at, value, true);
  },
  u64: (subject) => (view, at, value) => {
    if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) {
      throw typeError(subject, "a bigint from 0n to 2n ** 64n - 1n", value);
    }
    view.setBigUint64(at, value, true);
  },
};

/**
 * 64-bit integers as numbers, by halves, because a bigint in between would be allocated. Two loads
 * are no second read of a checked value: what is checked is the number made of both.
 */
const SAFE_INTEGER_CODECS: Readonly<Record<"i64" | "u64", (subject: string) => Codec>> = {
  i64: (subject) => ({
    load: (view, at) => {
      const value = view.getInt32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true);
      if (!Number.isSafeInteger(value)) throw unsafeStoredError(subject, "i64", value);
      return value;
    },
    store: (view, at, value) => {
      if (!Number.isSafeInteger(value)) throw typeError(subject, "a safe integer", value);
      storeHalves(view, at, value as number);
    },
  }),
  u64: (subject) => ({
    load: (view, at) => {
      const value = view.getUint32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true);
      if (!Number.isSafeInteger(value)) throw unsafeStoredError(subject, "u64", value);
      return value;
    },
    store: (view, at, value) => {
      if (!Number.isSafeInteger(value) || (value as number) < 0) {
        throw typeError(subject, "a safe integer from 0", value);
      }
      storeHalves(view, at, value as number);
    },
  }),
};

function storeHalves(view: DataView, at: number, value: number): void {
  // setInt32 takes its argument modulo 2^32, which is what the low half of an integer is.
  view.setInt32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / TWO_TO_32), true);
}

function integerError(subject: string, kind: string, value: unknown): Error {
  const bits = Number(kind.slice(1));
  const [least, most] =
    kind[0] === "u" ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return typeError(subject, `an integer from ${least} to ${most}`, value);
}

function typeError(subject: string, wanted: string, value: unknown): Error {
  return valueError(subject, wanted, describeValue(value));
}

function unsafeStoredError(subject: string, kind: string, value: number): Error {
  return valueError(
    subject,
    `a stored ${kind} that is a safe integer`,
    `about ${value}`,
    `Define the field as ${kind} and read a bigint.`,
  );
}
