/**
 * Words under the model: the functions of `words.ts`, each of which is a step that can be held.
 *
 * Under the import condition `floe-model` the name `#words` means this file. While no hook is
 * installed it behaves as `words.ts` does, so that the set-up of a scenario simply runs. With a
 * hook (the explorer in `tests/model/`) every call is handed over instead of performed: the
 * explorer answers with a recorded result, performs the operation itself, or suspends the calling
 * thread by throwing a private value. Code between a caller and the explorer must therefore not
 * catch what it does not know. The recipe, one module that the library takes all its
 * synchronisation from and that a test replaces, is loom's (https://github.com/tokio-rs/loom).
 */

/** A view of memory as 32-bit words. */
export type Words = Int32Array;

/** What a step does to its word; the names are those of the functions below. */
export const WordOperation = {
  loadAcquire: 0,
  storeRelease: 1,
  exchange: 2,
  compareExchange: 3,
  fetchAdd: 4,
  peek: 5,
  poke: 6,
  fetchOr: 7,
} as const;

/** One of the numbers of {@link WordOperation}. */
export type WordOperation = (typeof WordOperation)[keyof typeof WordOperation];

/**
 * Takes over every operation. `value` is what is written or added (0 for reads), `expected` is the
 * comparand of a compareExchange (0 otherwise). The answer is the operation's result.
 */
export type WordsHook = (
  operation: WordOperation,
  words: Words,
  wordIndex: number,
  value: number,
  expected: number,
) => number;

let hook: WordsHook = performOperation;

/** Hands all operations to `newHook`, or performs them plainly again if there is none. */
export function setWordsHook(newHook: WordsHook | undefined): void {
  hook = newHook ?? performOperation;
}

/** Performs an operation on its word and returns its result, past any hook. */
export function performOperation(
  operation: WordOperation,
  words: Words,
  wordIndex: number,
  value: number,
  expected: number,
): number {
  switch (operation) {
    case WordOperation.loadAcquire:
      return Atomics.load(words, wordIndex);
    case WordOperation.storeRelease:
      return Atomics.store(words, wordIndex, value);
    case WordOperation.exchange:
      return Atomics.exchange(words, wordIndex, value);
    case WordOperation.compareExchange:
      return Atomics.compareExchange(words, wordIndex, expected, value);
    case WordOperation.fetchAdd:
      return Atomics.add(words, wordIndex, value);
    case WordOperation.fetchOr:
      return Atomics.or(words, wordIndex, value);
    case WordOperation.peek:
      return words[wordIndex]!;
    case WordOperation.poke:
      words[wordIndex] = value;
      return value;
  }
}

/** See `loadAcquire` in `words.ts`. */
export function loadAcquire(words: Words, wordIndex: number): number {
  return hook(WordOperation.loadAcquire, words, wordIndex, 0, 0);
}

/** See `storeRelease` in `words.ts`. */
export function storeRelease(words: Words, wordIndex: number, value: number): void {
  hook(WordOperation.storeRelease, words, wordIndex, value, 0);
}

/** See `exchange` in `words.ts`. */
export function exchange(words: Words, wordIndex: number, value: number): number {
  return hook(WordOperation.exchange, words, wordIndex, value, 0);
}

/** See `compareExchange` in `words.ts`. */
export function compareExchange(
  words: Words,
  wordIndex: number,
  expected: number,
  value: number,
): number {
  return hook(WordOperation.compareExchange, words, wordIndex, value, expected);
}

/** See `fetchAdd` in `words.ts`. */
export function fetchAdd(words: Words, wordIndex: number, value: number): number {
  return hook(WordOperation.fetchAdd, words, wordIndex, value, 0);
}

/** See `fetchOr` in `words.ts`. */
export function fetchOr(words: Words, wordIndex: number, bits: number): number {
  return hook(WordOperation.fetchOr, words, wordIndex, bits, 0);
}

/** See `loadAfterUpdate` in `words.ts`; a load that is in order with everything. */
export function loadAfterUpdate(words: Words, wordIndex: number): number {
  return hook(WordOperation.loadAcquire, words, wordIndex, 0, 0);
}

/** See `peek` in `words.ts`. */
export function peek(words: Words, wordIndex: number): number {
  return hook(WordOperation.peek, words, wordIndex, 0, 0);
}

/** See `poke` in `words.ts`. */
export function poke(words: Words, wordIndex: number, value: number): void {
  hook(WordOperation.poke, words, wordIndex, value, 0);
}
