/**
 * Publisher core: the sending port without its payload's type.
 *
 * A message is a chunk: taken from a pool, filled in place, and pushed to every subscriber's link.
 * The publisher alone counts who still holds it. Per message it looks at one word to learn whether
 * subscribers have come or gone, and makes one exchange a link; it makes no system call, and
 * allocates nothing, unless a pool has to grow.
 */

import { channel } from "node:diagnostics_channel";
import { loadAcquire, peek } from "#words";
import { FloeError } from "../errors.ts";
import {
  CHUNK_HEADER_PAYLOAD_BYTES_WORD,
  CHUNK_HEADER_SEQUENCE_WORD,
} from "../layout/chunk-header.ts";
import { SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD } from "../layout/service-header.ts";
import {
  type ChunkPool,
  ChunkPools,
  chunkIndex,
  chunkSegmentNumber,
  type OwnedDataSegment,
} from "../memory/chunk-pools.ts";
import { type Id, randomId } from "../memory/id.ts";
import { unsignedLong } from "../memory/segment.ts";
import { PeerWatch } from "../registry/peer-watch.ts";
import { isActivePort, type PortPlace, signalSenderChange } from "../registry/port-table.ts";
import {
  activeSubscriberGeneration,
  announceDataSegment,
  isEjected,
  joinAsPublisher,
  leaveAsPublisher,
  publisherEntryWord,
  tryEjectSubscriber,
  withdrawDataSegment,
} from "../registry/publish-subscribe-directory.ts";
import { Retry } from "../registry/retry.ts";
import type { PublishSubscribeCore } from "../registry/service-core.ts";
import { isAsleep } from "../structures/mod.ts";
import { Doorbell, type DoorbellOwner } from "../wait/doorbell.ts";
import { displaced } from "./port-errors.ts";
import { PublisherLink } from "./publisher-link.ts";

const linkPoisoned = channel("floe:link:poisoned");
const subscriberEjected = channel("floe:subscriber:ejected");

/** The sending port; loans and handles share it by counting. */
export class PublisherCore implements DoorbellOwner {
  readonly id: Id = randomId();
  readonly name: string;
  readonly service: PublishSubscribeCore;
  /** On which waits for subscribers sleep. */
  readonly doorbell: Doorbell;
  readonly payloadOffsetBytes: number;
  readonly #place: PortPlace;
  readonly #pools: ChunkPools;
  readonly #words: Int32Array;
  readonly #takeBackFrom: (descriptor: number) => void;
  /** After how long a subscriber that takes nothing is ejected; undefined: never. */
  readonly #ejectAfterMs: number | undefined;
  #links: PublisherLink[] = [];
  /** Links of ejected subscribers, which may still read what they had taken. */
  #retiredLinks: PublisherLink[] = [];
  /** Subscribers whose links were given up because they wrote nonsense. */
  readonly #poisonedGenerations: Set<number> = new Set();
  /** The nodes of the subscribers: what one that died had under way must come back. */
  readonly #subscriberNodes: PeerWatch;
  readonly #recovery: Retry = new Retry(() => this.#hasLeft || this.#recoverFromDead());
  #topologySeen: number;
  /** The sequence number of the message sent last, in halves: whole numbers stay cheap that way. */
  #sequenceLow = 0;
  #sequenceHigh = 0;
  #loanCount = 0;
  #hasLeft = false;
  /** Whether somebody has damaged this port's entry: it reaches nobody any more. */
  #isDisplaced = false;
  #uses = 1;

  constructor(service: PublishSubscribeCore, name: string, ejectAfterMs?: number) {
    this.service = service.retain();
    this.name = name;
    this.#ejectAfterMs = ejectAfterMs;
    this.doorbell = new Doorbell(service.node, this);
    this.payloadOffsetBytes = service.geometry.payloadOffsetBytes;
    this.#words = service.segment.words;
    this.#takeBackFrom = (descriptor) => this.#dereference(descriptor);
    try {
      const { id } = this;
      this.#place = joinAsPublisher(service, { id, name, bellToken: this.doorbell.token });
    } catch (error) {
      this.doorbell.close();
      service.release();
      throw error;
    }
    this.doorbell.place(this.#words, publisherEntryWord(service, this.#place.index));
    const row = this.#place.index;
    const { quality } = service.geometry;
    this.#pools = new ChunkPools({
      directory: service.directory,
      publisherId: this.id,
      permissions: service.node.domain.permissions,
      // Few, so that the same ones are used again while caches hold them; more come when needed.
      chunksUsual: quality.bufferSize + quality.maxLoanedSamples + 2,
      announcements: {
        announce: (number, incarnation, geometry) => {
          if (this.#isDisplaced) return;
          announceDataSegment(service, row, number, incarnation, geometry);
        },
        withdraw: (number) => {
          if (!this.#isDisplaced) withdrawDataSegment(service, row, number);
        },
      },
    });
    this.#subscriberNodes = new PeerWatch(service.node.peerLives, () => this.#recovery.begin());
    // The number that comes last of all: the first look finds the subscribers.
    this.#topologySeen = (loadAcquire(this.#words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD) - 1) | 0;
    this.refresh();
  }

  /** Number of subscribers that the next message reaches. */
  get subscriberCount(): number {
    this.refresh();
    return this.#links.length;
  }

  /** Counts one more user. */
  retain(): this {
    this.#uses += 1;
    return this;
  }

  /**
   * Counts one user less; the last one leaves the service. When that throws (FLOE_LOCK_TIMEOUT),
   * the user is not counted off, and may try again.
   */
  release(): void {
    if (this.#uses > 1) {
      this.#uses -= 1;
      return;
    }
    if (!this.#hasLeft) {
      leaveAsPublisher(this.service, this.#place);
      this.#hasLeft = true;
      this.doorbell.close();
      this.#subscriberNodes.close();
      this.#recovery.end();
      for (const link of this.#links) link.ringer.close();
      this.#links = [];
      this.#pools.close();
    }
    this.service.release();
    this.#uses = 0;
  }

  /** Looks whether subscribers have come or gone. */
  refresh(): void {
    const topology = loadAcquire(this.#words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD);
    if (topology === this.#topologySeen || this.#isDisplaced) return;
    this.#topologySeen = topology;
    const { service } = this;
    const { publishers } = service.geometry;
    if (!isActivePort(this.#words, publishers, this.#place)) {
      this.#endDisplaced();
      return;
    }
    this.#reclaimRetired();
    const known = new Map(this.#links.map((link) => [link.column, link]));
    const links: PublisherLink[] = [];
    const connected: PublisherLink[] = [];
    for (let column = 0; column < service.geometry.quality.maxSubscribers; column += 1) {
      const generation = activeSubscriberGeneration(service, column);
      const link = known.get(column);
      if (link?.generation === generation && !link.isGivenUp(this.#place.generation)) {
        links.push(link);
        continue;
      }
      if (link?.generation === generation) this.#poisonedGenerations.add(generation);
      if (link !== undefined) this.#end(link);
      if (generation === 0 || this.#poisonedGenerations.has(generation)) continue;
      const firstSequence = unsignedLong(this.#sequenceLow, this.#sequenceHigh) + 1;
      const made = new PublisherLink(service, this.#place.index, column, generation, firstSequence);
      links.push(made);
      connected.push(made);
    }
    this.#links = links;
    if (connected.length > 0) {
      signalSenderChange(service);
      // A subscriber that sleeps then knows its publishers, and watches their nodes.
      for (const link of connected) link.ringer.ring();
    }
    const nodeIds = new Set(links.map((link) => link.ringer.nodeId));
    if (this.#subscriberNodes.set(nodeIds)) this.#recovery.begin();
  }

  /**
   * Somebody has damaged this port's entry. Its row may be another's by now, so nothing is written
   * there any more.
   */
  #endDisplaced(): void {
    this.#isDisplaced = true;
    for (const link of this.#links) link.ringer.close();
    this.#links = [];
    process.emitWarning(displaced("publisher", this.service.config.name));
  }

  /** Ends a link that its subscriber does not use any more, or is not to use any more. */
  #end(link: PublisherLink): void {
    if (isEjected(this.service, link.column, link.generation)) {
      link.retire(this.#takeBackFrom);
      this.#retiredLinks.push(link);
    } else {
      link.disconnect(this.#takeBackFrom);
    }
  }

  /** Takes back what ejected subscribers had taken, once they are gone. */
  #reclaimRetired(): void {
    if (this.#retiredLinks.length === 0) return;
    this.#retiredLinks = this.#retiredLinks.filter((link) => {
      if (isEjected(this.service, link.column, link.generation)) return true;
      link.reclaim(this.#takeBackFrom);
      return false;
    });
  }

  /**
   * Ejects a subscriber that takes nothing, if that is possible in this moment: the message has
   * gone, and that somebody changes the service, or no descriptor is left, must not undo it.
   */
  #eject(link: PublisherLink): void {
    const subscriber = this.#tryEject(link);
    if (subscriber === undefined || subscriber === "gone") return;
    link.ringer.ring();
    this.refresh();
    if (!subscriberEjected.hasSubscribers) return;
    const service = this.service.config.name;
    subscriberEjected.publish({ service, subscriber, publisherId: this.id });
  }

  #tryEject(link: PublisherLink): ReturnType<typeof tryEjectSubscriber> {
    try {
      return tryEjectSubscriber(this.service, link.column, link.generation);
    } catch (error) {
      if (FloeError.is(error)) return undefined;
      throw error;
    }
  }

  /** Frees the places of the dead, and takes back what was under way to them. */
  #recoverFromDead(): boolean {
    if (!this.service.tryRecover()) return false;
    this.refresh();
    return true;
  }

  /** Nobody is watched: subscribers wake this port by joining, in one step. */
  get senderVersion(): number {
    return 0;
  }

  /** The nodes of subscribers do not wake publishers but by joining: nobody is watched. */
  senderNodeIds(): Id[] {
    return [];
  }

  /** The pool for payloads of a length. */
  poolFor(payloadBytes: number): ChunkPool {
    return this.#pools.poolFor(this.payloadOffsetBytes + payloadBytes);
  }

  /** The data segment of a chunk. */
  segmentOf(descriptor: number): OwnedDataSegment {
    return this.#pools.segments[chunkSegmentNumber(descriptor)]!;
  }

  /** Takes a free chunk. Throws FLOE_OUT_OF_MEMORY when the pool would have to grow and cannot. */
  acquire(pool: ChunkPool): number {
    const descriptor = pool.take();
    return descriptor !== 0 ? descriptor : this.#acquireMore(pool);
  }

  #acquireMore(pool: ChunkPool): number {
    this.refresh();
    let descriptor = this.collectFor(pool);
    if (descriptor !== 0) return descriptor;
    // Before memory is made: perhaps somebody who died holds some, and nobody has noticed yet.
    if (this.#links.length > 0 && this.#recoverFromDead()) descriptor = pool.take();
    if (descriptor !== 0) return descriptor;
    // Else the new file would lie in the directory of another service of the name.
    this.service.checkPresent();
    this.#pools.grow(pool);
    return pool.take();
  }

  /** Collects what has been given back, and takes a free chunk; returns 0 when there is none. */
  collectFor(pool: ChunkPool): number {
    this.#collectAll();
    return pool.take();
  }

  /** Takes a free chunk for a loan, or returns 0 when there are as many loans as there may be. */
  acquireLoan(pool: ChunkPool): number {
    if (this.#loanCount >= this.service.geometry.quality.maxLoanedSamples) return 0;
    const descriptor = this.acquire(pool);
    this.#loanCount += 1;
    return descriptor;
  }

  /** Ends a loan that {@link acquireLoan} began. */
  endLoan(): void {
    this.#loanCount -= 1;
  }

  /** Puts a chunk back that was not sent. */
  giveBack(descriptor: number): void {
    this.#pools.free(descriptor);
  }

  /** Writes the length of the payload into the header of a chunk that begins at `offsetBytes`. */
  writeLength(owned: OwnedDataSegment, offsetBytes: number, payloadBytes: number): void {
    const { words } = owned;
    const headerWord = offsetBytes / 4;
    words[headerWord + CHUNK_HEADER_PAYLOAD_BYTES_WORD] = payloadBytes;
    words[headerWord + CHUNK_HEADER_PAYLOAD_BYTES_WORD + 1] =
      payloadBytes <= 0xffff_ffff ? 0 : payloadBytes / 0x1_0000_0000;
  }

  /**
   * Sends a filled chunk, which begins at `offsetBytes` of its segment and whose length is written,
   * to all subscribers; returns how many there were.
   */
  send(owned: OwnedDataSegment, descriptor: number, offsetBytes: number): number {
    if (peek(this.#words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD) !== this.#topologySeen) {
      this.refresh();
    }
    this.#sequenceLow = (this.#sequenceLow + 1) | 0;
    if (this.#sequenceLow === 0) this.#sequenceHigh += 1;
    const { words } = owned;
    const headerWord = offsetBytes / 4;
    words[headerWord + CHUNK_HEADER_SEQUENCE_WORD] = this.#sequenceLow;
    words[headerWord + CHUNK_HEADER_SEQUENCE_WORD + 1] = this.#sequenceHigh;
    const links = this.#links;
    const linkCount = links.length;
    if (linkCount === 0) {
      owned.pool.put(descriptor);
      return 0;
    }
    owned.references[chunkIndex(descriptor)] = linkCount;
    let reached = 0;
    let hasSleepers = false;
    let stalled: PublisherLink | undefined;
    for (let index = 0; index < linkCount; index += 1) {
      const link = links[index]!;
      if (link.isSaturated && !this.#collect(link)) {
        this.#dereference(descriptor);
        continue;
      }
      const displaced = link.push(owned, descriptor);
      // SYNC: after the exchange of the push; pairs with the arming of the bell in Doorbell.
      if (isAsleep(this.#words, link.ringer.bellWordIndex)) hasSleepers = true;
      if (displaced !== 0) {
        this.#takeBack(link, displaced);
        const limitMs = this.#ejectAfterMs;
        if (limitMs !== undefined && link.hasStalled(this.#sequenceLow, limitMs)) stalled = link;
      }
      reached += 1;
    }
    if (stalled !== undefined) this.#eject(stalled);
    // Ringing takes a system call, so everybody gets the message first.
    if (hasSleepers) this.#ringSleepers();
    // After the message has gone: what large messages have left is used again first.
    if (owned.pool.isLarge) this.#collectAll();
    return reached;
  }

  #ringSleepers(): void {
    for (const link of this.#links) link.ringer.ring();
  }

  #dereference(descriptor: number): void {
    const owned = this.segmentOf(descriptor);
    const index = chunkIndex(descriptor);
    const count = owned.references[index]! - 1;
    owned.references[index] = count;
    if (count === 0) owned.pool.put(descriptor);
  }

  #takeBack(link: PublisherLink, descriptor: number): boolean {
    if (!link.noteReturn(descriptor)) {
      this.#poison(link, "chunk descriptor under way", `0x${descriptor.toString(16)}`);
      return false;
    }
    this.#dereference(descriptor);
    return true;
  }

  #collectAll(): void {
    const links = this.#links;
    for (let index = 0; index < links.length; index += 1) this.#collect(links[index]!);
  }

  /** Collects what a subscriber has given back; false when the link cannot be sent to. */
  #collect(link: PublisherLink): boolean {
    const count = link.refreshReturned();
    if (count === -1) {
      this.#poison(link, "completion tail within the queue", "one beyond it");
      return false;
    }
    for (let taken = 0; taken < count; taken += 1) {
      if (!this.#takeBack(link, link.nextReturned())) return false;
    }
    if (link.isSaturated) {
      this.#poison(link, "samples given back within the limits", "more held than allowed");
      return false;
    }
    return true;
  }

  /** Gives a link up whose subscriber wrote nonsense: its chunks return, the others go on. */
  #poison(link: PublisherLink, wanted: string, found: string): void {
    if (!this.#links.includes(link)) return;
    this.#poisonedGenerations.add(link.generation);
    this.#links = this.#links.filter((other) => other !== link);
    link.disconnect(this.#takeBackFrom);
    signalSenderChange(this.service);
    const error = new FloeError("FLOE_LINK_POISONED", {
      subject: `service "${this.service.config.name}", link to subscriber ${link.column}`,
      wanted,
      found,
      remedy: "The subscriber's process corrupts memory; restart it to connect again.",
    });
    if (linkPoisoned.hasSubscribers) linkPoisoned.publish({ error });
    process.emitWarning(error);
  }
}
