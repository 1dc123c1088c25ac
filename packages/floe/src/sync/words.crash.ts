/**
 * Words with crash points: the operations of `words.ts`, each that changes a word preceded by a
 * point at which the process may be told to die.
 *
 * Under the import condition `floe-crash` the name `#words` means this file. Loads change nothing
 * and are the production ones; so a process that dies at a point has done everything that stands
 * before it in the program, and nothing after. What is written plainly, past this file, is private
 * until the next release.
 */

import { crashPoint } from "#crash-points";
import type { Words } from "./words.ts";
import * as production from "./words.ts";

export { loadAcquire, loadAfterUpdate, peek, type Words } from "./words.ts";

/** See `storeRelease` in `words.ts`. */
export function storeRelease(words: Words, wordIndex: number, value: number): void {
  crashPoint("storeRelease");
  production.storeRelease(words, wordIndex, value);
}

/** See `exchange` in `words.ts`. */
export function exchange(words: Words, wordIndex: number, value: number): number {
  crashPoint("exchange");
  return production.exchange(words, wordIndex, value);
}

/** See `compareExchange` in `words.ts`. */
export function compareExchange(
  words: Words,
  wordIndex: number,
  expected: number,
  value: number,
): number {
  crashPoint("compareExchange");
  return production.compareExchange(words, wordIndex, expected, value);
}

/** See `fetchAdd` in `words.ts`. */
export function fetchAdd(words: Words, wordIndex: number, value: number): number {
  crashPoint("fetchAdd");
  return production.fetchAdd(words, wordIndex, value);
}

/** See `fetchOr` in `words.ts`. */
export function fetchOr(words: Words, wordIndex: number, bits: number): number {
  crashPoint("fetchOr");
  return production.fetchOr(words, wordIndex, bits);
}

/** See `poke` in `words.ts`. */
export function poke(words: Words, wordIndex: number, value: number): void {
  crashPoint("poke");
  production.poke(words, wordIndex, value);
}
