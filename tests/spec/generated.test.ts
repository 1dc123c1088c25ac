/**
 * Tests of the generator: what is in the repository is what the layout says, and the layout is
 * checked for the mistakes that are easily made in it.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { layoutComplaints, stateComplaints, structureComplaints } from "../../spec/checks.ts";
import { generatedFiles } from "../../spec/generated-files.ts";
import { type FieldSpec, STRUCTURES, type StructureSpec } from "../../spec/layout.ts";

// This file runs as build/tests/spec/generated.test.js.
const root = new URL("../../../", import.meta.url);
const pathOf = (path: string): string => fileURLToPath(new URL(path, root));

const files = generatedFiles((path) => readFileSync(pathOf(path), "utf8"));

test("the generated files in the repository are up to date", () => {
  for (const [path, content] of files) {
    const wanted = typeof content === "string" ? Buffer.from(content) : Buffer.from(content.buffer);
    const isEqual = readFileSync(pathOf(path)).equals(wanted);
    assert.ok(isEqual, `${path} is out of date: run \`npm run generate\``);
  }
});

test("there are no files that the generator no longer makes", () => {
  for (const directory of ["packages/floe/src/layout", "spec/vectors"]) {
    for (const name of readdirSync(pathOf(directory))) {
      assert.ok(files.has(`${directory}/${name}`), `${directory}/${name} should be removed`);
    }
  }
});

test("no line of a generated source file is longer than 100 characters", () => {
  for (const [path, content] of files) {
    if (!path.endsWith(".ts") || typeof content !== "string") continue;
    const longest = Math.max(...content.split("\n").map((line) => line.length));
    assert.ok(longest <= 100, `${path} has a line of ${longest} characters`);
  }
});

test("the layout contradicts itself nowhere", () => {
  assert.deepEqual(layoutComplaints(), []);
});

function structureOf(fields: FieldSpec[], sizeBytes = 256): StructureSpec {
  return { name: "thing", sizeBytes, meaning: "A thing.", fields };
}

function fieldAt(name: string, offsetBytes: number, rest: Partial<FieldSpec> = {}): FieldSpec {
  return { name, kind: "u32", offsetBytes, owner: "creator", meaning: "A field.", ...rest };
}

test("overlapping, unaligned and outlying fields are refused", () => {
  const complaintsOf = (fields: FieldSpec[]): string =>
    structureComplaints([structureOf(fields)]).join("; ");
  assert.match(complaintsOf([fieldAt("a", 0, { kind: "u64" }), fieldAt("b", 4)]), /overlaps/);
  assert.match(complaintsOf([fieldAt("a", 8), fieldAt("b", 0)]), /overlaps or stands before a/);
  assert.match(complaintsOf([fieldAt("a", 6)]), /does not align/);
  assert.match(complaintsOf([fieldAt("a", 8, { kind: "id128" })]), /does not align/);
  assert.match(complaintsOf([fieldAt("a", 256)]), /ends behind/);
  assert.match(complaintsOf([fieldAt("a", 0), fieldAt("a", 4)]), /two fields of this name/);
  assert.equal(complaintsOf([fieldAt("a", 0), fieldAt("b", 4)]), "");
});

test("a field must not lie in the structure that another one begins with", () => {
  const header = STRUCTURES.find(({ name }) => name === "segmentHeader")!;
  const page = { ...structureOf([fieldAt("a", 64)]), beginsWith: "segmentHeader" };
  assert.match(structureComplaints([header, page]).join("; "), /overlaps .* segmentHeader/);
});

test("words of different owners stand far apart or the reason is stated", () => {
  const ours = fieldAt("a", 0, { kind: "word", owner: "publisher" });
  const theirs = (offsetBytes: number): FieldSpec =>
    fieldAt("b", offsetBytes, { kind: "word", owner: "subscriber" });
  assert.match(structureComplaints([structureOf([ours, theirs(124)])]).join(), /124 bytes apart/);
  assert.deepEqual(structureComplaints([structureOf([ours, theirs(128)])]), []);
  const repeated: StructureSpec = { ...structureOf([ours], 64), isRepeated: true };
  assert.match(structureComplaints([repeated]).join(), /neighbours share/);
  assert.deepEqual(structureComplaints([{ ...repeated, mayShareLines: "One writer." }]), []);
});

test("two states must not have the same value", () => {
  const one = { value: 1, meaning: "One." };
  const complaints = stateComplaints([{ name: "mood", meaning: "A.", values: { a: one, b: one } }]);
  assert.match(complaints.join(), /same value/);
});
