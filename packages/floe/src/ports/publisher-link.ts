/**
 * Publisher link: a publisher's end of the way to one subscriber.
 *
 * The publisher remembers which of its chunks are under way on the link. So whatever the other side
 * does, nothing is lost: a chunk that comes back is checked against the record, and when the
 * subscriber goes, everything that is still recorded returns at once.
 */

import { loadAcquire, storeRelease } from "#words";
import {
  LINK_COMPLETION_TAIL_WORD,
  LINK_CONNECTED_GENERATION_WORD,
  LINK_DRAINED_GENERATION_WORD,
  LINK_FIRST_SEQUENCE_WORD,
} from "../layout/link.ts";
import {
  DATA_SEGMENT_NUMBER_MAX,
  DESCRIPTOR_INDEX_BITS,
  LINK_SLOTS_OFFSET_BYTES,
} from "../layout/values.ts";
import { chunkIndex, chunkSegmentNumber, type OwnedDataSegment } from "../memory/chunk-pools.ts";
import { writeU64 } from "../memory/segment.ts";
import { Ringer } from "../registry/bells.ts";
import { linkWord } from "../registry/publish-subscribe-segment.ts";
import type { PublishSubscribeCore } from "../registry/service-core.ts";
import { portEntryWord } from "../registry/service-segment.ts";
import { CompletionReceiver } from "../structures/completion-queue.ts";
import { SubmissionSender } from "../structures/submission-queue.ts";

/** How long to wait before a stalled subscriber is reported again, in milliseconds. */
const STALL_PAUSE_MS = 10;

/** A publisher's connection with one subscriber. */
export class PublisherLink {
  readonly column: number;
  readonly generation: number;
  /** How to wake the subscriber. */
  readonly ringer: Ringer;
  readonly #words: Int32Array;
  readonly #linkWord: number;
  readonly #entryCount: number;
  readonly #submission: SubmissionSender;
  readonly #completion: CompletionReceiver;
  readonly #underWay: (Uint8Array | undefined)[];
  #underWayCount = 0;
  /** The message that was the last to displace another. */
  #displacingSequence = 0;
  /** When the subscriber counts as stalled, if every message until then displaces another. */
  #stallDueMs = 0;

  /** Clears the link's memory and tells the subscriber that it is served. */
  constructor(
    service: PublishSubscribeCore,
    row: number,
    column: number,
    generation: number,
    firstSequence: number,
  ) {
    const { geometry, segment } = service;
    const { words } = segment;
    const firstWord = linkWord(geometry, row, column);
    this.column = column;
    this.generation = generation;
    this.#words = words;
    this.#linkWord = firstWord;
    this.#entryCount = geometry.completionEntryCount;
    this.#underWay = new Array(DATA_SEGMENT_NUMBER_MAX + 1).fill(undefined);
    words.fill(0, firstWord + LINK_SLOTS_OFFSET_BYTES / 4, firstWord + geometry.linkBytes / 4);
    words[firstWord + LINK_COMPLETION_TAIL_WORD] = 0;
    words[firstWord + LINK_DRAINED_GENERATION_WORD] = 0;
    writeU64(words, firstWord + LINK_FIRST_SEQUENCE_WORD, firstSequence);
    this.#submission = new SubmissionSender({
      words,
      firstWordIndex: firstWord + LINK_SLOTS_OFFSET_BYTES / 4,
      slotCount: geometry.quality.bufferSize,
      strideWords: geometry.slotStrideBytes / 4,
    });
    this.#completion = new CompletionReceiver({
      words,
      tailWordIndex: firstWord + LINK_COMPLETION_TAIL_WORD,
      firstWordIndex: firstWord + geometry.linkCompletionOffsetBytes / 4,
      entryCount: geometry.completionEntryCount,
    });
    const entryWord = portEntryWord(geometry.subscribers, column);
    this.ringer = new Ringer(service, entryWord, generation);
    // SYNC: releases the cleared link; pairs with loadAcquire in SubscriberCore.#isServed().
    storeRelease(words, firstWord + LINK_CONNECTED_GENERATION_WORD, generation);
  }

  /** Whether the subscriber must give chunks back before it can be sent another. */
  get isSaturated(): boolean {
    return this.#underWayCount >= this.#entryCount;
  }

  /** Whether the subscriber has given this link up, because of what it read there. */
  isGivenUp(publisherGeneration: number): boolean {
    const word = this.#linkWord + LINK_DRAINED_GENERATION_WORD;
    return loadAcquire(this.#words, word) === publisherGeneration;
  }

  /** Sends a chunk; returns the descriptor of the message that gave way, or 0. */
  push(owned: OwnedDataSegment, descriptor: number): number {
    // The push comes first: the record is private, and the message need not wait for it.
    const displaced = this.#submission.push(descriptor);
    let underWay = this.#underWay[owned.number];
    if (underWay === undefined || underWay.length !== owned.chunkCount) {
      underWay = this.#track(owned);
    }
    underWay[chunkIndex(descriptor)] = 1;
    this.#underWayCount += 1;
    return displaced;
  }

  #track(owned: OwnedDataSegment): Uint8Array {
    const underWay = new Uint8Array(owned.chunkCount);
    this.#underWay[owned.number] = underWay;
    return underWay;
  }

  /** Notes that a chunk has come back; false when it was not under way, which is impossible. */
  noteReturn(descriptor: number): boolean {
    const underWay = this.#underWay[chunkSegmentNumber(descriptor)];
    const index = chunkIndex(descriptor);
    if (underWay === undefined || underWay[index] !== 1) return false;
    underWay[index] = 0;
    this.#underWayCount -= 1;
    return true;
  }

  /** Looks how many chunks the subscriber has given back; -1 when it wrote nonsense. */
  refreshReturned(): number {
    return this.#completion.refresh();
  }

  /** The next chunk given back, as the subscriber wrote it. */
  nextReturned(): number {
    return this.#completion.next();
  }

  /**
   * Notes that a message, given by the lower half of its number, has displaced another; true when
   * every message has done so for `limitMs` and nothing was taken in that time. What is displaced
   * may be what a subscriber left behind when it was overtaken, though it takes all that comes:
   * then slots are empty that it has emptied.
   */
  hasStalled(sequenceLow: number, limitMs: number): boolean {
    const nowMs = performance.now();
    if (((sequenceLow - this.#displacingSequence) | 0) !== 1) this.#stallDueMs = nowMs + limitMs;
    this.#displacingSequence = sequenceLow;
    if (nowMs < this.#stallDueMs) return false;
    if (this.#submission.hasEmptySlot) {
      this.#stallDueMs = nowMs + limitMs;
      return false;
    }
    // What is done about it may have to be tried again, but not with every message.
    this.#stallDueMs = nowMs + STALL_PAUSE_MS;
    return true;
  }

  /**
   * Ends the link of a subscriber that was ejected and may live: hands what it has not taken to
   * `takeBack`. The rest it may be reading; that returns by {@link reclaim} when it is gone.
   */
  retire(takeBack: (descriptor: number) => void): void {
    this.#sever();
    this.#submission.withdraw((descriptor) => {
      if (this.noteReturn(descriptor)) takeBack(descriptor);
    });
  }

  /** Ends the link: hands every chunk that is still under way to `takeBack`. */
  disconnect(takeBack: (descriptor: number) => void): void {
    this.#sever();
    this.reclaim(takeBack);
  }

  #sever(): void {
    storeRelease(this.#words, this.#linkWord + LINK_CONNECTED_GENERATION_WORD, 0);
    this.ringer.close();
  }

  /** Hands every chunk that is still under way to `takeBack`. */
  reclaim(takeBack: (descriptor: number) => void): void {
    for (let number = 1; number < this.#underWay.length; number += 1) {
      const underWay = this.#underWay[number];
      if (underWay === undefined) continue;
      for (let index = underWay.indexOf(1); index !== -1; index = underWay.indexOf(1, index + 1)) {
        takeBack((number << DESCRIPTOR_INDEX_BITS) | index);
      }
    }
    this.#underWay.fill(undefined);
    this.#underWayCount = 0;
  }
}
