/**
 * Kinds: the words of which a struct definition is made.
 *
 * A kind says how a field lies in memory and which TypeScript type it has. Every kind has one
 * meaning in C, on every platform that floe runs on (64-bit, little-endian):
 *
 * | kind | in C | in TypeScript |
 * | --- | --- | --- |
 * | `i8` … `u32` | `int8_t` … `uint32_t` | `number`, checked on writing |
 * | `f32`, `f64` | `float`, `double` | `number` |
 * | `bool` | `bool` (one byte; any byte but 0 reads as `true`) | `boolean` |
 * | `i64`, `u64` | `int64_t`, `uint64_t` | `bigint` (reading one allocates) |
 * | `i64AsNumber`, `u64AsNumber` | the same | `number`, safe integers only, no allocation |
 * | `text(n)` | `struct { uint32_t length; char bytes[n]; }` | `string`, UTF-8, no NUL at the end |
 * | `bytes(n)` | `uint8_t[n]` | `Uint8Array` of exactly n bytes, copied both ways |
 * | `array(kind, n)` | `kind[n]` | an array accessor with `at(index)` |
 * | a struct | the struct | a nested accessor |
 *
 * Kinds are plain frozen objects and are not checked when they are made: `struct()` checks them
 * all, because only there the name of the struct and of the field is known to the message.
 */
import type { AnyStructType } from "./types.ts";

/** Marks kinds, and tells which sort of kind it is. Found by symbol, also across package copies. */
export const KIND: unique symbol = Symbol.for("floe.schema.kind");

/** Carries the TypeScript type of a scalar in types only; there is no such property. */
declare const VALUE: unique symbol;

/** The name of a scalar as C sees it; `i64AsNumber` is an `i64` in memory. */
export type ScalarName =
  | "i8"
  | "u8"
  | "i16"
  | "u16"
  | "i32"
  | "u32"
  | "f32"
  | "f64"
  | "bool"
  | "i64"
  | "u64";

/** What a scalar field can hold. */
export type ScalarValue = number | bigint | boolean;

/** A single value of a fixed size. */
export interface ScalarKind<Value extends ScalarValue = ScalarValue> {
  readonly [KIND]: "scalar";
  readonly [VALUE]?: Value;
  /** The name of the kind in memory. */
  readonly scalar: ScalarName;
  /** Whether a 64-bit integer is a `number` in TypeScript. */
  readonly isNumber: boolean;
  /** Size and alignment, in bytes. */
  readonly sizeBytes: number;
}

/** Text of a bounded length; see {@link text}. */
export interface TextKind {
  readonly [KIND]: "text";
  readonly capacityBytes: number;
}

/** A fixed number of bytes; see {@link bytes}. */
export interface BytesKind {
  readonly [KIND]: "bytes";
  readonly capacityBytes: number;
}

/** What an array may consist of: scalars or structs. */
export type ElementKind = ScalarKind | AnyStructType;

/** A fixed number of equal elements; see {@link array}. */
export interface ArrayKind<Element extends ElementKind = ElementKind> {
  readonly [KIND]: "array";
  readonly element: Element;
  readonly count: number;
}

/** Everything that a field of a struct can be. */
export type FieldKind = ScalarKind | TextKind | BytesKind | ArrayKind | AnyStructType;

/** The fields of a struct in the order in which they lie in memory. */
export interface StructFields {
  readonly [name: string]: FieldKind;
}

/** A signed 8-bit integer (`int8_t`). */
export const i8: ScalarKind<number> = scalar("i8", 1);
/** An unsigned 8-bit integer (`uint8_t`). */
export const u8: ScalarKind<number> = scalar("u8", 1);
/** A signed 16-bit integer (`int16_t`). */
export const i16: ScalarKind<number> = scalar("i16", 2);
/** An unsigned 16-bit integer (`uint16_t`). */
export const u16: ScalarKind<number> = scalar("u16", 2);
/** A signed 32-bit integer (`int32_t`). */
export const i32: ScalarKind<number> = scalar("i32", 4);
/** An unsigned 32-bit integer (`uint32_t`). */
export const u32: ScalarKind<number> = scalar("u32", 4);
/** A 32-bit float (`float`); a number written to it is rounded as `Math.fround` rounds. */
export const f32: ScalarKind<number> = scalar("f32", 4);
/** A 64-bit float (`double`). */
export const f64: ScalarKind<number> = scalar("f64", 8);
/** A truth value in one byte (`bool`): written as 0 or 1, any byte but 0 is read as true. */
export const bool: ScalarKind<boolean> = scalar("bool", 1);
/** A signed 64-bit integer (`int64_t`) as `bigint`. */
export const i64: ScalarKind<bigint> = scalar("i64", 8);
/** An unsigned 64-bit integer (`uint64_t`) as `bigint`. */
export const u64: ScalarKind<bigint> = scalar("u64", 8);
/**
 * A signed 64-bit integer (`int64_t`) as `number`. Writing anything but a safe integer, and reading
 * a stored value that is not one, throws `FLOE_VALUE_INVALID`.
 */
export const i64AsNumber: ScalarKind<number> = scalar("i64", 8, true);
/**
 * An unsigned 64-bit integer (`uint64_t`) as `number`. Writing anything but a safe integer from 0,
 * and reading a stored value that is not one, throws `FLOE_VALUE_INVALID`.
 */
export const u64AsNumber: ScalarKind<number> = scalar("u64", 8, true);

/**
 * Text of at most `capacityBytes` bytes of UTF-8, in C
 * `struct { uint32_t length; char bytes[capacityBytes]; }` with `length` in bytes and no NUL.
 *
 * Longer text throws `FLOE_VALUE_INVALID` and writes nothing; lone surrogates are written as
 * U+FFFD, and bytes that are not UTF-8 are read as U+FFFD. Bytes after the text keep what they
 * held. A stored length above the capacity throws `FLOE_VALUE_INVALID` on reading.
 */
export function text(capacityBytes: number): TextKind {
  return Object.freeze({ [KIND]: "text" as const, capacityBytes });
}

/**
 * Exactly `capacityBytes` bytes, in C `uint8_t[capacityBytes]`.
 *
 * Reading returns a copy, because a view would stay writable and would outlive the sample. Writing
 * takes a `Uint8Array` of exactly that many bytes and throws `FLOE_VALUE_INVALID` for any other.
 */
export function bytes(capacityBytes: number): BytesKind {
  return Object.freeze({ [KIND]: "bytes" as const, capacityBytes });
}

/** Exactly `count` elements of one scalar kind or struct, one after the other as in C. */
export function array<Element extends ElementKind>(
  element: Element,
  count: number,
): ArrayKind<Element> {
  return Object.freeze({ [KIND]: "array" as const, element, count });
}

function scalar<Value extends ScalarValue>(
  name: ScalarName,
  sizeBytes: number,
  isNumber = false,
): ScalarKind<Value> {
  return Object.freeze({ [KIND]: "scalar" as const, scalar: name, isNumber, sizeBytes });
}
