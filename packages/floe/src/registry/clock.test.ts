/**
 * The clock's arithmetic: words that wrap, and ticks that overtake one another.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsedMs, monotonicTick, TICKS_PER_MS } from "./clock.ts";

test("the time between two ticks is told across the wrap of a word", () => {
  assert.equal(elapsedMs(0, 5), 0.5);
  assert.equal(elapsedMs(-5, 5), 1);
  assert.equal(elapsedMs(0x7fff_ffff, 0x7fff_ffff + 25), 2.5);
  assert.equal(elapsedMs(0x7fff_ffff, -0x8000_0000), 0.1);
  assert.equal(elapsedMs(0, 86_400_000 * TICKS_PER_MS), 86_400_000);
});

test("four days are four days", () => {
  const fourDaysMs = 4 * 86_400_000;
  assert.equal(elapsedMs(17, (17 + fourDaysMs * TICKS_PER_MS) | 0), fourDaysMs);
});

test("a tick that was read a little before the one it is compared with is no time ago", () => {
  assert.equal(elapsedMs(6, 5), 0);
  assert.equal(elapsedMs(-0x8000_0000, 0x7fff_ffff), 0);
});

test("the clock goes forward", () => {
  const first = monotonicTick();
  const second = monotonicTick();
  assert.equal(first | 0, first);
  assert.ok(elapsedMs(first, second) < 1000);
});
