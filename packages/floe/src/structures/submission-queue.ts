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
 * Tags wrap. A receiver that slept through exactly a full cycle of tags takes a message that is
 * newer than the ones it should have taken first; order and counts stay right, because the older
 * ones then count as missed, but they still lie in the ring. The sequence number in the chunk
 * shows the jump, and {@link SubmissionReceiver.discardStale} clears them away.
 *
 * Words of a slot are `strideWords` apart: dense slots favour streams, spread ones favour latency.
 */

import { compareExchange, exchange, peek, type Words } from "#words";
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
}

/** The receiving end. Exactly one per ring; its position is private and dies with it. */
export class SubmissionReceiver {
  readonly #words: Words;
  readonly #firstWordIndex: number;
  readonly #endWordIndex: number;
  readonly #strideWords: number;
  readonly #tagMask: number;
  readonly #slotCount: number;
  #wordIndex: number;
  #tag: number;

  constructor(shape: SubmissionQueueShape) {
    const { slotCount, strideWords, startPosition = 0, tagBits = TAG_BITS } = shape;
    this.#words = shape.words;
    this.#firstWordIndex = shape.firstWordIndex;
    this.#endWordIndex = shape.firstWordIndex + slotCount * strideWords;
    this.#strideWords = strideWords;
    this.#tagMask = (1 << tagBits) - 1;
    this.#slotCount = slotCount;
    this.#wordIndex = shape.firstWordIndex + (startPosition % slotCount) * strideWords;
    this.#tag = Math.floor(startPosition / slotCount) & this.#tagMask;
  }

  /**
   * A jump of at least this many sequence numbers may have wrapped the tags: after a take that
   * shows one, {@link discardStale} must be called before the next take.
   */
  get staleGap(): number {
    return this.#slotCount * this.#tagMask;
  }

  /** Whether no message waits; final only when the sender has stopped. */
  isEmpty(): boolean {
    // After a take nothing older is left, so the slot of the next message tells.
    return peek(this.#words, this.#wordIndex) === EMPTY;
  }

  /** Takes the oldest message: its chunk descriptor, or 0 when there is none. */
  take(): number {
    const wordIndex = this.#wordIndex;
    // A hint only: the compare-exchange confirms it.
    const word = peek(this.#words, wordIndex);
    if (word === EMPTY) return 0;
    if (
      ((word >>> DESCRIPTOR_BITS) & this.#tagMask) === this.#tag &&
      // SYNC: acquires the chunk; pairs with the exchange in SubmissionSender.push().
      compareExchange(this.#words, wordIndex, word, EMPTY) === word
    ) {
      this.#advance();
      return word & DESCRIPTOR_MASK;
    }
    return this.#takeWhenOvertaken();
  }

  #advance(): void {
    const nextWordIndex = this.#wordIndex + this.#strideWords;
    if (nextWordIndex === this.#endWordIndex) {
      this.#wordIndex = this.#firstWordIndex;
      this.#tag = (this.#tag + 1) & this.#tagMask;
    } else {
      this.#wordIndex = nextWordIndex;
    }
  }

  /**
   * The sender has overtaken this receiver: the slot of the next message holds a message of a later
   * lap, or got one just now. The oldest message that is left then lies in a following slot. Each
   * turn of the loop means that the sender moved on, so the search is lock-free; it gives up after
   * four laps and returns 0, and the next call goes on from there.
   */
  #takeWhenOvertaken(): number {
    for (let attempt = 0; attempt < 4 * this.#slotCount; attempt += 1) {
      const wordIndex = this.#wordIndex;
      const word = peek(this.#words, wordIndex);
      if (word === EMPTY) return 0;
      const lapsBehind = ((word >>> DESCRIPTOR_BITS) - this.#tag) & this.#tagMask;
      if (lapsBehind > 0) {
        // The slot's message is lapsBehind laps ahead of the wanted one; the oldest message that
        // can be left is the one that follows it a lap earlier.
        this.#tag = (this.#tag + lapsBehind - 1) & this.#tagMask;
        this.#advance();
      } else if (compareExchange(this.#words, wordIndex, word, EMPTY) === word) {
        this.#advance();
        return word & DESCRIPTOR_MASK;
      }
    }
    return 0;
  }

  /**
   * Takes out the messages that are older than the one taken last, after tags have wrapped (see
   * {@link staleGap}), and hands each descriptor to `giveBack`. Harmless when there are none.
   *
   * A tag alone cannot tell a message of the lap before from one that the sender has put in its
   * place a full cycle later, so `giveBack` looks at the sequence number in the chunk, which is the
   * receiver's now: it answers true for a newer message, which it must not give back. The search
   * then ends, the position moves behind that message, and its descriptor is returned, to be
   * treated like one from {@link take}, jump of sequence numbers included. Else returns 0.
   */
  discardStale(giveBack: (descriptor: number) => boolean): number {
    let wordIndex = this.#wordIndex;
    let staleTag = (this.#tag - 1) & this.#tagMask;
    for (let ahead = 1; ahead < this.#slotCount; ahead += 1) {
      const word = peek(this.#words, wordIndex);
      const tag = (word >>> DESCRIPTOR_BITS) & this.#tagMask;
      if (
        word !== EMPTY &&
        tag === staleTag &&
        compareExchange(this.#words, wordIndex, word, EMPTY) === word &&
        giveBack(word & DESCRIPTOR_MASK)
      ) {
        this.#wordIndex = wordIndex;
        this.#tag = staleTag;
        this.#advance();
        return word & DESCRIPTOR_MASK;
      }
      wordIndex += this.#strideWords;
      if (wordIndex === this.#endWordIndex) {
        wordIndex = this.#firstWordIndex;
        staleTag = (staleTag + 1) & this.#tagMask;
      }
    }
    return 0;
  }
}
