/**
 * Words: the 32-bit units through which processes agree, and the one door to `Atomics`.
 *
 * Everything that two processes race for is an element of an `Int32Array` over mapped memory and
 * goes through a function of this file. That makes the file a seam: under the import condition
 * `floe-model` the name `#words` resolves to `words.model.ts`, and the model explorer runs the very
 * same structures through every interleaving.
 *
 * The names say which order the algorithm needs, so that a port to C or Rust can use the weakest
 * one that is right; in JavaScript every atomic is sequentially consistent. `peek` and `poke` are
 * plain accesses (1 ns where an atomic costs 8 to 19 ns): `peek` is a hint that must be confirmed
 * by an atomic before anything is built on it, `poke` writes what nobody reads before the next
 * release.
 */

/** A view of mapped memory as 32-bit words. */
export type Words = Int32Array;

/** Reads a word and everything that was released before it was written. */
export function loadAcquire(words: Words, wordIndex: number): number {
  return Atomics.load(words, wordIndex);
}

/** Writes a word after everything that this thread has written before. */
export function storeRelease(words: Words, wordIndex: number, value: number): void {
  Atomics.store(words, wordIndex, value);
}

/** Puts `value` into a word and returns what stood there, in one step. */
export function exchange(words: Words, wordIndex: number, value: number): number {
  return Atomics.exchange(words, wordIndex, value);
}

/** Puts `value` into a word if `expected` stands there; returns what stood there, in one step. */
export function compareExchange(
  words: Words,
  wordIndex: number,
  expected: number,
  value: number,
): number {
  return Atomics.compareExchange(words, wordIndex, expected, value);
}

/** Adds to a word, wrapping at 32 bits, and returns what stood there, in one step. */
export function fetchAdd(words: Words, wordIndex: number, value: number): number {
  return Atomics.add(words, wordIndex, value);
}

/** Sets the bits of `bits` in a word, and returns what stood there, in one step. */
export function fetchOr(words: Words, wordIndex: number, bits: number): number {
  return Atomics.or(words, wordIndex, bits);
}

/** Whether a locked instruction orders everything around it, as on x86. */
const IS_UPDATE_A_FENCE = process.arch === "x64" || process.arch === "ia32";

/**
 * Reads a word after an exchange, compare-exchange or fetch of this thread, and not before it has
 * been seen by others. Two threads that each update one word and then so read the other's cannot
 * both miss what the other did (Dekker's pattern). On x86 the update is a fence by itself, and a
 * plain read after it costs nothing; elsewhere it takes an atomic one.
 */
export function loadAfterUpdate(words: Words, wordIndex: number): number {
  return IS_UPDATE_A_FENCE ? words[wordIndex]! : Atomics.load(words, wordIndex);
}

/** Reads a word without any order: a hint. */
export function peek(words: Words, wordIndex: number): number {
  return words[wordIndex]!;
}

/** Writes a word without any order: seen by others only after the next release. */
export function poke(words: Words, wordIndex: number, value: number): void {
  words[wordIndex] = value;
}
