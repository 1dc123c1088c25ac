/**
 * Difference: says in words where two struct layouts part.
 *
 * A process that opens a service compares the struct it was compiled with to the one that the
 * service carries. "They differ" helps nobody; this names the first field that differs, and how.
 * The layout found comes from a file that another process wrote, hence it may be anything at all.
 */
import type { StructLayout } from "./layout.ts";

/** Nesting deeper than this is not looked into: no definition is, but a hostile file may be. */
const DEPTH_MAX = 64;

type Unknown = { readonly [key: string]: unknown };

/**
 * The first difference between the layout wanted and the one found, in words that fit after
 * "found"; `undefined` when they are equal. `found` may be any JSON value. Never throws for that.
 */
export function describeLayoutDifference(wanted: StructLayout, found: unknown): string | undefined {
  return describeStruct(wanted, found, wanted.name, 0);
}

function describeStruct(
  wanted: StructLayout,
  found: unknown,
  path: string,
  depth: number,
): string | undefined {
  if (!isObject(found)) return `${path} is ${show(found)} instead of a struct layout`;
  if (depth > DEPTH_MAX) return `${path} is nested deeper than ${DEPTH_MAX} structs`;
  if (found.name !== wanted.name) {
    return `${path} is struct ${show(found.name)} instead of struct ${show(wanted.name)}`;
  }
  if (!Array.isArray(found.fields)) return `${path} has no list of fields`;
  const foundFields: unknown[] = found.fields;
  for (const [index, field] of wanted.fields.entries()) {
    const foundField = foundFields[index];
    const fieldPath = `${path}.${field.name}`;
    if (foundField === undefined) return `${fieldPath} is missing`;
    if (!isObject(foundField)) return `${fieldPath} is ${show(foundField)} instead of a field`;
    if (foundField.name !== field.name) {
      return `${path} has the field ${show(foundField.name)} where ${show(field.name)} is wanted`;
    }
    const inner =
      describeNumbers({ ...field }, foundField, fieldPath, FIELD_WORDS) ??
      (field.struct && describeStruct(field.struct, foundField.struct, fieldPath, depth + 1)) ??
      describeNumbers({ ...field }, foundField, fieldPath, SIZE_WORDS);
    if (inner !== undefined) return inner;
  }
  if (foundFields.length > wanted.fields.length) {
    const extra = foundFields[wanted.fields.length];
    return `${path} has one more field, ${show(isObject(extra) ? extra.name : extra)}`;
  }
  return describeNumbers({ ...wanted }, found, path, STRUCT_WORDS);
}

const FIELD_WORDS = {
  kind: "kind",
  count: "count",
  offsetBytes: "offset in bytes",
} as const;

/** Compared after the fields of a nested struct, for its size follows from them. */
const SIZE_WORDS = { sizeBytes: "size in bytes" } as const;

const STRUCT_WORDS = { sizeBytes: "size in bytes", alignmentBytes: "alignment in bytes" } as const;

function describeNumbers(
  wanted: Unknown,
  found: Unknown,
  path: string,
  words: Readonly<Record<string, string>>,
): string | undefined {
  for (const [key, word] of Object.entries(words)) {
    if (wanted[key] !== found[key]) {
      return `${path} has ${word} ${show(found[key])} instead of ${show(wanted[key])}`;
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "{…}";
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
