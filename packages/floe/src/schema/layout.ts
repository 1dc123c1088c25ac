/**
 * Layout: where the fields of a struct lie, by the rules that C compilers follow.
 *
 * A field starts at the next multiple of its alignment, which for a scalar is its size (natural
 * alignment, as on x86-64 and arm64). A struct is aligned as its most demanding field, and its size
 * is rounded up to that alignment, so that in an array every element is aligned. A text is aligned
 * as its `uint32_t`, a byte array not at all.
 *
 * {@link StructLayout} says all this in a form that can be stored as JSON and compared. It speaks
 * of memory only: `u64AsNumber` and `u64` are the same, and so are `array(f64, 1)` and `f64`.
 */
import { type FieldKind, KIND, type ScalarName, type StructFields } from "./kinds.ts";

/** Bytes before the characters of a text: its length, a `uint32_t`. */
export const TEXT_LENGTH_BYTES = 4;

/** Where one field lies and what it holds. */
export interface FieldLayout {
  readonly name: string;
  /** The kind of the field, or of its elements. */
  readonly kind: ScalarName | "text" | "bytes" | "struct";
  /** Distance from the start of the struct, in bytes. */
  readonly offsetBytes: number;
  /** Size of the whole field, with all elements, in bytes. */
  readonly sizeBytes: number;
  /** The number of elements of an array; the capacity in bytes of text and bytes; else 1. */
  readonly count: number;
  /** The layout of the struct that the field, or each element, is. */
  readonly struct?: StructLayout;
}

/** The canonical description of a struct. Two of them are compatible when they are equal. */
export interface StructLayout {
  readonly name: string;
  readonly sizeBytes: number;
  readonly alignmentBytes: number;
  readonly fields: readonly FieldLayout[];
}

/** Lays out fields that have been checked; the result is frozen. */
export function layOut(name: string, fields: StructFields): StructLayout {
  const placed: FieldLayout[] = [];
  let endBytes = 0;
  let alignmentBytes = 1;
  for (const [fieldName, kind] of Object.entries(fields)) {
    const alignmentOfFieldBytes = alignmentOf(kind);
    const offsetBytes = roundUp(endBytes, alignmentOfFieldBytes);
    const field = { name: fieldName, offsetBytes, ...describeKind(kind) };
    placed.push(Object.freeze(field));
    endBytes = offsetBytes + field.sizeBytes;
    alignmentBytes = Math.max(alignmentBytes, alignmentOfFieldBytes);
  }
  const sizeBytes = roundUp(endBytes, alignmentBytes);
  return Object.freeze({ name, sizeBytes, alignmentBytes, fields: Object.freeze(placed) });
}

function describeKind(kind: FieldKind): Omit<FieldLayout, "name" | "offsetBytes"> {
  switch (kind[KIND]) {
    case "scalar":
      return { kind: kind.scalar, sizeBytes: kind.sizeBytes, count: 1 };
    case "text":
      return {
        kind: "text",
        sizeBytes: roundUp(TEXT_LENGTH_BYTES + kind.capacityBytes, TEXT_LENGTH_BYTES),
        count: kind.capacityBytes,
      };
    case "bytes":
      return { kind: "bytes", sizeBytes: kind.capacityBytes, count: kind.capacityBytes };
    case "struct":
      return { kind: "struct", sizeBytes: kind.sizeBytes, count: 1, struct: kind.layout() };
    case "array": {
      const element = describeKind(kind.element);
      return { ...element, sizeBytes: element.sizeBytes * kind.count, count: kind.count };
    }
  }
}

function alignmentOf(kind: FieldKind): number {
  switch (kind[KIND]) {
    case "scalar":
      return kind.sizeBytes;
    case "text":
      return TEXT_LENGTH_BYTES;
    case "bytes":
      return 1;
    case "struct":
      return kind.alignmentBytes;
    case "array":
      return alignmentOf(kind.element);
  }
}

function roundUp(valueBytes: number, alignmentBytes: number): number {
  // Not by bit operations: sizes up to 2^31 and their sums are beyond 32-bit integers.
  return Math.ceil(valueBytes / alignmentBytes) * alignmentBytes;
}
