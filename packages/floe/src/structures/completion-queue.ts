/**
 * Completion queue: the way of chunks back from one receiver to their sender.
 *
 * A ring of plain words and one shared index, the tail. The receiver writes any number of
 * descriptors and then publishes the tail with one release store, so that a batch costs one atomic;
 * the sender collects when it needs chunks, so that the line moves between the processors once a
 * batch and not once a message. The sender's head is private: the ring has room for every chunk
 * that can be under way on the link, so the receiver never has to ask whether there is room.
 */

import { loadAcquire, peek, poke, storeRelease, type Words } from "#words";

/** Where a ring lies and how it is shaped; both ends must be given the same. */
export interface CompletionQueueShape {
  /** The mapped memory. */
  readonly words: Words;
  /** Index of the word that holds the tail. */
  readonly tailWordIndex: number;
  /** Index of the first entry. */
  readonly firstWordIndex: number;
  /** Number of entries, a power of two, at least the chunks that can be under way. */
  readonly entryCount: number;
  /** Position of the first entry, modulo 2^32; 0 unless a test starts near the wrap. */
  readonly startPosition?: number;
}

/** The receiver's end: gives chunks back. Exactly one per ring. */
export class CompletionSender {
  readonly #words: Words;
  readonly #tailWordIndex: number;
  readonly #firstWordIndex: number;
  readonly #entryMask: number;
  #tail: number;

  constructor(shape: CompletionQueueShape) {
    this.#words = shape.words;
    this.#tailWordIndex = shape.tailWordIndex;
    this.#firstWordIndex = shape.firstWordIndex;
    this.#entryMask = shape.entryCount - 1;
    this.#tail = (shape.startPosition ?? 0) | 0;
  }

  /** Writes a chunk's descriptor; the sender sees it after the next {@link publish}. */
  put(descriptor: number): void {
    poke(this.#words, this.#firstWordIndex + (this.#tail & this.#entryMask), descriptor);
    this.#tail = (this.#tail + 1) | 0;
  }

  /** Makes everything that was put visible to the sender, and ends all reading of the chunks. */
  publish(): void {
    // SYNC: releases the entries and the chunks; pairs with loadAcquire in CompletionReceiver.
    storeRelease(this.#words, this.#tailWordIndex, this.#tail);
  }
}

/** The sender's end: collects chunks. Exactly one per ring. */
export class CompletionReceiver {
  readonly #words: Words;
  readonly #tailWordIndex: number;
  readonly #firstWordIndex: number;
  readonly #entryMask: number;
  #head: number;
  #tail: number;

  constructor(shape: CompletionQueueShape) {
    this.#words = shape.words;
    this.#tailWordIndex = shape.tailWordIndex;
    this.#firstWordIndex = shape.firstWordIndex;
    this.#entryMask = shape.entryCount - 1;
    this.#head = (shape.startPosition ?? 0) | 0;
    this.#tail = this.#head;
  }

  /**
   * Looks how many chunks have come back since; {@link next} then hands out so many. Returns -1
   * when the tail is impossible, that is, when the peer's memory is corrupt.
   */
  refresh(): number {
    const tail = loadAcquire(this.#words, this.#tailWordIndex);
    const count = (tail - this.#head) | 0;
    if (count < 0 || count > this.#entryMask + 1) return -1;
    this.#tail = tail;
    return count;
  }

  /** The next returned chunk's descriptor as the peer wrote it, unchecked; 0: none is left. */
  next(): number {
    if (this.#head === this.#tail) return 0;
    const descriptor = peek(this.#words, this.#firstWordIndex + (this.#head & this.#entryMask));
    this.#head = (this.#head + 1) | 0;
    return descriptor;
  }
}
