/**
 * Sleeping until another process has changed a word of shared memory: the kernel's futex.
 *
 * The kernel compares the word with the expected value and goes to sleep in one step, so a change
 * that comes first is never slept through. Waiters are found by the memory itself (the file and the
 * offset in it), so every mapping in every process meets. Whoever changes the word has to wake; the
 * kernel looks at the word only when a wait begins. A wake may also come for nothing: waiters look
 * at their condition again, whatever the answer.
 *
 * A wait blocks the thread. It runs no timer and no handler of a signal, and nothing in the process
 * can end it early: `worker.terminate()`, and a `process.exit()` that has to end a worker, wait as
 * long. Threads that others may want to end wait in slices.
 */
import { crashPoint } from "#crash-points";
import { loadShim, type Shim } from "./shim.ts";
import { ERRNO, systemError } from "./system-error.ts";
import { toWaitNs } from "./waits.ts";

/**
 * How a wait ended: somebody woke it, the word had another value already, a signal came, or the
 * time was over.
 */
export type FutexOutcome = "woken" | "changed" | "interrupted" | "timed-out";

// The data path wakes and waits: the shim is looked up once.
let shim: Shim | undefined;

/** Sleeps while a word has the expected value, until it is woken or `timeoutMs` are over. */
export function futexWait(
  words: Int32Array,
  wordIndex: number,
  expected: number,
  timeoutMs: number | undefined,
): FutexOutcome {
  shim ??= loadShim().shim;
  checkIndex(words, wordIndex);
  crashPoint("to sleep on a word");
  const result = shim.futexWait(words, wordIndex, expected, toWaitNs(timeoutMs));
  if (result === 0) return "woken";
  if (result === -ERRNO.EAGAIN) return "changed";
  if (result === -ERRNO.EINTR) return "interrupted";
  if (result === -ERRNO.ETIMEDOUT) return timeoutMs === undefined ? "interrupted" : "timed-out";
  const wanted = `to wait while it is ${expected}`;
  throw systemError("futex", result, describeWord(wordIndex), { wanted });
}

/** Wakes up to `count` of those who sleep on a word; returns how many. */
export function futexWake(words: Int32Array, wordIndex: number, count: number): number {
  shim ??= loadShim().shim;
  checkIndex(words, wordIndex);
  crashPoint("to wake sleepers");
  const result = shim.futexWake(words, wordIndex, count);
  if (result >= 0) return result;
  const wanted = `to wake ${count} that wait`;
  throw systemError("futex", result, describeWord(wordIndex), { wanted });
}

/** The shim would go wherever the index leads. */
function checkIndex(words: Int32Array, wordIndex: number): void {
  if (wordIndex >= 0 && wordIndex < words.length && Number.isInteger(wordIndex)) return;
  const wanted = `a word below ${words.length}`;
  throw systemError("futex", "EFAULT", describeWord(wordIndex), { wanted });
}

function describeWord(wordIndex: number): string {
  return `word ${wordIndex} of shared memory`;
}
