/**
 * Tests that definitions which make no sense are refused, naming struct and field.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FloeError } from "../errors.ts";
import { array, bytes, f64, type StructFields, struct, text, u8 } from "./mod.ts";

function refuses(name: unknown, fields: unknown, ...words: string[]): void {
  assert.throws(
    () => struct(name as string, fields as StructFields),
    (error) => {
      assert.ok(FloeError.is(error), String(error));
      assert.equal(error.code, "FLOE_SCHEMA_INVALID");
      for (const word of words) assert.ok(error.message.includes(word), error.message);
      return true;
    },
  );
}

test("a struct needs a name of 1 to 256 bytes and at least one field", () => {
  refuses("", { x: f64 }, "0 bytes");
  refuses("ä".repeat(129), { x: f64 }, "258 bytes");
  refuses(5, { x: f64 }, "5");
  refuses("Empty", {}, "Empty", "none");
  refuses("Null", null, "Null");
  assert.equal(struct("ä".repeat(128), { x: f64 }).sizeBytes, 8);
});

test("field names that are no identifiers, too long or reserved are refused", () => {
  for (const name of ["", "1", "0x", "a-b", "a b", "ä", "~cursor", "a.b", "x".repeat(257)]) {
    refuses("Named", { ok: f64, [name]: f64 }, "Named");
  }
  for (const name of ["assign", "toObject", "constructor", "toString", "valueOf", "then"]) {
    refuses("Named", { [name]: f64 }, "Named", name);
  }
  refuses("Named", JSON.parse('{ "__proto__": 1 }'), "__proto__");
});

test("things that are no kinds are refused", () => {
  for (const kind of [undefined, null, 1, "f64", {}, () => f64, text]) {
    refuses("Kinds", { bad: kind }, "Kinds", "bad");
    refuses("Kinds", { bad: array(kind as never, 2) }, "Kinds", "bad");
  }
  for (const element of [text(2), bytes(2), array(f64, 2)]) {
    refuses("Kinds", { bad: array(element as never, 2) }, "Kinds", "bad", "array of");
  }
});

test("capacities and counts must be integers from 1, and sizes at most 2^31", () => {
  for (const count of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "3", undefined]) {
    for (const make of [text, bytes, (n: number) => array(u8, n)]) {
      refuses("Sized", { bad: make(count as number) }, "Sized", "bad", String(count));
    }
  }
  refuses("Sized", { bad: bytes(2 ** 31 + 1) }, "bad");
  refuses("Sized", { bad: array(f64, 2 ** 28 + 1) }, "bad", String(2 ** 31));
  refuses("Sized", { a: u8, bad: bytes(2 ** 31) }, "bad");
  refuses("Sized", { bad: text(2 ** 31) }, "bad");
  assert.equal(struct("Sized", { all: bytes(2 ** 31) }).sizeBytes, 2 ** 31);
});

test("a definition cannot be changed after it was given", () => {
  const fields: Record<string, typeof f64> = { x: f64 };
  const type = struct("Fixed", fields);
  fields.y = f64;
  assert.equal(type.sizeBytes, 8);
  assert.throws(() => {
    (type.definition as Record<string, unknown>).y = f64;
  }, TypeError);
});
