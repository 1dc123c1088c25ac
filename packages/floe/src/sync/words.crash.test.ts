/**
 * Words with crash points do what those of production do, and stop at the same names.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as crash from "./words.crash.ts";
import * as production from "./words.ts";

test("words with crash points are those of production, and loads are the very same", () => {
  assert.deepEqual(Object.keys(crash).sort(), Object.keys(production).sort());
  assert.equal(crash.loadAcquire, production.loadAcquire);
  assert.equal(crash.loadAfterUpdate, production.loadAfterUpdate);
  assert.equal(crash.peek, production.peek);
});

test("words with crash points change memory as those of production do", () => {
  const words = new Int32Array([3]);
  assert.equal(crash.exchange(words, 0, 4), 3);
  assert.equal(crash.compareExchange(words, 0, 4, 5), 4);
  assert.equal(crash.fetchAdd(words, 0, 2), 5);
  assert.equal(crash.fetchOr(words, 0, 8), 7);
  assert.equal(words[0], 15);
  crash.storeRelease(words, 0, 1);
  assert.equal(words[0], 1);
  crash.poke(words, 0, 2);
  assert.equal(words[0], 2);
});
