/**
 * Schema: C structs that are defined, read and written in TypeScript, in place.
 *
 * Start with `struct()` and the kinds; everything else follows by inference. Ports use `Cursor`
 * and `isStructType`, the registry uses `StructLayout` and `describeLayoutDifference`.
 */
export { Cursor } from "./cursor.ts";
export { describeLayoutDifference } from "./difference.ts";
export {
  type ArrayKind,
  array,
  type BytesKind,
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
  type ScalarKind,
  type ScalarName,
  type ScalarValue,
  type StructFields,
  type TextKind,
  text,
  u8,
  u16,
  u32,
  u64,
  u64AsNumber,
} from "./kinds.ts";
export type { FieldLayout, StructLayout } from "./layout.ts";
export { isStructType, struct } from "./struct.ts";
export type {
  AnyStructType,
  Assignable,
  Reader,
  ReaderOf,
  ScalarArrayReader,
  ScalarArrayWriter,
  StructArrayReader,
  StructArrayWriter,
  StructType,
  Value,
  ValueOf,
  Writer,
  WriterOf,
} from "./types.ts";
