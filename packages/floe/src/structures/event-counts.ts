/**
 * Event counts: how often each event happened since the listener looked last, never losing one.
 *
 * Each id has a count, and a bit that says that the count is not zero; bits stand 32 to a word, so
 * a listener finds the few ids that happened among many by looking at a few words. A notifier
 * counts first and sets the bit afterwards; the listener takes the bits of a word first and the
 * counts afterwards. So whatever is counted is found: by this look, or through a bit that is set
 * after it.
 *
 * Who dies between counting and setting the bit leaves a count that is found when the same id
 * happens again.
 *
 * A count has 64 bits in two words. The lower one wraps after 2^32 notifications that nobody took;
 * whoever makes it wrap counts the upper one. (Dying exactly between these two steps would take
 * those 2^32 notifications along.)
 */

import { exchange, fetchAdd, fetchOr, loadAcquire, loadAfterUpdate, peek } from "#words";
import type { Words } from "../sync/words.ts";

const WORDS_PER_COUNT = 2;

/** Where the counts of one listener lie. */
export interface EventCountsShape {
  readonly words: Words;
  /** Index of the first word of bits. */
  readonly bitsWordIndex: number;
  /** Index of the first count. */
  readonly countsWordIndex: number;
  /** How many ids there are. */
  readonly eventCount: number;
}

/** Both ends of a listener's counts; any number of threads may count, one may take. */
export class EventCounts {
  readonly #words: Words;
  readonly #bitsWordIndex: number;
  readonly #bitsEndIndex: number;
  readonly #countsWordIndex: number;
  readonly #eventCount: number;

  constructor(shape: EventCountsShape) {
    this.#words = shape.words;
    this.#bitsWordIndex = shape.bitsWordIndex;
    this.#bitsEndIndex = shape.bitsWordIndex + Math.ceil(shape.eventCount / 32);
    this.#countsWordIndex = shape.countsWordIndex;
    this.#eventCount = shape.eventCount;
  }

  /** Counts an event. The id must be one of the listener's. */
  add(eventId: number): void {
    const words = this.#words;
    const countWord = this.#countsWordIndex + eventId * WORDS_PER_COUNT;
    if (fetchAdd(words, countWord, 1) === -1) fetchAdd(words, countWord + 1, 1);
    const bitsWord = this.#bitsWordIndex + (eventId >>> 5);
    const bit = 1 << (eventId & 31);
    // SYNC: who finds the bit set has counted before the listener takes it; see take().
    if ((loadAfterUpdate(words, bitsWord) & bit) === 0) fetchOr(words, bitsWord, bit);
  }

  /** Whether something may have been counted: a hint that is cheap to ask for again and again. */
  get isHinted(): boolean {
    // A port that has nothing to do asks for little else: fields are read once.
    const words = this.#words;
    const endIndex = this.#bitsEndIndex;
    let bits = 0;
    for (let word = this.#bitsWordIndex; word < endIndex; word += 1) bits |= peek(words, word);
    return bits !== 0;
  }

  /** Whether something has been counted, in order with what this thread updated before. */
  get isPending(): boolean {
    for (let word = this.#bitsWordIndex; word < this.#bitsEndIndex; word += 1) {
      if (loadAcquire(this.#words, word) !== 0) return true;
    }
    return false;
  }

  /**
   * Takes everything that was counted: calls `onEvent` with each id and its count, ids ascending,
   * and returns the number of ids. Bits of ids that do not exist are passed over. When `onEvent`
   * throws, what it has not been told of stays counted.
   */
  take(onEvent: (eventId: number, count: number) => void): number {
    const words = this.#words;
    let idCount = 0;
    for (let word = this.#bitsWordIndex; word < this.#bitsEndIndex; word += 1) {
      if (peek(words, word) === 0) continue;
      // SYNC: acquires the counts behind the bits; pairs with fetchOr in add().
      let bits = exchange(words, word, 0);
      try {
        while (bits !== 0) {
          const bitIndex = 31 - Math.clz32(bits & -bits);
          bits &= bits - 1;
          const eventId = (word - this.#bitsWordIndex) * 32 + bitIndex;
          const count = eventId < this.#eventCount ? this.#takeCount(eventId) : 0;
          if (count === 0) continue;
          idCount += 1;
          onEvent(eventId, count);
        }
      } finally {
        // Only after a throw: the counts behind these bits must be found again.
        if (bits !== 0) fetchOr(words, word, bits);
      }
    }
    return idCount;
  }

  #takeCount(eventId: number): number {
    const words = this.#words;
    const countWord = this.#countsWordIndex + eventId * WORDS_PER_COUNT;
    const low = exchange(words, countWord, 0) >>> 0;
    // Not zero only after 2^32 notifications, so a read is enough nearly always.
    if (loadAcquire(words, countWord + 1) === 0) return low;
    return (exchange(words, countWord + 1, 0) >>> 0) * 0x1_0000_0000 + low;
  }
}
