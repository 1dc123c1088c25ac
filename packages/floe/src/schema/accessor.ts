/**
 * Accessor: the classes that read and write a struct in place, made from its definition.
 *
 * Each struct gets two classes, one for each side. A field becomes a getter on the prototype, on
 * the write side also a setter; both are small closures over the offset of the field. An accessor
 * holds no data: it refers to the cursor, which it shares with the accessors below it, and to its
 * own offset from where the cursor stands (0 for the outermost). No code is made from strings, so
 * this runs under `--disallow-code-generation-from-strings` and any content security policy.
 *
 * What was tried, in ns for a record of 5 fields beyond plain typed-array reads of it, with 16
 * struct types in one process, on Node 20 / 22 / 24 / 26:
 *
 * | variant | ns |
 * | --- | --- |
 * | this: closure over `load` and offset, cursor under a string | 2.4–4.1 / 2.3 / 2.2 / 1.1 |
 * | the same, one hand-written factory for each kind | 2.3–4.1 / 2.1 / 2.2 / 1.1 |
 * | by `new Function`, slow `bind` (closures with that: alike) | 4.0–6.3 / 3.9 / 2.3 / 1.2 |
 * | view and base in the accessor itself, `bind` megamorphic | 2.2–12 / 1.8 / 2.1 / 1.0 |
 * | cursor under a symbol | 31 / 24 / 2.3 / 1.1 |
 * | cursor in a private field | 49 / 44 / 3.1 / 2.0 |
 * | typed arrays by `>>>` in place of DataView (to 2 GiB) | 1.8–7.1 / 1.8 / 2.0 / 1.7 |
 * | `view[method](…)`, one factory for all kinds, one struct type | 57 / 50 / 52 / 65 |
 *
 * The cursor of these trials had no windows for memory beyond 1 GiB; they add 1 ns, so that what is
 * here now takes 1.8–3.4 / 3.2–3.9 / 3.1 / 2.0, at 5 GiB 4.7 / 4.3 / 4.1 / 3.5.
 *
 * The reason is inline caches: all closures made at one place share theirs, and with a 5th struct
 * type they give up, but for a named property TurboFan knows the shape of `this` from the call
 * site and needs no cache. For symbols and private fields Node 20 and 22 do not do that.
 */
import type { Codec } from "./codec.ts";
import { type Cursor, releasedError } from "./cursor.ts";

/** The base of all accessors. Its properties begin with `~`, which no field's name may. */
export class Accessor {
  /** Where the outermost struct lies. */
  declare readonly "~cursor": Cursor;
  /** Distance of this struct or array from where the cursor stands, in bytes. */
  declare readonly "~offsetBytes": number;

  constructor(cursor: Cursor, offsetBytes: number) {
    // Not enumerable and not writable, so that an accessor looks as if it had fields only.
    Object.defineProperty(this, "~cursor", { value: cursor });
    if (offsetBytes !== 0) Object.defineProperty(this, "~offsetBytes", { value: offsetBytes });
  }
}
// Each sample has an accessor of its own, and defining a property takes 0.2 us: what nearly all
// have in common stands here.
Object.defineProperty(Accessor.prototype, "~offsetBytes", { value: 0 });

/** What all accessors can do, as seen by the code that composes them. */
export interface CompositeAccessor extends Accessor {
  toObject(): unknown;
  assign?(value: unknown): void;
}

/** A class of accessors for a struct or for an array. */
export type AccessorClass = new (cursor: Cursor, offsetBytes: number) => CompositeAccessor;

/** A field that is read and written as a whole. */
export interface LeafPlan extends Codec {
  readonly name: string;
  readonly offsetBytes: number;
}

/** A field that has an accessor of its own: a nested struct or an array. */
export interface ChildPlan {
  readonly name: string;
  readonly offsetBytes: number;
  readonly accessorClass: AccessorClass;
}

/** Adds the getter, and on the write side the setter, of a leaf field to a prototype. */
export function defineLeaf(prototype: object, plan: LeafPlan, isWritable: boolean): void {
  const { load, store, offsetBytes } = plan;
  const get = function (this: Accessor): unknown {
    const cursor = this["~cursor"];
    const baseBytes = cursor.baseBytes;
    if (baseBytes < 0) throw releasedError(cursor);
    return load(cursor.view, baseBytes + this["~offsetBytes"] + offsetBytes);
  };
  const set = function (this: Accessor, value: unknown): void {
    const cursor = this["~cursor"];
    const baseBytes = cursor.baseBytes;
    if (baseBytes < 0) throw releasedError(cursor);
    store(cursor.view, baseBytes + this["~offsetBytes"] + offsetBytes, value);
  };
  Object.defineProperty(prototype, plan.name, {
    get,
    ...(isWritable ? { set } : {}),
    enumerable: true,
  });
}

/** Adds the getter of a nested accessor, which stands at `index` among those of its owner. */
export function defineChild(prototype: object, plan: ChildPlan, index: number): void {
  const get = function (this: StructAccessor): unknown {
    const cursor = this["~cursor"];
    if (cursor.baseBytes < 0) throw releasedError(cursor);
    return this["~children"][index];
  };
  Object.defineProperty(prototype, plan.name, { get, enumerable: true });
}

const NO_CHILDREN: readonly CompositeAccessor[] = Object.freeze([]);

/** An accessor of a struct: it owns the accessors of its nested structs and arrays. */
export class StructAccessor extends Accessor {
  /** Made once, with their owner, and moved by the cursor they share with it. */
  declare readonly "~children": readonly CompositeAccessor[];

  constructor(cursor: Cursor, offsetBytes: number, plans: readonly ChildPlan[]) {
    super(cursor, offsetBytes);
    if (plans.length === 0) return;
    const children = plans.map(
      (plan) => new plan.accessorClass(cursor, offsetBytes + plan.offsetBytes),
    );
    Object.defineProperty(this, "~children", { value: children });
  }
}
Object.defineProperty(StructAccessor.prototype, "~children", { value: NO_CHILDREN });

/** What to copy from when `value` is assigned: the plain object, if it is an accessor itself. */
export function plainValue(value: unknown): unknown {
  return value instanceof Accessor ? (value as CompositeAccessor).toObject() : value;
}
