/**
 * Definition: the check that a struct definition makes sense, before anything is built from it.
 *
 * The types catch most mistakes, but definitions also come from JavaScript and from generators. A
 * field's name becomes a property in TypeScript, a member in C and a word in the registry, so it
 * must be an identifier that means the same everywhere; that also keeps JavaScript from reordering
 * the fields, which it does with names that look like integers.
 */
import { FloeError } from "../errors.ts";
import { type FieldKind, KIND, type StructFields } from "./kinds.ts";
import { type FieldLayout, layOut, type StructLayout } from "./layout.ts";

/** Names of structs and fields are at most this long, in bytes of UTF-8. */
export const NAME_BYTES_MAX = 256;
/** A struct is at most this large, in bytes. */
export const STRUCT_BYTES_MAX: number = 2 ** 31;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SORTS: readonly unknown[] = ["scalar", "text", "bytes", "array", "struct"];
/** Members of accessors, and a name that would make promises of them. */
const RESERVED: readonly string[] = ["assign", "toObject", "then", "prototype"];

/** Checks a definition and lays it out; throws `FLOE_SCHEMA_INVALID` at the first mistake. */
export function checkDefinition(name: string, fields: StructFields): StructLayout {
  checkStructName(name);
  if (typeof fields !== "object" || fields === null) {
    throw definitionError(`struct ${name}`, "an object of fields", describe(fields));
  }
  const entries = Object.entries(fields);
  if (entries.length === 0) throw definitionError(`struct ${name}`, "at least one field", "none");
  for (const [fieldName, kind] of entries) {
    checkFieldName(name, fieldName);
    checkKind(`struct ${name}, field ${fieldName}`, kind);
  }
  const layout = layOut(name, fields);
  for (const field of layout.fields) checkEnd(`struct ${name}, field ${field.name}`, field);
  if (layout.sizeBytes > STRUCT_BYTES_MAX) {
    throw definitionError(`struct ${name}`, SIZE_WANTED, `${layout.sizeBytes} bytes`);
  }
  return layout;
}

function checkStructName(name: unknown): void {
  if (typeof name !== "string") {
    throw definitionError("name of a struct", "a string", describe(name));
  }
  const lengthBytes = Buffer.byteLength(name, "utf8");
  if (lengthBytes === 0 || lengthBytes > NAME_BYTES_MAX) {
    const subject = `name of struct ${JSON.stringify(name.slice(0, 40))}`;
    throw definitionError(subject, `1 to ${NAME_BYTES_MAX} bytes`, `${lengthBytes} bytes`);
  }
}

function checkFieldName(structName: string, name: string): void {
  const subject = `struct ${structName}, name of field ${JSON.stringify(name.slice(0, 40))}`;
  if (name.length > NAME_BYTES_MAX) {
    throw definitionError(subject, `at most ${NAME_BYTES_MAX} bytes`, `${name.length} bytes`);
  }
  if (!IDENTIFIER.test(name)) {
    throw definitionError(
      subject,
      "ASCII letters, digits and _, beginning with no digit",
      JSON.stringify(name.slice(0, 40)),
    );
  }
  if (RESERVED.includes(name) || name in Object.prototype) {
    throw definitionError(subject, "a name that accessors do not use themselves", name);
  }
}

function checkKind(subject: string, kind: FieldKind): void {
  const found: unknown = kind;
  if (typeof found !== "object" || found === null || !SORTS.includes(kind[KIND])) {
    throw definitionError(subject, "a kind, as f64 or text(32)", describe(found));
  }
  if (kind[KIND] === "text" || kind[KIND] === "bytes") {
    checkCount(subject, `a capacity of ${kind[KIND]} in bytes`, kind.capacityBytes);
  }
  if (kind[KIND] === "array") {
    checkCount(subject, "a number of array elements", kind.count);
    checkKind(subject, kind.element);
    const sort: string = kind.element[KIND];
    if (sort !== "scalar" && sort !== "struct") {
      throw definitionError(subject, "an array of scalars or structs", `an array of ${sort}`);
    }
  }
}

function checkCount(subject: string, what: string, count: unknown): void {
  if (!Number.isSafeInteger(count) || (count as number) < 1) {
    throw definitionError(subject, `${what} that is an integer from 1`, describe(count));
  }
  if ((count as number) > STRUCT_BYTES_MAX) {
    throw definitionError(subject, `${what} of at most 2^31`, describe(count));
  }
}

const SIZE_WANTED = `a struct of at most ${STRUCT_BYTES_MAX} bytes`;

function checkEnd(subject: string, field: FieldLayout): void {
  const endBytes = field.offsetBytes + field.sizeBytes;
  if (endBytes > STRUCT_BYTES_MAX) {
    throw definitionError(subject, SIZE_WANTED, `a field that ends at ${endBytes} bytes`);
  }
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function definitionError(subject: string, wanted: string, found: string): FloeError {
  const remedy = "Correct the definition given to struct().";
  return new FloeError("FLOE_SCHEMA_INVALID", { subject, wanted, found, remedy });
}
