/**
 * The TypeScript types that follow from a struct definition.
 *
 * A definition is written once, as a value; readers, writers and plain objects get their types from
 * it by inference. The read side has only readonly properties, the write side has both, and nested
 * structs and arrays are readonly on both sides, because the accessor stays and its fields change.
 */
import type { Cursor } from "./cursor.ts";
import type {
  ArrayKind,
  BytesKind,
  ElementKind,
  FieldKind,
  KIND,
  ScalarKind,
  ScalarValue,
  StructFields,
  TextKind,
} from "./kinds.ts";
import type { FieldLayout, StructLayout } from "./layout.ts";

/** What is known of a struct type when its fields are not: enough to nest and to compare it. */
export interface AnyStructType {
  readonly [KIND]: "struct";
  /** The name given to `struct()`. */
  readonly name: string;
  /** Size of one value in bytes, a multiple of the alignment, as `sizeof` in C. */
  readonly sizeBytes: number;
  /** Alignment in bytes, as `alignof` in C. */
  readonly alignmentBytes: number;
  /** Where each field lies, in the order of the definition. */
  readonly fields: readonly FieldLayout[];
  /** The canonical description for the registry: JSON-able, equal for equal memory. */
  layout(): StructLayout;
}

/** A struct: its layout, and the makers and movers of its accessors. Made by `struct()`. */
export interface StructType<Fields extends StructFields = StructFields> extends AnyStructType {
  /** The kinds of the fields as they were defined. */
  readonly definition: Fields;
  /** Makes a read accessor that is bound to nothing: until bound, its fields throw. */
  createReader(): Reader<Fields>;
  /** Makes a write accessor that is bound to nothing: until bound, its fields throw. */
  createWriter(): Writer<Fields>;
  /**
   * Moves an accessor, with all accessors below it, to the struct at `offsetBytes` of `view`.
   * Allocates nothing. Throws `FLOE_OPTION_INVALID` when the struct does not lie within the view.
   */
  bind(accessor: Reader<Fields> | Writer<Fields>, view: DataView, offsetBytes: number): void;
  /** Ends the use of an accessor: until bound again, its fields throw `FLOE_RELEASED`. */
  release(accessor: Reader<Fields> | Writer<Fields>): void;
  /**
   * The cursor that moves an accessor. Hot paths keep it: `cursor.bind(view, offsetBytes)` costs
   * the same however many struct types a process uses, `Pose.bind(…)` some ns more from the 5th on.
   */
  cursorOf(accessor: Reader<Fields> | Writer<Fields>): Cursor;
}

/** The read accessor of a struct type: `type PoseReader = ReaderOf<typeof Pose>`. */
export type ReaderOf<Type extends AnyStructType> =
  Type extends StructType<infer Fields> ? Reader<Fields> : never;

/** The write accessor of a struct type: `type PoseWriter = WriterOf<typeof Pose>`. */
export type WriterOf<Type extends AnyStructType> =
  Type extends StructType<infer Fields> ? Writer<Fields> : never;

/** The plain object that `toObject()` of a struct type's accessors returns. */
export type ValueOf<Type extends AnyStructType> =
  Type extends StructType<infer Fields> ? Value<Fields> : never;

/** The read accessor for a set of fields. */
export type Reader<Fields extends StructFields> = {
  readonly [Name in keyof Fields]: ReadField<Fields[Name]>;
} & {
  /** Copies everything into a plain object, which stays valid after release. */
  toObject(): Value<Fields>;
};

/** The write accessor for a set of fields. */
export type Writer<Fields extends StructFields> = {
  -readonly [Name in keyof Fields as Fields[Name] extends LeafKind ? Name : never]: ReadField<
    Fields[Name]
  >;
} & {
  readonly [Name in keyof Fields as Fields[Name] extends LeafKind ? never : Name]: WriteField<
    Fields[Name]
  >;
} & {
  /** Copies everything into a plain object, which stays valid after release. */
  toObject(): Value<Fields>;
  /**
   * Writes the given fields, in the order given, and leaves the others as they are; nested structs
   * likewise, arrays whole. Throws `FLOE_VALUE_INVALID` at the first value that does not fit or has
   * no field: that field is untouched, fields before it are written.
   */
  assign(value: Assignable<Fields>): void;
};

/** The plain object for a set of fields. */
export type Value<Fields extends StructFields> = {
  -readonly [Name in keyof Fields]: ValueField<Fields[Name]>;
};

/** What `assign()` takes: some or all fields, as plain values, or an accessor to copy from. */
export type Assignable<Fields extends StructFields> = {
  readonly [Name in keyof Fields]?: AssignField<Fields[Name]>;
};

/** Reads an array of scalars in place. */
export interface ScalarArrayReader<Element extends ScalarValue> extends Iterable<Element> {
  /** The number of elements; fixed by the definition. */
  readonly length: number;
  /** The element at `index`; throws `FLOE_VALUE_INVALID` unless 0 <= index < length. */
  at(index: number): Element;
  /** Copies all elements into a plain array. */
  toObject(): Element[];
}

/** Reads and writes an array of scalars in place. */
export interface ScalarArrayWriter<Element extends ScalarValue> extends ScalarArrayReader<Element> {
  /** Writes one element; throws `FLOE_VALUE_INVALID` when the index or the value does not fit. */
  set(index: number, value: Element): void;
  /** Writes all elements; throws `FLOE_VALUE_INVALID` unless there are exactly `length`. */
  assign(values: ArrayLike<Element> | ScalarArrayReader<Element>): void;
}

/** Reads an array of structs in place. */
export interface StructArrayReader<Fields extends StructFields> extends Iterable<Reader<Fields>> {
  /** The number of elements; fixed by the definition. */
  readonly length: number;
  /**
   * The accessor of the element at `index`, made at the first use of that index and kept: two
   * elements can be held side by side. Throws `FLOE_VALUE_INVALID` unless 0 <= index < length.
   */
  at(index: number): Reader<Fields>;
  /** Copies all elements into plain objects. */
  toObject(): Value<Fields>[];
}

/** Reads and writes an array of structs in place. */
export interface StructArrayWriter<Fields extends StructFields> extends Iterable<Writer<Fields>> {
  /** The number of elements; fixed by the definition. */
  readonly length: number;
  /** As on the read side, with an accessor that writes. */
  at(index: number): Writer<Fields>;
  /** Copies all elements into plain objects. */
  toObject(): Value<Fields>[];
  /** The same as `at(index).assign(value)`. */
  set(index: number, value: Assignable<Fields>): void;
  /** Assigns all elements; throws `FLOE_VALUE_INVALID` unless there are exactly `length`. */
  assign(values: ArrayLike<Assignable<Fields>> | StructArrayReader<Fields>): void;
}

/** Kinds whose value is read and written as a whole. */
type LeafKind = ScalarKind | TextKind | BytesKind;

type LeafValue<Kind> =
  Kind extends ScalarKind<infer Scalar>
    ? Scalar
    : Kind extends TextKind
      ? string
      : Kind extends BytesKind
        ? Uint8Array
        : never;

type ReadField<Kind extends FieldKind> =
  Kind extends StructType<infer Fields>
    ? Reader<Fields>
    : Kind extends ArrayKind<infer Element>
      ? ReadArray<Element>
      : LeafValue<Kind>;

type ReadArray<Element extends ElementKind> =
  Element extends StructType<infer Fields>
    ? StructArrayReader<Fields>
    : Element extends ScalarKind<infer Scalar>
      ? ScalarArrayReader<Scalar>
      : never;

type WriteField<Kind extends FieldKind> =
  Kind extends StructType<infer Fields>
    ? Writer<Fields>
    : Kind extends ArrayKind<infer Element>
      ? WriteArray<Element>
      : LeafValue<Kind>;

type WriteArray<Element extends ElementKind> =
  Element extends StructType<infer Fields>
    ? StructArrayWriter<Fields>
    : Element extends ScalarKind<infer Scalar>
      ? ScalarArrayWriter<Scalar>
      : never;

type ValueField<Kind extends FieldKind> =
  Kind extends StructType<infer Fields>
    ? Value<Fields>
    : Kind extends ArrayKind<infer Element>
      ? ValueElement<Element>[]
      : LeafValue<Kind>;

type ValueElement<Element extends ElementKind> =
  Element extends StructType<infer Fields> ? Value<Fields> : LeafValue<Element>;

type AssignField<Kind extends FieldKind> =
  Kind extends StructType<infer Fields>
    ? Assignable<Fields>
    : Kind extends ArrayKind<infer Element>
      ? ArrayLike<AssignElement<Element>> | ReadArray<Element>
      : LeafValue<Kind>;

type AssignElement<Element extends ElementKind> =
  Element extends StructType<infer Fields> ? Assignable<Fields> : LeafValue<Element>;
