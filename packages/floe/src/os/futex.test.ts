/**
 * Tests of the futex between threads, each with a mapping of its own, so that they meet in the
 * memory and not in an address. `memory-kinds.test.ts` runs this file again for each kind of
 * memory and for the other architecture; `processes.test.ts` has two processes.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { FloeError } from "../errors.ts";
import { futexWait, futexWake } from "./futex.ts";
import { mmap } from "./system-calls.ts";

const TIMEOUT_MS = 60_000;
const LENGTH_BYTES = 65_536;
const directory = fs.mkdtempSync(join(tmpdir(), "floe-futex-"));
after(() => fs.rmSync(directory, { recursive: true }));

let fileCount = 0;

function scratchMemory(): { readonly path: string; readonly buffer: SharedArrayBuffer } {
  const path = join(directory, `file-${fileCount++}`);
  fs.writeFileSync(path, new Uint8Array(LENGTH_BYTES));
  const buffer = mmap(fs.openSync(path, "r+"), LENGTH_BYTES, "read-write", path);
  return { path, buffer: buffer as SharedArrayBuffer };
}

/** A thread that maps the file itself, waits on a word while it is 0, and tells how that ended. */
function startWaiter(path: string, wordIndex: number, timeoutMs: number): Worker {
  const script = `
    import { openSync } from "node:fs";
    import { parentPort } from "node:worker_threads";
    import { futexWait } from ${JSON.stringify(new URL("./futex.js", import.meta.url).href)};
    import { mmap } from ${JSON.stringify(new URL("./system-calls.js", import.meta.url).href)};
    const buffer = mmap(openSync(${JSON.stringify(path)}, "r+"), ${LENGTH_BYTES}, "read", "");
    parentPort.postMessage(futexWait(new Int32Array(buffer), ${wordIndex}, 0, ${timeoutMs}));
  `;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
}

/** Wakes until somebody was asleep. */
async function wakeOne(words: Int32Array, wordIndex: number): Promise<void> {
  while (futexWake(words, wordIndex, 1) === 0) await turn();
}

test("a wake ends the wait of another mapping, on that word only", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { path, buffer } = scratchMemory();
  const words = new Int32Array(buffer);
  const waiters = [5, 6].map((wordIndex) => startWaiter(path, wordIndex, TIMEOUT_MS));
  const outcomes = waiters.map((worker) => once(worker, "message"));
  for (const wordIndex of [6, 5]) await wakeOne(words, wordIndex);
  assert.deepEqual(await Promise.all(outcomes), [["woken"], ["woken"]]);
  assert.equal(futexWake(words, 5, 1), 0, "nobody is left");
});

test("a view that begins within the memory means its own words", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { path, buffer } = scratchMemory();
  const waiter = startWaiter(path, 1000, TIMEOUT_MS);
  const outcome = once(waiter, "message");
  await wakeOne(new Int32Array(buffer, 3992, 4), 2);
  assert.deepEqual(await outcome, ["woken"]);
});

test("one call wakes as many as it says", { timeout: TIMEOUT_MS }, async () => {
  const { path, buffer } = scratchMemory();
  const words = new Int32Array(buffer);
  const waiters = [1, 2, 3].map(() => startWaiter(path, 0, TIMEOUT_MS));
  const outcomes = waiters.map((worker) => once(worker, "message"));
  for (let wokenCount = 0; wokenCount < 3; await turn()) wokenCount += futexWake(words, 0, 2);
  assert.deepEqual(await Promise.all(outcomes), new Array(3).fill(["woken"]));
});

test("a word that has changed already is not waited for", () => {
  const words = new Int32Array(scratchMemory().buffer);
  words[9] = -2;
  assert.equal(futexWait(words, 9, 0, undefined), "changed");
  assert.equal(futexWait(words, 9, -1, 0), "changed");
  assert.equal(futexWait(words, 9, -2, 0), "timed-out");
});

test("a wait lasts as long as it should, also for a part of a millisecond", () => {
  const words = new Int32Array(scratchMemory().buffer);
  for (const timeoutMs of [25, 0.5, 0, -1, Number.NaN]) {
    const startMs = performance.now();
    assert.equal(futexWait(words, 0, 0, timeoutMs), "timed-out");
    assert.ok(performance.now() - startMs >= (timeoutMs || 0), `${timeoutMs} ms`);
  }
});

for (const kind of [ArrayBuffer, SharedArrayBuffer]) {
  test(`the words of a plain ${kind.name} can be waited on, too`, () => {
    const words = new Int32Array(new kind(64), 8, 4);
    words[3] = 1;
    assert.equal(futexWait(words, 3, 0, undefined), "changed");
    assert.equal(futexWait(words, 3, 1, 1), "timed-out");
    assert.equal(futexWake(words, 3, 1), 0);
  });
}

test("a word outside the array is a typed error", () => {
  const words = new Int32Array(scratchMemory().buffer);
  for (const wordIndex of [-1, words.length, 0.5, Number.NaN]) {
    for (const call of [
      () => futexWait(words, wordIndex, 0, 0),
      () => futexWake(words, wordIndex, 1),
    ]) {
      assert.throws(call, (error) => FloeError.is(error) && error.subject.includes(`${wordIndex}`));
    }
  }
});
