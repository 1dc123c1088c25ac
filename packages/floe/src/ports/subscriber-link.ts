/**
 * Subscriber link: a subscriber's end of the way from one publisher.
 *
 * Everything that is read here was written by another process and may be nonsense: a descriptor is
 * read once, checked against the data segments that the publisher announced, and only then used.
 */

import { loadAcquire, storeRelease } from "#words";
import { CHUNK_HEADER_SEQUENCE_WORD } from "../layout/chunk-header.ts";
import {
  LINK_COMPLETION_TAIL_WORD,
  LINK_DRAINED_GENERATION_WORD,
  LINK_FIRST_SEQUENCE_WORD,
} from "../layout/link.ts";
import { DATA_SEGMENT_NUMBER_MAX, LINK_SLOTS_OFFSET_BYTES } from "../layout/values.ts";
import { chunkIndex, chunkOffsetBytes, chunkSegmentNumber } from "../memory/chunk-pools.ts";
import type { Id } from "../memory/id.ts";
import { readU64, unsignedLong } from "../memory/segment.ts";
import type { MappedDataSegment } from "../registry/data-segment-cache.ts";
import { readDataSegmentEntry } from "../registry/publish-subscribe-directory.ts";
import { linkWord } from "../registry/publish-subscribe-segment.ts";
import type { PublishSubscribeCore } from "../registry/service-core.ts";
import { CompletionSender } from "../structures/completion-queue.ts";
import { type IsOld, SubmissionReceiver } from "../structures/submission-queue.ts";

/** A subscriber's connection with one publisher. */
export class SubscriberLink {
  readonly row: number;
  /** Generation of the publisher. */
  readonly generation: number;
  readonly publisherId: Id;
  readonly submission: SubmissionReceiver;
  readonly completion: CompletionSender;
  /** The publisher's data segments that are mapped, by number. */
  readonly segments: (MappedDataSegment | undefined)[];
  /** Sequence number of the message that should come next. */
  expectedSequence: number;
  /** Samples of this publisher that the subscriber holds. */
  borrowedCount = 0;
  /** Those, and what was given back of which the publisher has not been told yet. */
  heldCount = 0;
  /** Whether the publisher has closed: when nothing is left, the link ends. */
  isClosing = false;
  /** Whether the publisher wrote nonsense: nothing more is taken from it. */
  isPoisoned = false;
  /** Whether the link has ended; samples that are still held have nowhere to return to. */
  isOver = false;
  readonly #isOld: IsOld;
  /** A message that was taken and could not be read; 0 for none. */
  #asideDescriptor = 0;
  readonly #service: PublishSubscribeCore;
  readonly #linkWord: number;

  constructor(
    service: PublishSubscribeCore,
    row: number,
    column: number,
    generation: number,
    publisherId: Id,
  ) {
    const { geometry, segment } = service;
    const { words } = segment;
    const firstWord = linkWord(geometry, row, column);
    this.row = row;
    this.generation = generation;
    this.publisherId = publisherId;
    this.segments = new Array(DATA_SEGMENT_NUMBER_MAX + 1).fill(undefined);
    this.#service = service;
    this.#linkWord = firstWord;
    this.expectedSequence = readU64(words, firstWord + LINK_FIRST_SEQUENCE_WORD);
    this.#isOld = (descriptor) => this.#isMessageOld(descriptor);
    this.submission = new SubmissionReceiver({
      words,
      firstWordIndex: firstWord + LINK_SLOTS_OFFSET_BYTES / 4,
      slotCount: geometry.quality.bufferSize,
      strideWords: geometry.slotStrideBytes / 4,
    });
    this.completion = new CompletionSender({
      words,
      tailWordIndex: firstWord + LINK_COMPLETION_TAIL_WORD,
      firstWordIndex: firstWord + geometry.linkCompletionOffsetBytes / 4,
      entryCount: geometry.completionEntryCount,
    });
  }

  /** Takes the next message: its descriptor as the publisher wrote it, or 0 when there is none. */
  takeDescriptor(): number {
    if (this.isPoisoned) return 0;
    const descriptor = this.#asideDescriptor;
    if (descriptor === 0) return this.submission.take(this.#isOld);
    this.#asideDescriptor = 0;
    return descriptor;
  }

  /** Keeps a message that was taken and could not be read, to be taken once more. */
  setAside(descriptor: number): void {
    this.#asideDescriptor = descriptor;
  }

  /** Whether the message in a chunk, which may be changing hands, comes before the wanted one. */
  #isMessageOld(descriptor: number): boolean {
    const mapped = this.segments[chunkSegmentNumber(descriptor)];
    if (mapped === undefined || chunkIndex(descriptor) >= mapped.chunkCount) return false;
    const headerWord = chunkOffsetBytes(mapped, descriptor) / 4;
    // Atomic, because the caller looks at the slot again after it.
    const low = loadAcquire(mapped.words, headerWord + CHUNK_HEADER_SEQUENCE_WORD);
    const high = loadAcquire(mapped.words, headerWord + CHUNK_HEADER_SEQUENCE_WORD + 1);
    return unsignedLong(low, high) < this.expectedSequence;
  }

  /** Tells the publisher of everything that was given back. */
  publishReturns(): void {
    this.heldCount = this.borrowedCount;
    this.completion.publish();
  }

  /** Whether no message waits. */
  get isEmpty(): boolean {
    if (this.isPoisoned) return true;
    return this.#asideDescriptor === 0 && this.submission.isEmpty(this.#isOld);
  }

  /** Maps the data segments that are new and lets go of those that are gone. */
  refreshSegments(): void {
    for (let number = 1; number < this.segments.length; number += 1) {
      const entry = readDataSegmentEntry(this.#service, this.row, number);
      const mapped = this.segments[number];
      if (mapped?.incarnation === entry.incarnation) continue;
      if (mapped === undefined && entry.incarnation === 0) continue;
      if (mapped !== undefined) this.#service.dataSegments.release(mapped);
      // Before what may throw: else it would be released once more at the end.
      this.segments[number] = undefined;
      if (entry.incarnation === 0) continue;
      const { dataSegments } = this.#service;
      this.segments[number] = dataSegments.acquire(
        this.publisherId,
        number,
        entry.incarnation,
        entry,
      );
    }
  }

  /** Tells the closed publisher that nothing more is needed from it. */
  noteDrained(): void {
    const { words } = this.#service.segment;
    storeRelease(words, this.#linkWord + LINK_DRAINED_GENERATION_WORD, this.generation);
  }

  /** Takes nothing more from this publisher; the link ends when the held samples are released. */
  poison(): void {
    this.isPoisoned = true;
    this.isClosing = true;
  }

  /** Ends the link. What held samples show stays mapped until the last of them is released. */
  close(): void {
    this.isOver = true;
    if (this.borrowedCount === 0) this.#unmap();
  }

  /** Counts a sample that is released after the end of its link. */
  forgetSample(): void {
    this.borrowedCount -= 1;
    if (this.borrowedCount === 0) this.#unmap();
  }

  #unmap(): void {
    for (const mapped of this.segments) {
      if (mapped !== undefined) this.#service.dataSegments.release(mapped);
    }
    this.segments.fill(undefined);
  }
}
