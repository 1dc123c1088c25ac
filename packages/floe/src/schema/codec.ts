/**
 * Codec: a pair of functions that load and store one value at a place in memory.
 *
 * Accessors know where a field lies, codecs know what lies there. Both functions take the view and
 * an offset within it, so one codec serves a field, an element of an array and any nesting depth.
 */
import { FloeError } from "../errors.ts";

/** Reads the value at `atBytes`, which the caller has checked to lie within the view. */
export type Load = (view: DataView, atBytes: number) => unknown;

/** Writes `value` at `atBytes`; throws `FLOE_VALUE_INVALID`, writing nothing, if it cannot. */
export type Store = (view: DataView, atBytes: number, value: unknown) => void;

/** How the values of one field are read and written. */
export interface Codec {
  readonly load: Load;
  readonly store: Store;
}

/** The error of a value that does not fit the field `subject`, or was found not to when read. */
export function valueError(
  subject: string,
  wanted: string,
  found: string,
  remedy = "Write a value that the field can hold.",
): FloeError {
  return new FloeError("FLOE_VALUE_INVALID", { subject, wanted, found, remedy });
}

/** Says in a few words what a value is, whatever it is. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return `${value}n`.length > 60 ? "a bigint of over 60 digits" : `${value}n`;
    case "string":
      return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `an array of ${value.length}` : "an object";
    default:
      return `a ${typeof value}`;
  }
}
