/**
 * Tests of the layout: by hand for a known struct, against a C compiler for random ones, and of the
 * words in which two layouts are told apart.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type AnyFields, definitionArbitrary, type NamedDefinition } from "./arbitrary.test.ts";
import {
  array,
  describeLayoutDifference,
  type FieldKind,
  f64,
  type StructLayout,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  u64AsNumber,
} from "./mod.ts";

const DEFINITION_COUNT = 40;
const SEED = 20_240_607;

test("a struct is laid out with natural alignment and rounded up", () => {
  const Inner = struct("Inner", { a: u8, b: u64 });
  const Outer = struct("Outer", { a: u8, t: text(5), i: Inner, l: array(Inner, 2), z: u16 });
  assert.deepEqual([Inner.sizeBytes, Inner.alignmentBytes], [16, 8]);
  assert.deepEqual(
    Outer.fields.map((field) => [field.name, field.kind, field.offsetBytes, field.sizeBytes]),
    [
      ["a", "u8", 0, 1],
      ["t", "text", 4, 12],
      ["i", "struct", 16, 16],
      ["l", "struct", 32, 32],
      ["z", "u16", 64, 2],
    ],
  );
  assert.deepEqual([Outer.sizeBytes, Outer.alignmentBytes], [72, 8]);
  assert.deepEqual(
    Outer.fields.map((field) => field.count),
    [1, 5, 1, 2, 1],
  );
});

test("sizes and offsets are those of a C compiler, for random definitions", (t) => {
  if (spawnSync("cc", ["--version"]).error !== undefined) {
    t.skip("there is no C compiler named cc on this machine");
    return;
  }
  t.diagnostic(`seed ${SEED}`);
  const definitions = fc.sample(definitionArbitrary, { numRuns: DEFINITION_COUNT, seed: SEED });
  const structs = definitions.map((definition, index) => toC(definition.fields, `S${index}`));
  const source = [
    "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <stdbool.h>",
    ...structs.map((made) => made.declarations),
    `int main(void) {\n${structs.map((made) => made.prints).join("\n")}\nreturn 0;\n}`,
  ].join("\n");
  const folder = mkdtempSync(join(tmpdir(), "floe-schema-"));
  try {
    writeFileSync(join(folder, "layout.c"), source);
    execFileSync("cc", ["-std=c11", "-o", join(folder, "layout"), join(folder, "layout.c")]);
    const lines = execFileSync(join(folder, "layout"), { encoding: "utf8" }).trim().split("\n");
    assert.deepEqual(lines, definitions.map(toLine));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function toLine(definition: NamedDefinition): string {
  const type = struct(definition.name, definition.fields);
  const offsets = type.fields.map((field) => field.offsetBytes);
  return [type.sizeBytes, type.alignmentBytes, ...offsets].join(" ");
}

const C_TYPES: Readonly<Record<string, string>> = {
  i8: "int8_t",
  u8: "uint8_t",
  i16: "int16_t",
  u16: "uint16_t",
  i32: "int32_t",
  u32: "uint32_t",
  f32: "float",
  f64: "double",
  bool: "bool",
  i64: "int64_t",
  u64: "uint64_t",
};

function toC(fields: AnyFields, cName: string): { declarations: string; prints: string } {
  const nested: string[] = [];
  const type = struct(cName, fields);
  const members = type.fields.map((field) => {
    const kind = fields[field.name] as FieldKind & { readonly element?: { definition: AnyFields } };
    const member = `m_${field.name}`;
    if (field.kind === "text") {
      return `struct { uint32_t length; char bytes[${field.count}]; } ${member};`;
    }
    if (field.kind === "bytes") return `uint8_t ${member}[${field.count}];`;
    const suffix = kind.element === undefined ? "" : `[${field.count}]`;
    if (field.kind !== "struct") return `${C_TYPES[field.kind]} ${member}${suffix};`;
    const innerName = `${cName}_${field.name}`;
    const inner = kind.element ?? (kind as unknown as { definition: AnyFields });
    nested.push(toC(inner.definition, innerName).declarations);
    return `struct ${innerName} ${member}${suffix};`;
  });
  const offsets = type.fields.map((field) => `offsetof(struct ${cName}, m_${field.name})`);
  const values = [`sizeof(struct ${cName})`, `_Alignof(struct ${cName})`, ...offsets];
  return {
    declarations: `${nested.join("\n")}\nstruct ${cName} { ${members.join(" ")} };`,
    prints: `printf("${values.map(() => "%zu").join(" ")}\\n", ${values.join(", ")});`,
  };
}

const Inner = struct("Inner", { x: f64, y: u32 });
const Wanted = struct("Wanted", { a: u32, b: array(f64, 2), t: text(6), i: Inner });

test("equal layouts have no difference, also after JSON and between views of an integer", () => {
  const found = JSON.parse(JSON.stringify(Wanted.layout()));
  assert.equal(describeLayoutDifference(Wanted.layout(), found), undefined);
  assert.deepEqual(found, Wanted.layout());
  const asNumber = struct("N", { n: u64AsNumber }).layout();
  assert.equal(describeLayoutDifference(struct("N", { n: u64 }).layout(), asNumber), undefined);
});

test("the first field that differs is named in words", () => {
  const differs = (found: unknown, words: RegExp) =>
    assert.match(describeLayoutDifference(Wanted.layout(), found) ?? "", words);
  const rest = { b: array(f64, 2), t: text(6), i: Inner };
  differs(struct("Other", { a: u32 }).layout(), /struct "Other" instead of struct "Wanted"/);
  differs(struct("Wanted", { a: u16, ...rest }).layout(), /Wanted\.a has kind "u16" instead of/);
  differs(struct("Wanted", { z: u32, ...rest }).layout(), /field "z" where "a" is wanted/);
  differs(struct("Wanted", { a: u32, b: array(f64, 2) }).layout(), /Wanted\.t is missing/);
  differs(struct("Wanted", { a: u32, ...rest, b: array(f64, 3) }).layout(), /count 3 instead of 2/);
  differs(struct("Wanted", { a: u32, ...rest, t: text(7) }).layout(), /\.t has count 7/);
  differs(struct("Wanted", { a: u32, ...rest, more: u8 }).layout(), /one more field, "more"/);
  const Changed = struct("Inner", { x: f64, y: u16 });
  differs(
    struct("Wanted", { a: u32, ...rest, i: Changed }).layout(),
    /Wanted\.i\.y has kind "u16"/,
  );
  differs({ ...Wanted.layout(), sizeBytes: 1 }, /size in bytes 1 instead of 56/);
});

test("any JSON value in place of a layout is told apart without an error", (t) => {
  const seed = Date.now() | 0;
  t.diagnostic(`seed ${seed}`);
  const layout: StructLayout = Wanted.layout();
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, index) => {
      assert.equal(typeof describeLayoutDifference(layout, value), "string");
      const fields = layout.fields.map((field, i) => (i === index ? value : field));
      assert.equal(typeof describeLayoutDifference(layout, { ...layout, fields }), "string");
    }),
    { seed },
  );
});
