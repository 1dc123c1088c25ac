/**
 * Event counts by themselves: where bits and counts stand, and counting beyond 32 bits.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventCounts } from "./event-counts.ts";

const BITS_WORD = 32;
const COUNTS_WORD = 64;

function countsOf(eventCount: number): { words: Int32Array; counts: EventCounts } {
  const words = new Int32Array(new SharedArrayBuffer(4 * (COUNTS_WORD + 2 * eventCount)));
  const shape = { words, bitsWordIndex: BITS_WORD, countsWordIndex: COUNTS_WORD, eventCount };
  return { words, counts: new EventCounts(shape) };
}

function takeAll(counts: EventCounts): [number, number][] {
  const taken: [number, number][] = [];
  const idCount = counts.take((eventId, count) => taken.push([eventId, count]));
  assert.equal(idCount, taken.length);
  return taken;
}

test("an id has a bit in a word of 32, and a count of two words", () => {
  const { words, counts } = countsOf(70);
  for (const eventId of [0, 31, 32, 69, 69]) counts.add(eventId);
  assert.deepEqual([...words.subarray(BITS_WORD, BITS_WORD + 3)], [1 | (1 << 31), 1, 1 << 5]);
  assert.deepEqual([...words.subarray(COUNTS_WORD + 138)], [2, 0]);
  const expected = [0, 31, 32].map((eventId) => [eventId, 1]);
  assert.deepEqual(takeAll(counts), [...expected, [69, 2]]);
  assert.ok(words.every((word) => word === 0));
});

test("something is pending from the first count until it is taken", () => {
  const { counts } = countsOf(256);
  for (let eventId = 0; eventId < 256; eventId += 1) {
    assert.deepEqual([counts.isHinted, counts.isPending], [false, false]);
    counts.add(eventId);
    assert.deepEqual([counts.isHinted, counts.isPending], [true, true]);
    assert.deepEqual(takeAll(counts), [[eventId, 1]]);
  }
});

test("a count goes on beyond 32 bits", () => {
  const { words, counts } = countsOf(2);
  counts.add(1);
  // As if it had been notified 3 * 2^32 - 2 times.
  words[COUNTS_WORD + 2] = -2;
  words[COUNTS_WORD + 3] = 2;
  counts.add(1);
  assert.deepEqual([...words.subarray(COUNTS_WORD + 2)], [-1, 2]);
  counts.add(1);
  assert.deepEqual([...words.subarray(COUNTS_WORD + 2)], [0, 3]);
  counts.add(1);
  assert.deepEqual(takeAll(counts), [[1, 3 * 2 ** 32 + 1]]);
  assert.deepEqual([...words.subarray(COUNTS_WORD)], [0, 0, 0, 0]);
  // Exactly a multiple of 2^32: the lower word alone looks as if there were nothing.
  words[COUNTS_WORD + 2] = -1;
  counts.add(1);
  assert.deepEqual(takeAll(counts), [[1, 2 ** 32]]);
});

test("bits of ids that do not exist, and bits without a count, are passed over", () => {
  const { words, counts } = countsOf(40);
  words[BITS_WORD] = 1 << 7;
  words[BITS_WORD + 1] = -1;
  counts.add(39);
  assert.deepEqual(takeAll(counts), [[39, 1]]);
  assert.equal(counts.isPending, false);
});

test("what is counted while it is being taken is found at the next look at the latest", () => {
  const { counts } = countsOf(64);
  let total = 0;
  counts.add(5);
  counts.take((eventId, count) => {
    total += count;
    counts.add(eventId);
    counts.add(40);
  });
  for (const [, count] of takeAll(counts)) total += count;
  // 5, then 5 and 40; and 40 may have been taken at the first look, which added 40 again.
  assert.ok(total >= 3);
  assert.equal(counts.isPending, false);
});

test("after a throw, what was not handed out is still there", () => {
  const { counts } = countsOf(64);
  for (const eventId of [3, 9, 50]) counts.add(eventId);
  const fail = (): never => {
    throw new RangeError("mine");
  };
  assert.throws(() => counts.take(fail), RangeError);
  assert.deepEqual(takeAll(counts), [
    [9, 1],
    [50, 1],
  ]);
});
