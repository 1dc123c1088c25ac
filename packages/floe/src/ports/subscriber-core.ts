/**
 * Subscriber core: the receiving port without its payload's type.
 *
 * Polling looks at the one slot of each link in which the next message must appear. A message costs
 * one compare-exchange to take and one store to give back, which a batch shares. A closed publisher
 * is listened to until what it had sent is taken, and then released.
 */

import { loadAcquire, peek } from "#words";
import { FloeError } from "../errors.ts";
import {
  CHUNK_HEADER_PAYLOAD_BYTES_WORD,
  CHUNK_HEADER_SEQUENCE_WORD,
} from "../layout/chunk-header.ts";
import { LINK_CONNECTED_GENERATION_WORD } from "../layout/link.ts";
import { SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD } from "../layout/service-header.ts";
import { EntryState } from "../layout/values.ts";
import { chunkIndex, chunkOffsetBytes, chunkSegmentNumber } from "../memory/chunk-pools.ts";
import { type Id, randomId } from "../memory/id.ts";
import { tryWithControlLock } from "../registry/control-lock.ts";
import type { MappedDataSegment } from "../registry/data-segment-cache.ts";
import {
  finishDrainedRow,
  joinAsSubscriber,
  leaveAsSubscriber,
  type PortPlace,
  readPublisherEntry,
  readPublisherId,
} from "../registry/port-directory.ts";
import type { ServiceCore } from "../registry/service-core.ts";
import { linkWord } from "../registry/service-segment.ts";
import { SubscriberLink } from "./subscriber-link.ts";

/** How often an idle poll looks at memory in a way that no compiler may optimise away. */
const IDLE_POLLS_MASK = 63;

/** Chunks of this size or more are given back one by one. */
const EAGER_RETURN_BYTES = 16_384;

/** The receiving port; samples and handles share it by counting. */
export class SubscriberCore {
  readonly id: Id = randomId();
  readonly service: ServiceCore;
  readonly #place: PortPlace;
  readonly #words: Int32Array;
  readonly #borrowedMax: number;
  readonly #payloadOffsetBytes: number;
  #links: SubscriberLink[] = [];
  /** Rows of closed publishers that could not be freed at once. */
  readonly #unfinishedRows: Set<number> = new Set();
  /** The generation of the publisher that this subscriber is done with, by row. */
  readonly #finishedGenerations: Map<number, number> = new Map();
  #topologySeen: number;
  #nextLinkIndex = 0;
  #idlePolls = 0;
  #isOpen = true;
  #uses = 1;

  // What `takeNext` found, kept in fields because it must not allocate.
  /** Link of the message taken last. */
  link!: SubscriberLink;
  /** Descriptor of the message taken last. */
  descriptor = 0;
  /** Data segment of the message taken last. */
  mapped!: MappedDataSegment;
  /** Where the payload of the message taken last begins. */
  payloadOffsetBytes = 0;
  /** Length of the payload taken last. */
  payloadBytes = 0;
  /** Sequence number of the message taken last, modulo 2^32. */
  sequence = 0;
  /** Messages of its publisher that were lost between the message taken last and the one before. */
  missed = 0;

  constructor(service: ServiceCore) {
    this.service = service.retain();
    this.#words = service.segment.words;
    this.#borrowedMax = service.geometry.quality.maxBorrowedSamples;
    this.#payloadOffsetBytes = service.geometry.payloadOffsetBytes;
    try {
      this.#place = joinAsSubscriber(service, this.id);
    } catch (error) {
      service.release();
      throw error;
    }
    this.#topologySeen = 0;
    this.refresh();
  }

  /** Number of publishers that this subscriber is connected with. */
  get publisherCount(): number {
    this.refresh();
    return this.#links.filter((link) => !link.isClosing).length;
  }

  /** Samples held at least of one publisher before a further take is refused. */
  get borrowedMax(): number {
    return this.#borrowedMax;
  }

  /** Counts one more user. */
  retain(): this {
    this.#uses += 1;
    return this;
  }

  /** Counts one user less; the last one leaves the service. */
  release(): void {
    this.#uses -= 1;
    if (this.#uses > 0) return;
    this.#isOpen = false;
    try {
      leaveAsSubscriber(this.service, this.#place);
    } finally {
      for (const link of this.#links) link.close();
      this.#links = [];
      this.service.release();
    }
  }

  /** Looks whether publishers, links or data segments have changed. */
  refresh(): void {
    const topology = loadAcquire(this.#words, SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD);
    if (topology === this.#topologySeen || !this.#isOpen) return;
    this.#topologySeen = topology;
    const known = new Map(this.#links.map((link) => [link.row, link]));
    const links: SubscriberLink[] = [];
    for (let row = 0; row < this.service.geometry.publisherRowCount; row += 1) {
      const link = this.#refreshRow(row, known.get(row));
      if (link !== undefined) links.push(link);
    }
    this.#links = links;
    this.#endDrainedLinks();
  }

  #refreshRow(row: number, known: SubscriberLink | undefined): SubscriberLink | undefined {
    const { service } = this;
    const { state, generation } = readPublisherEntry(service, row);
    const isThere = state === EntryState.active || state === EntryState.draining;
    const serves = isThere && this.#isServed(row);
    let link = known;
    if (link !== undefined && (!serves || link.generation !== generation)) {
      link.close();
      link = undefined;
    }
    if (!serves || this.#finishedGenerations.get(row) === generation) return link;
    link ??= new SubscriberLink(
      service,
      row,
      this.#place.index,
      generation,
      readPublisherId(service, row),
    );
    link.isClosing = state === EntryState.draining;
    link.refreshSegments();
    return link;
  }

  /** Whether the publisher of a row has set its link to this subscriber up. */
  #isServed(row: number): boolean {
    const word = linkWord(this.service.geometry, row, this.#place.index);
    // SYNC: acquires the cleared link; pairs with storeRelease in PublisherLink's constructor.
    const served = loadAcquire(this.#words, word + LINK_CONNECTED_GENERATION_WORD);
    return served === this.#place.generation;
  }

  /**
   * Takes the next message of any publisher and leaves it in the fields of this object; false when
   * there is none. Throws FLOE_LINK_POISONED when a publisher wrote nonsense.
   */
  takeNext(): boolean {
    if (peek(this.#words, SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD) !== this.#topologySeen) {
      this.refresh();
    }
    const links = this.#links;
    const linkCount = links.length;
    for (let turn = 0; turn < linkCount; turn += 1) {
      if (this.#nextLinkIndex >= linkCount) this.#nextLinkIndex = 0;
      const link = links[this.#nextLinkIndex]!;
      if (link.borrowedCount < this.#borrowedMax) {
        const descriptor = link.takeDescriptor();
        if (descriptor !== 0) {
          this.#examine(link, descriptor);
          return true;
        }
      }
      this.#nextLinkIndex += 1;
    }
    this.#idle();
    return false;
  }

  #idle(): void {
    for (let index = 0; index < this.#links.length; index += 1) {
      const link = this.#links[index]!;
      if (link.unpublishedCount > 0) this.#publishReturns(link);
    }
    this.#idlePolls += 1;
    if ((this.#idlePolls & IDLE_POLLS_MASK) === 0) {
      this.refresh();
      this.#endDrainedLinks();
    }
  }

  /** Whether no message was taken because too many samples are held. */
  get isBorrowLimitReached(): boolean {
    return this.#links.some((link) => link.borrowedCount >= this.#borrowedMax);
  }

  /** Checks what was taken, and finds the chunk. */
  #examine(link: SubscriberLink, descriptor: number): void {
    // A data segment may have been announced after the last look and before this message.
    if (peek(this.#words, SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD) !== this.#topologySeen) {
      this.refresh();
    }
    const mapped = link.segments[chunkSegmentNumber(descriptor)];
    if (mapped === undefined || chunkIndex(descriptor) >= mapped.chunkCount) {
      throw this.#poison(link, "a chunk of an announced data segment", descriptor);
    }
    const offsetBytes = chunkOffsetBytes(mapped, descriptor);
    const headerWord = offsetBytes / 4;
    const { words } = mapped.segment;
    const sequence = peek(words, headerWord + CHUNK_HEADER_SEQUENCE_WORD);
    const low = peek(words, headerWord + CHUNK_HEADER_PAYLOAD_BYTES_WORD) >>> 0;
    const high = peek(words, headerWord + CHUNK_HEADER_PAYLOAD_BYTES_WORD + 1) >>> 0;
    const payloadBytes = high === 0 ? low : high * 0x1_0000_0000 + low;
    if (payloadBytes > mapped.chunkStrideBytes - this.#payloadOffsetBytes) {
      throw this.#poison(link, "a payload that fits its chunk", payloadBytes);
    }
    const missed = link.hasReceived ? (sequence - link.expectedSequence) >>> 0 : 0;
    link.hasReceived = true;
    link.expectedSequence = (sequence + 1) | 0;
    if (missed >= link.submission.staleGap) this.#discardStale(link);
    link.borrowedCount += 1;
    link.returnsEagerly = mapped.chunkStrideBytes >= EAGER_RETURN_BYTES;
    this.link = link;
    this.descriptor = descriptor;
    this.mapped = mapped;
    this.payloadOffsetBytes = offsetBytes + this.#payloadOffsetBytes;
    this.payloadBytes = payloadBytes;
    this.sequence = sequence >>> 0;
    this.missed = missed;
  }

  /** Clears away what is older than the message taken last, after the tags have wrapped. */
  #discardStale(link: SubscriberLink): void {
    link.pendingDescriptor = link.submission.discardStale((descriptor) => {
      const mapped = link.segments[chunkSegmentNumber(descriptor)];
      if (mapped === undefined || chunkIndex(descriptor) >= mapped.chunkCount) return true;
      const headerWord = chunkOffsetBytes(mapped, descriptor) / 4;
      const sequence = peek(mapped.segment.words, headerWord + CHUNK_HEADER_SEQUENCE_WORD);
      if (((sequence - link.expectedSequence) | 0) >= 0) return true;
      link.completion.put(descriptor);
      return false;
    });
    link.completion.publish();
  }

  /**
   * Gives a message back. A small chunk returns to its publisher with the next ones or at the next
   * idle poll, so that a batch shares one atomic; a large one returns at once, for its memory.
   */
  putBack(link: SubscriberLink, descriptor: number): void {
    link.borrowedCount -= 1;
    link.completion.put(descriptor);
    link.unpublishedCount += 1;
    if (link.returnsEagerly || link.unpublishedCount + link.borrowedCount >= this.#borrowedMax) {
      this.#publishReturns(link);
    }
  }

  /** Gives a message back at once. */
  giveBack(link: SubscriberLink, descriptor: number): void {
    link.borrowedCount -= 1;
    link.completion.put(descriptor);
    this.#publishReturns(link);
    if (link.isClosing) this.#endDrainedLinks();
  }

  #publishReturns(link: SubscriberLink): void {
    link.unpublishedCount = 0;
    link.completion.publish();
  }

  #poison(link: SubscriberLink, wanted: string, found: number): FloeError {
    this.#endLink(link);
    return new FloeError("FLOE_LINK_POISONED", {
      subject: `service "${this.service.config.name}", link from publisher ${link.publisherId}`,
      wanted,
      found: `0x${found.toString(16)}`,
      remedy: "The publisher's process corrupts memory; restart it to connect again.",
    });
  }

  /** Lets closed publishers go whose last message was taken and given back. */
  #endDrainedLinks(): void {
    for (const link of this.#links) {
      if (!link.isClosing || link.borrowedCount > 0 || !link.isEmpty) continue;
      this.#endLink(link);
    }
    for (const row of this.#unfinishedRows) {
      const finish = (): true => {
        finishDrainedRow(this.service, row);
        return true;
      };
      // Never waits: this may run on the data path. Who holds the lock may finish the row as well.
      const outcome = tryWithControlLock(this.service.directory, finish);
      if (outcome !== undefined) this.#unfinishedRows.delete(row);
    }
  }

  #endLink(link: SubscriberLink): void {
    this.#links = this.#links.filter((other) => other !== link);
    this.#finishedGenerations.set(link.row, link.generation);
    link.noteDrained();
    link.close();
    this.#unfinishedRows.add(link.row);
  }
}
