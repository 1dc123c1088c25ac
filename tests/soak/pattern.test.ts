/**
 * What the messages of the soak hold: a byte that is another's is found, wherever it lies.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { baseOf, fillBytes, findForeignByte } from "./pattern.ts";

const ID = "0123456789abcdef0123456789abcdef";

test("a message is what its publisher and its number make it", () => {
  for (const length of [1, 3, 4, 5, 17, 4096]) {
    const bytes = new Uint8Array(length);
    fillBytes(bytes, baseOf(ID, 7));
    assert.equal(findForeignByte(bytes, baseOf(ID, 7)), -1);
    for (const index of [0, length - 1]) {
      bytes[index]! ^= 1;
      const found = findForeignByte(bytes, baseOf(ID, 7));
      assert.ok(found >= 0 && found <= index && index < found + 4, `${found} of ${length}`);
      bytes[index]! ^= 1;
    }
  }
});

test("the messages before and after, and those of others, are others", () => {
  const bytes = new Uint8Array(64);
  fillBytes(bytes, baseOf(ID, 7));
  const others = [baseOf(ID, 6), baseOf(ID, 8), baseOf("fedcba9876543210", 7)];
  for (const base of others) assert.equal(findForeignByte(bytes, base), 0);
});

test("half of one message and half of another is found", () => {
  const bytes = new Uint8Array(128);
  fillBytes(bytes, baseOf(ID, 8));
  fillBytes(bytes.subarray(0, 64), baseOf(ID, 7));
  assert.equal(findForeignByte(bytes, baseOf(ID, 7)), 64);
});
