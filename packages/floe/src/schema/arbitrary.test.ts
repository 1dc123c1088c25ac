/**
 * Random struct definitions and values for them, for the property tests beside this file.
 *
 * It is named as a test, though it has none, so that it is not published with the library.
 */
import fc from "fast-check";
import {
  array,
  bool,
  bytes,
  type ElementKind,
  type FieldKind,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64AsNumber,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  u64AsNumber,
} from "./mod.ts";

/** Fields whose kinds are not known to the compiler. */
export type AnyFields = Record<string, FieldKind>;

/** A struct before it is one, with a way to make values for it. */
export interface NamedDefinition {
  readonly name: string;
  readonly fields: AnyFields;
  readonly value: fc.Arbitrary<Record<string, unknown>>;
}

interface KindAndValue<Kind extends FieldKind = FieldKind> {
  readonly kind: Kind;
  readonly value: fc.Arbitrary<unknown>;
}

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

const scalars: readonly KindAndValue<ElementKind>[] = [
  { kind: i8, value: int(8) },
  { kind: u8, value: uint(8) },
  { kind: i16, value: int(16) },
  { kind: u16, value: uint(16) },
  { kind: i32, value: int(32) },
  { kind: u32, value: uint(32) },
  { kind: f32, value: fc.float() },
  { kind: f64, value: fc.double() },
  { kind: bool, value: fc.boolean() },
  { kind: i64, value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { kind: u64, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { kind: i64AsNumber, value: fc.maxSafeInteger() },
  { kind: u64AsNumber, value: fc.maxSafeNat() },
];

const scalarArbitrary = fc.constantFrom(...scalars);

const textArbitrary = fc.integer({ min: 1, max: 100 }).map((capacityBytes) => ({
  kind: text(capacityBytes),
  value: fc
    .string({ unit: "binary", maxLength: capacityBytes })
    .filter((value) => Buffer.byteLength(value) <= capacityBytes),
}));

const bytesArbitrary = fc.integer({ min: 1, max: 20 }).map((capacityBytes) => ({
  kind: bytes(capacityBytes),
  value: fc.uint8Array({ minLength: capacityBytes, maxLength: capacityBytes }),
}));

function arrayOf(element: fc.Arbitrary<KindAndValue<ElementKind>>): fc.Arbitrary<KindAndValue> {
  return fc.tuple(element, fc.integer({ min: 1, max: 5 })).map(([{ kind, value }, count]) => ({
    kind: array(kind, count),
    value: fc.array(value, { minLength: count, maxLength: count }),
  }));
}

function definitionOf(field: fc.Arbitrary<KindAndValue>): fc.Arbitrary<NamedDefinition> {
  return fc.array(field, { minLength: 1, maxLength: 8 }).map((list) => ({
    name: "Random",
    fields: Object.fromEntries(list.map(({ kind }, index) => [`f${index}`, kind])),
    value: fc.record(Object.fromEntries(list.map(({ value }, index) => [`f${index}`, value])), {
      noNullPrototype: true,
    }),
  }));
}

function nest(inner: fc.Arbitrary<NamedDefinition>): fc.Arbitrary<KindAndValue<ElementKind>> {
  return inner.map(({ name, fields, value }) => ({ kind: struct(name, fields), value }));
}

const flatField: fc.Arbitrary<KindAndValue> = fc.oneof(
  scalarArbitrary,
  scalarArbitrary,
  textArbitrary,
  bytesArbitrary,
  arrayOf(scalarArbitrary),
);

function deeper(inner: fc.Arbitrary<NamedDefinition>): fc.Arbitrary<NamedDefinition> {
  const nested = nest(inner);
  return definitionOf(fc.oneof(flatField, flatField, nested, arrayOf(nested)));
}

/** Definitions of up to 8 fields of every kind, nested up to two structs deep. */
export const definitionArbitrary: fc.Arbitrary<NamedDefinition> = deeper(
  deeper(definitionOf(flatField)),
);
