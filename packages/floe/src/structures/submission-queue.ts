/**
 * Submission queue: the way of messages from one sender to one receiver, overflowing safely.
 *
 * A ring of words. A word is 0 when its slot is empty, else it holds a chunk descriptor and, above
 * it, the *tag*: the lap in which the slot was filled. The sender exchanges its new word for the
 * old one; an old word that nobody took comes straight back to it, and that is the whole overflow.
 * The receiver polls the one slot in which its next message must appear and takes it with a
 * compare-exchange, so that a message has one taker: the receiver, or the sender that displaced it.
 * A foreign tag tells the receiver by how many laps it has been overtaken.
 *
 * There is no head and no tail in shared memory: positions are private, which saves the cache line
 * that a reader of an index would have to fetch before it may look at the entry. A message costs
 * the sender one exchange and the receiver one compare-exchange.
 *
 * Who is overtaken must not chase the oldest message: that is the very one which the sender is
 * about to overwrite. When the two collide the receiver leaves half a ring behind, where the
 * messages stay until the sender overwrites them. A word of the lap before is therefore a message
 * that was left behind, unless tags have wrapped while the receiver slept; only the number in the
 * message itself can tell, so in that rare case the receiver asks its port ({@link IsOld}).
 *
 * Words of a slot are `strideWords` apart: dense slots favour streams, spread ones favour latency.
 */

import { compareExchange, exchange, loadAcquire, peek, type Words } from "#words";
import { DESCRIPTOR_BITS, TAG_BITS } from "../layout/values.ts";

export { DESCRIPTOR_BITS, TAG_BITS };

const DESCRIPTOR_MASK = (1 << DESCRIPTOR_BITS) - 1;
const EMPTY = 0;

/** Where a ring lies and how it is shaped; both ends must be given the same. */
export interface SubmissionQueueShape {
  /** The mapped memory. */
  readonly words: Words;
  /** Index of the first slot's word. */
  readonly firstWordIndex: number;
  /** Number of slots, at least 1: so many messages can wait. */
  readonly slotCount: number;
  /** Distance from one slot to the next, in words. */
  readonly strideWords: number;
  /** Position of the first message; 0 unless a test starts near a wrap. */
  readonly startPosition?: number;
  /** Width of the tag; {@link TAG_BITS} unless a test wants tags that wrap soon. */
  readonly tagBits?: number;
}

/**
 * Whether the message in a chunk is older than the one that the receiver wants next. Called with
 * what stood in a slot a moment ago: the chunk may be changing hands, so the answer may be wrong
 * then, but must be right once the sender rests.
 */
export type IsOld = (descriptor: number) => boolean;

/** The sending end. Exactly one per ring; its position is private and dies with it. */
export class SubmissionSender {
  readonly #words: Words;
  readonly #firstWordIndex: number;
  readonly #endWordIndex: number;
  readonly #strideWords: number;
  readonly #tagMask: number;
  #wordIndex: number;
  #tag: number;

  constructor(shape: SubmissionQueueShape) {
    const { slotCount, strideWords, startPosition = 0, tagBits = TAG_BITS } = shape;
    this.#words = shape.words;
    this.#firstWordIndex = shape.firstWordIndex;
    this.#endWordIndex = shape.firstWordIndex + slotCount * strideWords;
    this.#strideWords = strideWords;
    this.#tagMask = (1 << tagBits) - 1;
    this.#wordIndex = shape.firstWordIndex + (startPosition % slotCount) * strideWords;
    this.#tag = Math.floor(startPosition / slotCount) & this.#tagMask;
  }

  /**
   * Sends the chunk `descriptor` (1 to 2^22 - 1). Returns the descriptor of the oldest message if
   * that had to give way, else 0. Never blocks, never fails.
   */
  push(descriptor: number): number {
    const wordIndex = this.#wordIndex;
    const word = (this.#tag << DESCRIPTOR_BITS) | descriptor;
    const nextWordIndex = wordIndex + this.#strideWords;
    if (nextWordIndex === this.#endWordIndex) {
      this.#wordIndex = this.#firstWordIndex;
      this.#tag = (this.#tag + 1) & this.#tagMask;
    } else {
      this.#wordIndex = nextWordIndex;
    }
    // SYNC: publishes the chunk; pairs with the compare-exchange in SubmissionReceiver.take().
    return exchange(this.#words, wordIndex, word) & DESCRIPTOR_MASK;
  }

  /**
   * Whether any slot is empty. Only the receiver empties slots, so one that stopped taking while
   * every push displaced a message has left none.
   */
  get hasEmptySlot(): boolean {
    let wordIndex = this.#firstWordIndex;
    for (; wordIndex < this.#endWordIndex; wordIndex += this.#strideWords) {
      if (loadAcquire(this.#words, wordIndex) === EMPTY) return true;
    }
    return false;
  }

  /**
   * Hands every message that was not taken to `takeBack`, however the receiver goes on; nothing may
   * be sent after it. Each message goes to one of both.
   */
  withdraw(takeBack: (descriptor: number) => void): void {
    let wordIndex = this.#firstWordIndex;
    for (; wordIndex < this.#endWordIndex; wordIndex += this.#strideWords) {
      const descriptor = exchange(this.#words, wordIndex, EMPTY) & DESCRIPTOR_MASK;
      if (descriptor !== EMPTY) takeBack(descriptor);
    }
  }
}

/** The receiving end. Exactly one per ring; its position is private and dies with it. */
export class SubmissionReceiver {
  readonly #words: Words;
  readonly #endWordIndex: number;
  readonly #strideWords: number;
  readonly #tagMask: number;
  readonly #slotCount: number;
  #wordIndex: number;
  #tag: number;

  constructor(shape: SubmissionQueueShape) {
    const { slotCount, strideWords, startPosition = 0, tagBits = TAG_BITS } = shape;
    this.#words = shape.words;
    this.#endWordIndex = shape.firstWordIndex + slotCount * strideWords;
    this.#strideWords = strideWords;
    this.#tagMask = (1 << tagBits) - 1;
    this.#slotCount = slotCount;
    this.#wordIndex = shape.firstWordIndex + (startPosition % slotCount) * strideWords;
    this.#tag = Math.floor(startPosition / slotCount) & this.#tagMask;
  }

  /**
   * Whether no message waits: in order with what this thread updated before, so that a receiver
   * that has armed its bell may sleep on it. Final only when the sender has stopped.
   */
  isEmpty(isOld: IsOld): boolean {
    const word = loadAcquire(this.#words, this.#wordIndex);
    if (word === EMPTY) return true;
    return this.#lapsBehind(word) > 0 && isOld(word & DESCRIPTOR_MASK);
  }

  /** Takes the oldest message: its chunk descriptor, or 0 when there is none. */
  take(isOld: IsOld): number {
    const wordIndex = this.#wordIndex;
    // A hint only: the compare-exchange confirms it.
    const word = peek(this.#words, wordIndex);
    if (word === EMPTY) return 0;
    if (((word >>> DESCRIPTOR_BITS) & this.#tagMask) !== this.#tag) {
      return this.#takeWhenOvertaken(isOld, 0);
    }
    // SYNC: acquires the chunk; pairs with the exchange in SubmissionSender.push().
    if (compareExchange(this.#words, wordIndex, word, EMPTY) !== word) {
      return this.#takeWhenOvertaken(isOld, this.#slotCount >>> 1);
    }
    const nextWordIndex = wordIndex + this.#strideWords;
    if (nextWordIndex === this.#endWordIndex) this.#advance(1);
    else this.#wordIndex = nextWordIndex;
    return word & DESCRIPTOR_MASK;
  }

  #advance(slots: number): void {
    this.#wordIndex += slots * this.#strideWords;
    if (this.#wordIndex < this.#endWordIndex) return;
    this.#wordIndex -= this.#slotCount * this.#strideWords;
    this.#tag = (this.#tag + 1) & this.#tagMask;
  }

  /** By how many laps a slot's message is newer than the wanted one, modulo the tag's range. */
  #lapsBehind(word: number): number {
    return ((word >>> DESCRIPTOR_BITS) - this.#tag) & this.#tagMask;
  }

  /**
   * The slot of the wanted message holds one of another lap, or got one just now. If that is not an
   * old one, the sender has overtaken this receiver, and the oldest message that is left lies in a
   * following slot. `leave` says how many more slots to leave behind after a collision. Each turn
   * of the loop means that the sender moved on, so the search is lock-free; it gives up after four
   * laps and returns 0, and the next call goes on from there.
   */
  #takeWhenOvertaken(isOld: IsOld, leave: number): number {
    let slotsToLeave = leave;
    for (let attempt = 0; attempt < 4 * this.#slotCount; attempt += 1) {
      const wordIndex = this.#wordIndex;
      const word = peek(this.#words, wordIndex);
      if (word === EMPTY) return 0;
      const lapsBehind = this.#lapsBehind(word);
      if (lapsBehind > 0) {
        if (isOld(word & DESCRIPTOR_MASK)) return 0;
        // If the slot has changed meanwhile, the answer was about another message.
        if (loadAcquire(this.#words, wordIndex) !== word) continue;
        // The slot's message is lapsBehind laps ahead of the wanted one; the oldest message that
        // can be left is the one that follows it a lap earlier.
        this.#tag = (this.#tag + lapsBehind - 1) & this.#tagMask;
        this.#advance(1 + slotsToLeave);
        slotsToLeave = 0;
      } else if (compareExchange(this.#words, wordIndex, word, EMPTY) === word) {
        this.#advance(1);
        return word & DESCRIPTOR_MASK;
      } else {
        slotsToLeave = this.#slotCount >>> 1;
      }
    }
    return 0;
  }
}
