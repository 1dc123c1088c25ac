/**
 * Struct: turns a definition into a type whose values are read and written where they lie.
 *
 * ```ts
 * const Pose = struct("Pose", { stamp: f64, x: f64, y: f64, frame: text(32) });
 * const writer = Pose.createWriter();
 * Pose.bind(writer, view, offsetBytes);   // ports do this
 * writer.x = 1.5;                         // one store into shared memory
 * ```
 *
 * The work is done once, here: the layout is computed, two accessor classes are made, and from then
 * on reading a field costs what reading a typed array costs. Accessors are made once for each port
 * and moved from message to message.
 */
import { FloeError } from "../errors.ts";
import {
  type Accessor,
  type AccessorClass,
  type ChildPlan,
  defineChild,
  defineLeaf,
  type LeafPlan,
  plainValue,
  StructAccessor,
} from "./accessor.ts";
import { named, scalarArrayClass, structArrayClass } from "./arrays.ts";
import { bytesCodec } from "./bytes.ts";
import { describeValue, valueError } from "./codec.ts";
import { Cursor } from "./cursor.ts";
import { checkDefinition } from "./definition.ts";
import { type ArrayKind, type FieldKind, KIND, type StructFields } from "./kinds.ts";
import type { FieldLayout, StructLayout } from "./layout.ts";
import { scalarCodec } from "./scalars.ts";
import { textCodec } from "./text.ts";
import type { AnyStructType, Reader, StructType, Writer } from "./types.ts";

/**
 * Defines a struct. The order of `fields` is their order in memory, laid out as a C compiler would.
 * Throws `FLOE_SCHEMA_INVALID`, naming struct and field, when the definition makes no sense: no
 * fields, a name that is no identifier or is reserved (`assign`, `toObject`, `then`, members of
 * every object) or over 256 bytes, a capacity or count that is no positive integer, something that
 * is no kind, an array of anything but scalars and structs, or a size above 2^31 bytes.
 */
export function struct<Fields extends StructFields>(
  name: string,
  fields: Fields,
): StructType<Fields> {
  return new Struct(name, fields);
}

/** Whether `value` was made by {@link struct}, also by another copy of this package. */
export function isStructType(value: unknown): value is StructType {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as { readonly [KIND]?: unknown })[KIND] === "struct"
  );
}

class Struct<Fields extends StructFields> implements StructType<Fields> {
  readonly [KIND] = "struct";
  readonly definition: Fields;
  readonly #layout: StructLayout;
  declare readonly "~readerClass": AccessorClass;
  declare readonly "~writerClass": AccessorClass;

  constructor(name: string, fields: Fields) {
    this.#layout = checkDefinition(name, fields);
    this.definition = Object.freeze({ ...fields });
    const readerClass = accessorClass(this.#layout, this.definition, false);
    const writerClass = accessorClass(this.#layout, this.definition, true);
    Object.defineProperty(this, "~readerClass", { value: readerClass });
    Object.defineProperty(this, "~writerClass", { value: writerClass });
    Object.freeze(this);
  }

  get name(): string {
    return this.#layout.name;
  }

  get sizeBytes(): number {
    return this.#layout.sizeBytes;
  }

  get alignmentBytes(): number {
    return this.#layout.alignmentBytes;
  }

  get fields(): readonly FieldLayout[] {
    return this.#layout.fields;
  }

  layout(): StructLayout {
    return this.#layout;
  }

  createReader(): Reader<Fields> {
    return this.#create(this["~readerClass"]) as unknown as Reader<Fields>;
  }

  createWriter(): Writer<Fields> {
    return this.#create(this["~writerClass"]) as unknown as Writer<Fields>;
  }

  bind(accessor: Reader<Fields> | Writer<Fields>, view: DataView, offsetBytes: number): void {
    cursorOf(accessor, this.#layout).bind(view, offsetBytes);
  }

  release(accessor: Reader<Fields> | Writer<Fields>): void {
    cursorOf(accessor, this.#layout).release();
  }

  cursorOf(accessor: Reader<Fields> | Writer<Fields>): Cursor {
    return cursorOf(accessor, this.#layout);
  }

  #create(makeAccessor: AccessorClass): Accessor {
    return new makeAccessor(new Cursor(this.#layout), 0);
  }
}

/** The cursor of an accessor, provided that the outermost struct is the one in question. */
function cursorOf(accessor: object, layout: StructLayout): Cursor {
  const cursor: Cursor | undefined = (accessor as Accessor)["~cursor"];
  if (cursor === undefined || cursor.layout !== layout) throw foreignAccessorError(layout);
  return cursor;
}

function foreignAccessorError(layout: StructLayout): FloeError {
  return new FloeError("FLOE_OPTION_INVALID", {
    subject: `accessor given to struct ${layout.name}`,
    wanted: `an accessor that createReader() or createWriter() of ${layout.name} returned`,
    found: "something else",
    remedy: "Bind and release accessors through the struct that made them.",
  });
}

/** Makes the class of one side of a struct. */
function accessorClass(
  layout: StructLayout,
  fields: StructFields,
  isWritable: boolean,
): AccessorClass {
  const leaves: LeafPlan[] = [];
  const children: ChildPlan[] = [];
  for (const field of layout.fields) {
    const kind = fields[field.name]!;
    const subject = `${layout.name}.${field.name}`;
    if (kind[KIND] === "array" || kind[KIND] === "struct") {
      const nestedClass = childClass(kind, field, subject, isWritable);
      children.push({ ...placeOf(field), accessorClass: nestedClass });
    } else {
      leaves.push({ ...placeOf(field), ...leafCodec(kind, subject) });
    }
  }
  const names = layout.fields.map((field) => field.name);
  const made = structAccessorClass(layout.name, names, children, isWritable);
  for (const plan of leaves) defineLeaf(made.prototype, plan, isWritable);
  for (const [index, plan] of children.entries()) defineChild(made.prototype, plan, index);
  return named(made, `${layout.name}${isWritable ? "Writer" : "Reader"}`);
}

function placeOf(field: FieldLayout): { readonly name: string; readonly offsetBytes: number } {
  return { name: field.name, offsetBytes: field.offsetBytes };
}

function structAccessorClass(
  structName: string,
  names: readonly string[],
  children: readonly ChildPlan[],
  isWritable: boolean,
): AccessorClass {
  type Fields = Record<string, unknown>;
  const childNames = new Set(children.map((plan) => plan.name));

  class StructReader extends StructAccessor {
    constructor(cursor: Cursor, offsetBytes: number) {
      super(cursor, offsetBytes, children);
    }

    toObject(): Fields {
      const fields = this as unknown as Fields;
      return Object.fromEntries(names.map((name) => [name, plainValue(fields[name])]));
    }
  }
  if (!isWritable) return StructReader;

  return class StructWriter extends StructReader {
    assign(value: unknown): void {
      const source = plainValue(value);
      if (typeof source !== "object" || source === null) {
        throw valueError(structName, "an object of fields", describeValue(source));
      }
      const fields = this as unknown as Fields;
      for (const [name, fieldValue] of Object.entries(source)) {
        if (!names.includes(name)) {
          throw valueError(structName, `one of the fields ${names.join(", ")}`, name);
        }
        if (childNames.has(name)) (fields[name] as StructWriter).assign(fieldValue);
        else fields[name] = fieldValue;
      }
    }
  };
}

function leafCodec(kind: FieldKind, subject: string): ReturnType<typeof textCodec> {
  switch (kind[KIND]) {
    case "scalar":
      return scalarCodec(kind, subject);
    case "text":
      return textCodec(kind.capacityBytes, subject);
    case "bytes":
      return bytesCodec(kind.capacityBytes, subject);
    default:
      throw new TypeError("arrays and structs have no codec");
  }
}

function childClass(
  kind: ArrayKind | AnyStructType,
  field: FieldLayout,
  subject: string,
  isWritable: boolean,
): AccessorClass {
  if (kind[KIND] === "struct") return classOf(kind, isWritable);
  const { count } = kind;
  const plan = { subject, count, elementSizeBytes: field.sizeBytes / count, isWritable };
  return kind.element[KIND] === "struct"
    ? structArrayClass(plan, classOf(kind.element, isWritable))
    : scalarArrayClass(plan, scalarCodec(kind.element, subject));
}

function classOf(type: AnyStructType, isWritable: boolean): AccessorClass {
  // Every AnyStructType is a Struct: checkDefinition has seen the brand, and only Struct gives it.
  const made = type as Struct<StructFields>;
  return isWritable ? made["~writerClass"] : made["~readerClass"];
}
