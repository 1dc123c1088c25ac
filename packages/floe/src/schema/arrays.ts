/**
 * Arrays: accessors with `length`, `at`, `set` and iteration over equal elements in memory.
 *
 * They are not JavaScript arrays, and no proxies: `at(index)` is a checked load, which V8 inlines.
 * An index outside throws, because `undefined` would have to be in the type of every element.
 */
import { Accessor, type AccessorClass, plainValue } from "./accessor.ts";
import { type Codec, describeValue, valueError } from "./codec.ts";
import { type Cursor, releasedError } from "./cursor.ts";

/** What the elements of an array are, and how far apart. */
export interface ArrayPlan {
  /** Names the array in errors, as `Pose.cov`. */
  readonly subject: string;
  readonly count: number;
  readonly elementSizeBytes: number;
  readonly isWritable: boolean;
}

/** Makes the accessor class for an array of scalars. */
export function scalarArrayClass(plan: ArrayPlan, codec: Codec): AccessorClass {
  const { count, elementSizeBytes, subject } = plan;
  const { load, store } = codec;

  class ScalarArrayReader extends Accessor {
    get length(): number {
      return count;
    }

    at(index: number): unknown {
      const cursor = this["~cursor"];
      const baseBytes = cursor.baseBytes;
      if (baseBytes < 0) throw releasedError(cursor);
      // `!(a && b)` rather than its opposite, so that NaN is outside too.
      if (!(index >= 0 && index < count && index % 1 === 0)) throw indexError(plan, index);
      return load(cursor.view, baseBytes + this["~offsetBytes"] + index * elementSizeBytes);
    }

    *[Symbol.iterator](): Iterator<unknown> {
      for (let index = 0; index < count; index++) yield this.at(index);
    }

    toObject(): unknown[] {
      return Array.from({ length: count }, (_, index) => this.at(index));
    }
  }
  if (!plan.isWritable) return named(ScalarArrayReader, subject);

  class ScalarArrayWriter extends ScalarArrayReader {
    set(index: number, value: unknown): void {
      const cursor = this["~cursor"];
      const baseBytes = cursor.baseBytes;
      if (baseBytes < 0) throw releasedError(cursor);
      if (!(index >= 0 && index < count && index % 1 === 0)) throw indexError(plan, index);
      store(cursor.view, baseBytes + this["~offsetBytes"] + index * elementSizeBytes, value);
    }

    assign(values: unknown): void {
      const list = checkedList(plan, values);
      for (let index = 0; index < count; index++) this.set(index, list[index]);
    }
  }
  return named(ScalarArrayWriter, subject);
}

/** Makes the accessor class for an array of structs, whose elements have `elementClass`. */
export function structArrayClass(plan: ArrayPlan, elementClass: AccessorClass): AccessorClass {
  const { count, elementSizeBytes, subject } = plan;
  type Element = InstanceType<AccessorClass>;

  class StructArrayReader extends Accessor {
    /** One accessor for each index that was ever used, so that two elements do not alias. */
    declare readonly "~elements": Element[];

    constructor(cursor: Cursor, offsetBytes: number) {
      super(cursor, offsetBytes);
      Object.defineProperty(this, "~elements", { value: [] });
    }

    get length(): number {
      return count;
    }

    at(index: number): Element {
      const cursor = this["~cursor"];
      if (cursor.baseBytes < 0) throw releasedError(cursor);
      const element = this["~elements"][index];
      return element === undefined ? this["~make"](index) : element;
    }

    "~make"(index: number): Element {
      if (!(index >= 0 && index < count && index % 1 === 0)) throw indexError(plan, index);
      const offsetBytes = this["~offsetBytes"] + index * elementSizeBytes;
      const element = new elementClass(this["~cursor"], offsetBytes);
      this["~elements"][index] = element;
      return element;
    }

    *[Symbol.iterator](): Iterator<Element> {
      for (let index = 0; index < count; index++) yield this.at(index);
    }

    toObject(): unknown[] {
      return Array.from({ length: count }, (_, index) => this.at(index).toObject());
    }
  }
  if (!plan.isWritable) return named(StructArrayReader, subject);

  class StructArrayWriter extends StructArrayReader {
    set(index: number, value: unknown): void {
      this.at(index).assign?.(value);
    }

    assign(values: unknown): void {
      const list = checkedList(plan, values);
      for (let index = 0; index < count; index++) this.set(index, list[index]);
    }
  }
  return named(StructArrayWriter, subject);
}

/** Gives a class a name that tells a reader of a heap snapshot or a console what it is for. */
export function named(accessorClass: AccessorClass, name: string): AccessorClass {
  Object.defineProperty(accessorClass, "name", { value: name });
  return accessorClass;
}

function checkedList(plan: ArrayPlan, values: unknown): ArrayLike<unknown> {
  const source = plainValue(values);
  const isList = typeof source === "object" && source !== null && "length" in source;
  if (!isList || source.length !== plan.count) {
    throw valueError(
      plan.subject,
      `exactly ${plan.count} elements`,
      isList ? `${describeValue(source.length)} elements` : describeValue(source),
      "Give as many elements as the array has, or use set(index, value).",
    );
  }
  return source as ArrayLike<unknown>;
}

function indexError(plan: ArrayPlan, index: unknown): Error {
  return valueError(
    plan.subject,
    `an integer index from 0 to ${plan.count - 1}`,
    describeValue(index),
    "Stay within the length of the array.",
  );
}
