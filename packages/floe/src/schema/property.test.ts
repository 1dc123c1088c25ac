/**
 * Property tests: whatever the definition, what is written is read back and nothing beside it
 * changes; whatever the memory holds, reading gives values or FloeErrors.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { FloeError } from "../errors.ts";
import { definitionArbitrary } from "./arbitrary.test.ts";
import { struct } from "./mod.ts";

function seedOf(t: TestContext): number {
  const seed = Number(process.env.FLOE_TEST_SEED ?? Date.now() | 0);
  t.diagnostic(`seed ${seed}; set FLOE_TEST_SEED to run it again`);
  return seed;
}

const caseArbitrary = definitionArbitrary.chain(({ name, fields, value }) =>
  fc.record({
    type: fc.constant(struct(name, fields)),
    first: value,
    second: value,
    offsetBytes: fc.nat(40),
  }),
);

test("what is written is read back, and the neighbours are untouched", (t) => {
  fc.assert(
    fc.property(caseArbitrary, ({ type, first, second, offsetBytes }) => {
      const endBytes = offsetBytes + type.sizeBytes;
      const memory = new Uint8Array(new SharedArrayBuffer(endBytes + 40)).fill(0xa5);
      const view = new DataView(memory.buffer);
      const writer = type.createWriter();
      const reader = type.createReader();
      type.bind(writer, view, offsetBytes);
      type.bind(reader, view, offsetBytes);
      for (const value of [first, second, first]) {
        // Types cannot follow a random definition; what is under test is the value.
        writer.assign(value as never);
        assert.deepEqual(reader.toObject(), { ...value });
      }
      assert.ok(memory.subarray(0, offsetBytes).every((byte) => byte === 0xa5));
      assert.ok(memory.subarray(endBytes).every((byte) => byte === 0xa5));
    }),
    { seed: seedOf(t), numRuns: 300 },
  );
});

test("writing one field leaves the others as they were", (t) => {
  fc.assert(
    fc.property(caseArbitrary, fc.nat(), ({ type, first, second }, pick) => {
      const view = new DataView(new ArrayBuffer(type.sizeBytes));
      const writer = type.createWriter();
      type.bind(writer, view, 0);
      writer.assign(first as never);
      const name = type.fields[pick % type.fields.length]?.name ?? "";
      writer.assign({ [name]: second[name] } as never);
      assert.deepEqual(writer.toObject(), { ...first, [name]: second[name] });
    }),
    { seed: seedOf(t), numRuns: 300 },
  );
});

test("random bytes under a reader give values or FloeErrors and nothing else", (t) => {
  let refusedCount = 0;
  fc.assert(
    fc.property(
      definitionArbitrary.chain(({ name, fields }) => {
        const type = struct(name, fields);
        const { sizeBytes } = type;
        const anyBytes = fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes });
        return fc.record({ type: fc.constant(type), memory: anyBytes });
      }),
      ({ type, memory }) => {
        const reader = type.createReader();
        type.bind(reader, new DataView(memory.buffer), 0);
        const before = memory.slice();
        for (const { name } of type.fields) {
          try {
            const value = (reader as unknown as Record<string, unknown>)[name];
            assert.notEqual(value, undefined);
            if (typeof value === "object" && value !== null && "at" in value) {
              (value as unknown as { toObject?(): unknown }).toObject?.();
            }
          } catch (error) {
            assert.ok(FloeError.is(error), String(error));
            assert.equal(error.code, "FLOE_VALUE_INVALID");
            refusedCount++;
          }
        }
        assert.deepEqual(memory, before);
      },
    ),
    { seed: seedOf(t), numRuns: 500 },
  );
  assert.ok(refusedCount > 0, "the memory was not hostile enough to test anything");
});
