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
import { SERVICE_HEADER_SENDER_TOPOLOGY_WORD } from "../layout/service-header.ts";
import { EntryState } from "../layout/values.ts";
import {
  chunkIndex,
  chunkOffsetBytes,
  chunkSegmentNumber,
  LARGE_CHUNK_BYTES,
} from "../memory/chunk-pools.ts";
import { type Id, randomId } from "../memory/id.ts";
import { corrupt, unsignedLong } from "../memory/segment.ts";
import { isPassing } from "../os/system-error.ts";
import {
  activePorts,
  formerPortDetails,
  newestPort,
  nodeIdIn,
  openPorts,
  type PortDetails,
  type PortPlace,
  portGeneration,
  portIdIn,
  portState,
  signalReceiverChange,
} from "../registry/port-table.ts";
import {
  activeSubscriberGeneration,
  isEjected,
  joinAsSubscriber,
  leaveAsSubscriber,
  publisherEntryWord,
} from "../registry/publish-subscribe-directory.ts";
import { finishDrainedRow, isDrainingState } from "../registry/publish-subscribe-recovery.ts";
import { linkWord } from "../registry/publish-subscribe-segment.ts";
import { Retry } from "../registry/retry.ts";
import type { PublishSubscribeCore } from "../registry/service-core.ts";
import { portEntryWord } from "../registry/service-segment.ts";
import { Doorbell, type DoorbellOwner } from "../wait/doorbell.ts";
import type { WaitDescription } from "../wait/wait-errors.ts";
import type { WaitableCore } from "../wait/waitable.ts";
import { KnownSenders } from "./known-senders.ts";
import { displaced, ejected } from "./port-errors.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { SubscriberLink } from "./subscriber-link.ts";

/** How often an idle poll looks at memory in a way that no compiler may optimise away. */
const IDLE_POLLS_MASK = 63;

/** The receiving port; samples and handles share it by counting. */
export class SubscriberCore implements DoorbellOwner, WaitableCore {
  readonly id: Id = randomId();
  readonly name: string;
  readonly service: PublishSubscribeCore;
  /** On which waits for messages and publishers sleep. */
  readonly doorbell: Doorbell;
  readonly #place: PortPlace;
  readonly #words: Int32Array;
  readonly #borrowedMax: number;
  readonly #payloadOffsetBytes: number;
  readonly #payloadBytesMin: number;
  #links: SubscriberLink[] = [];
  /** Rows of closed publishers that could not be freed at once. */
  readonly #unfinishedRows: Set<number> = new Set();
  readonly #finishing: Retry = new Retry(() => !this.#isOpen || this.#finishRows());
  readonly #recovery: Retry = new Retry(() => !this.#isOpen || this.service.tryRecover());
  /** The generation of the publisher that this subscriber is done with, by row. */
  readonly #finishedGenerations: Map<number, number> = new Map();
  readonly #senders: KnownSenders;
  #deadPublishers: PortDetails[] = [];
  #topologySeen: number;
  #nextLinkIndex = 0;
  #idlePolls = 0;
  #takeCount = 0;
  /** Whether an idle poll has chunks to return, or a closed publisher to let go. */
  #hasReturns = false;
  #isOpen = true;
  /** Why this port, which nobody has closed, receives nothing any more. */
  #ending: "ejected" | "displaced" | undefined;
  #uses = 1;

  /** `payloadBytesMin` is what every payload has at least, because it is read without a look. */
  constructor(service: PublishSubscribeCore, name: string, payloadBytesMin: number) {
    this.service = service.retain();
    this.name = name;
    this.#payloadBytesMin = payloadBytesMin;
    this.doorbell = new Doorbell(service.node, this);
    this.#senders = new KnownSenders(service.node);
    this.#words = service.segment.words;
    this.#borrowedMax = service.geometry.quality.maxBorrowedSamples;
    this.#payloadOffsetBytes = service.geometry.payloadOffsetBytes;
    try {
      const { id } = this;
      this.#place = joinAsSubscriber(service, { id, name, bellToken: this.doorbell.token });
    } catch (error) {
      this.doorbell.close();
      service.release();
      throw error;
    }
    const entryWord = portEntryWord(service.geometry.subscribers, this.#place.index);
    this.doorbell.place(this.#words, entryWord);
    // The number that comes last of all: the first poll looks for publishers.
    this.#topologySeen = (loadAcquire(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD) - 1) | 0;
  }

  /** Number of publishers that this subscriber is connected with. */
  get publisherCount(): number {
    this.refresh();
    return this.#links.filter((link) => !link.isClosing).length;
  }

  /** Number of publishers that are open, whether they have connected already or not. */
  get openPublisherCount(): number {
    return activePorts(this.#words, this.service.geometry.publishers).length;
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

  /**
   * Counts one user less; the last one leaves the service. When that throws (FLOE_LOCK_TIMEOUT),
   * the user is not counted off, and may try again.
   */
  release(): void {
    if (this.#uses > 1) {
      this.#uses -= 1;
      return;
    }
    if (this.#isOpen) {
      leaveAsSubscriber(this.service, this.#place);
      this.#isOpen = false;
      this.doorbell.close();
      this.#finishing.end();
      this.#recovery.end();
      this.#senders.close();
      for (const link of this.#links) link.close();
      this.#links = [];
    }
    this.service.release();
    this.#uses = 0;
  }

  /**
   * Looks whether this port's entry is still its own. If a publisher has ejected it, or somebody
   * has damaged the entry, all links end, into which it must not write any more.
   */
  #lookForEnding(): boolean {
    if (this.#ending !== undefined || !this.#isOpen) return this.#ending !== undefined;
    const { index, generation } = this.#place;
    if (activeSubscriberGeneration(this.service, index) === generation) return false;
    this.#ending = isEjected(this.service, index, generation) ? "ejected" : "displaced";
    for (const link of this.#links) link.close();
    this.#links = [];
    return true;
  }

  #assertNotEnded(): void {
    if (this.#ending === undefined) return;
    const { name } = this.service.config;
    throw this.#ending === "ejected" ? ejected(name) : displaced("subscriber", name);
  }

  /** Looks whether publishers, links or data segments have changed. */
  refresh(): void {
    const topology = loadAcquire(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD);
    if (topology === this.#topologySeen || !this.#isOpen) return;
    this.#topologySeen = topology;
    if (this.#lookForEnding()) return;
    const known = new Map(this.#links.map((link) => [link.row, link]));
    const links: SubscriberLink[] = [];
    let failure: unknown;
    for (let row = 0; row < this.service.geometry.publisherRowCount; row += 1) {
      const link = this.#refreshRow(row, known.get(row));
      if (link === undefined) continue;
      links.push(link);
      try {
        this.#assertOnlyOne(link, known);
        link.refreshSegments();
      } catch (error) {
        failure ??= error;
        // What there was no room for may be mapped later: the next look tries again.
        if (isPassing(error)) this.#topologySeen = ~topology;
        // One damaged publisher must not keep this port from hearing the others.
        else link.poison();
      }
    }
    this.#links = links;
    this.#endDrainedLinks();
    if (failure !== undefined) throw failure;
  }

  /**
   * An id names a publisher's files, so whoever has another's would be taken for it. Who was known
   * before by that id is believed; throws FLOE_SERVICE_CORRUPT for who comes with it later.
   */
  #assertOnlyOne(link: SubscriberLink, known: ReadonlyMap<number, SubscriberLink>): void {
    if (known.get(link.row) === link) return;
    const { service } = this;
    for (let row = 0; row < service.geometry.publisherRowCount; row += 1) {
      if (row === link.row) continue;
      const entryWord = publisherEntryWord(service, row);
      if (portState(this.#words, entryWord) === EntryState.free) continue;
      if (portIdIn(this.#words, entryWord) !== link.publisherId) continue;
      throw corrupt(service.segment.path, "publisher ids", "unlike each other", link.publisherId);
    }
  }

  #refreshRow(row: number, known: SubscriberLink | undefined): SubscriberLink | undefined {
    const { service } = this;
    // The generation first and last: what is read between them belongs to one publisher. That it
    // closes meanwhile does not matter, and must not: a message of it may be in hand.
    const entryWord = publisherEntryWord(service, row);
    const generation = portGeneration(this.#words, entryWord);
    const state = portState(this.#words, entryWord);
    const publisherId = portIdIn(this.#words, entryWord);
    const isThere = state === EntryState.active || isDrainingState(state);
    const serves = isThere && this.#isServed(row);
    if (portGeneration(this.#words, entryWord) !== generation) {
      // The row changed hands between these reads: look at it again at the next poll.
      this.#topologySeen -= 1;
      return known;
    }
    let link = known;
    if (link !== undefined && (!serves || link.generation !== generation)) {
      link.close();
      link = undefined;
    }
    if (!serves || this.#finishedGenerations.get(row) === generation) return link;
    link ??= new SubscriberLink(service, row, this.#place.index, generation, publisherId);
    if (isDrainingState(state) && !link.isClosing) this.#noteGone(row, generation, state);
    link.isClosing = isDrainingState(state) || link.isPoisoned;
    return link;
  }

  #noteGone(row: number, generation: number, state: number): void {
    const { publishers } = this.service.geometry;
    const details = formerPortDetails(this.#words, publishers, row);
    if (details?.generation !== generation) return;
    const hasDied = state === EntryState.orphaned;
    this.#senders.noteGone(details, hasDied ? "died" : "left");
    if (!hasDied) return;
    // What nobody asks for must not pile up.
    const most = this.service.geometry.quality.maxPublishers;
    this.#deadPublishers = [...this.#deadPublishers, details].slice(-most);
  }

  /** Looks which publishers have died, and cleans up after them; tells of each once. */
  findDeadSenders(): PortDetails[] {
    this.checkSenders();
    this.refresh();
    const dead = this.#deadPublishers;
    this.#deadPublishers = [];
    return dead;
  }

  /** Why no message can come any more, if so: nobody sends, and nothing is left to be taken. */
  whyHopeless(wait: WaitDescription): FloeError | undefined {
    const { service } = this;
    const { publishers } = service.geometry;
    const list = (): PortDetails[] => openPorts(service, publishers);
    if (this.#senders.isAnyPresent(this.senderVersion, list)) return undefined;
    // Only now: whatever those had sent who are gone is seen by this look.
    this.refresh();
    if (this.#links.some((link) => !link.isEmpty)) return undefined;
    return this.#senders.missing(wait, "publisher", newestPort(service, publishers));
  }

  /** Whether the publisher of a row has set its link to this subscriber up. */
  #isServed(row: number): boolean {
    const word = linkWord(this.service.geometry, row, this.#place.index);
    // SYNC: acquires the cleared link; pairs with storeRelease in PublisherLink's constructor.
    const served = loadAcquire(this.#words, word + LINK_CONNECTED_GENERATION_WORD);
    return served === this.#place.generation;
  }

  /**
   * Takes the next message of any known publisher and describes it in `message`; false when there
   * is none: the caller then calls {@link idle}, unless it has a message to work on first.
   * Throws FLOE_LINK_POISONED when a publisher wrote nonsense.
   */
  takeNext(message: ReceivedMessage): boolean {
    const links = this.#links;
    for (let turn = 0; turn < links.length; turn += 1) {
      if (this.#nextLinkIndex >= links.length) this.#nextLinkIndex = 0;
      const link = links[this.#nextLinkIndex]!;
      if (link.heldCount < this.#borrowedMax || this.#makeRoom(link)) {
        const descriptor = link.takeDescriptor();
        if (descriptor !== 0) {
          this.#describe(link, descriptor, message);
          return true;
        }
      }
      this.#nextLinkIndex += 1;
    }
    return false;
  }

  /** Tells the publisher what was given back; whether that leaves room for one more message. */
  #makeRoom(link: SubscriberLink): boolean {
    link.publishReturns();
    return link.heldCount < this.#borrowedMax;
  }

  /**
   * Nothing waits on the known links: uses the time to give chunks back and to let closed
   * publishers go, and looks whether there are new links. If so, takes from them as `takeNext`.
   */
  idle(message: ReceivedMessage): boolean {
    this.#idlePolls = (this.#idlePolls + 1) | 0;
    const hasChanged =
      peek(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD) !== this.#topologySeen;
    const isBusy =
      hasChanged ||
      this.#hasReturns ||
      this.#ending !== undefined ||
      (this.#idlePolls & IDLE_POLLS_MASK) === 0;
    return isBusy && this.#useIdleTime(message);
  }

  #useIdleTime(message: ReceivedMessage): boolean {
    const topologySeen = this.#topologySeen;
    this.refresh();
    // Now and then: nobody counts when somebody damages an entry.
    if ((this.#idlePolls & IDLE_POLLS_MASK) === 0) this.#lookForEnding();
    this.#assertNotEnded();
    if (this.#topologySeen !== topologySeen && this.takeNext(message)) return true;
    this.#hasReturns = false;
    this.tidyUp();
    return false;
  }

  /** Changes with the publishers, and with their links and data segments. */
  get senderVersion(): number {
    return loadAcquire(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD);
  }

  /** The nodes of all publishers, those that have closed and have messages left among them. */
  senderNodeIds(): Id[] {
    const nodeIds: Id[] = [];
    for (let row = 0; row < this.service.geometry.publisherRowCount; row += 1) {
      const entryWord = publisherEntryWord(this.service, row);
      const state = portState(this.#words, entryWord);
      const isThere = state === EntryState.active || isDrainingState(state);
      if (isThere) nodeIds.push(nodeIdIn(this.#words, entryWord));
    }
    return nodeIds;
  }

  /** Publishers may have died: their rows are freed when what they had sent is taken. */
  checkSenders(): void {
    this.#recovery.begin();
  }

  /**
   * Whether a message waits or links have changed: asked by a port that has armed its bell and
   * found nothing, so in order with the arming.
   */
  get hasNews(): boolean {
    const topology = loadAcquire(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD);
    if (topology !== this.#topologySeen || this.#lookForEnding()) return true;
    const links = this.#links;
    for (let index = 0; index < links.length; index += 1) {
      if (!links[index]!.isEmpty) return true;
    }
    return false;
  }

  /** Whether a message waits to be taken, see {@link hasNews}, or an ejection to be told. */
  isReady(): boolean {
    this.refresh();
    return (
      this.#ending !== undefined ||
      this.#links.some((link) => link.borrowedCount < this.#borrowedMax && !link.isEmpty)
    );
  }

  /** Uses the time before a sleep: gives chunks back, and lets closed publishers go. */
  tidyUp(): void {
    for (const link of this.#links) {
      if (link.heldCount !== link.borrowedCount) link.publishReturns();
    }
    this.#endDrainedLinks();
  }

  /** Counts the messages that were taken. */
  get takeCount(): number {
    return this.#takeCount;
  }

  /** Which port it is, for messages. */
  get subject(): string {
    return `subscriber of "${this.service.config.name}"`;
  }

  /** Whether no message was taken because too many samples are held. */
  get isBorrowLimitReached(): boolean {
    return this.#links.some((link) => link.borrowedCount >= this.#borrowedMax && !link.isEmpty);
  }

  /** Checks what was taken, finds the chunk, and describes it. */
  #describe(link: SubscriberLink, descriptor: number, message: ReceivedMessage): void {
    this.#takeCount = (this.#takeCount + 1) | 0;
    // Held from here on, else the next look would end a closing link whose last message this is.
    link.borrowedCount += 1;
    link.heldCount += 1;
    // A data segment may have been announced after the last look and before this message.
    if (peek(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD) !== this.#topologySeen) {
      this.#refreshHolding(link, descriptor);
    }
    const mapped = link.segments[chunkSegmentNumber(descriptor)];
    if (mapped === undefined || chunkIndex(descriptor) >= mapped.chunkCount) {
      throw this.#poison(link, "a chunk of an announced data segment", descriptor);
    }
    const offsetBytes = chunkOffsetBytes(mapped, descriptor);
    const headerWord = offsetBytes / 4;
    const { words } = mapped;
    const sequence = smallLong(
      peek(words, headerWord + CHUNK_HEADER_SEQUENCE_WORD),
      peek(words, headerWord + CHUNK_HEADER_SEQUENCE_WORD + 1),
    );
    const payloadBytes = smallLong(
      peek(words, headerWord + CHUNK_HEADER_PAYLOAD_BYTES_WORD),
      peek(words, headerWord + CHUNK_HEADER_PAYLOAD_BYTES_WORD + 1),
    );
    const roomBytes = mapped.chunkStrideBytes - this.#payloadOffsetBytes;
    if (payloadBytes > roomBytes || payloadBytes < this.#payloadBytesMin) {
      throw this.#poison(link, "a payload that fits its chunk and its type", payloadBytes);
    }
    const missed = sequence - link.expectedSequence;
    if (missed < 0) throw this.#poison(link, "messages in order of their numbers", sequence);
    message.missed = missed;
    message.sequence = sequence;
    link.expectedSequence = sequence + 1;
    message.link = link;
    message.mapped = mapped;
    message.descriptor = descriptor;
    message.payloadOffsetBytes = offsetBytes + this.#payloadOffsetBytes;
    message.payloadBytes = payloadBytes;
  }

  /**
   * Looks for changes while a message is in hand. If the look fails, the message is taken once more
   * later; unless it can be read all the same, and the failure may pass: then others tell of it.
   */
  #refreshHolding(link: SubscriberLink, descriptor: number): void {
    try {
      this.refresh();
      this.#assertNotEnded();
    } catch (error) {
      const isReadable = link.segments[chunkSegmentNumber(descriptor)] !== undefined;
      if (isReadable && isPassing(error)) return;
      if (link.isPoisoned || link.isOver) this.giveBack(link, descriptor);
      else this.#setAside(link, descriptor);
      throw error;
    }
  }

  /** Puts a message that was just taken back to the front of its link. */
  #setAside(link: SubscriberLink, descriptor: number): void {
    link.setAside(descriptor);
    link.borrowedCount -= 1;
    link.heldCount -= 1;
    this.#takeCount = (this.#takeCount - 1) | 0;
    // The others have their turn first.
    this.#nextLinkIndex += 1;
  }

  /**
   * Gives a message back. A small chunk returns to its publisher with the next ones or at the next
   * idle poll, so that a batch shares one atomic; a large one returns at the next poll.
   */
  putBack(message: ReceivedMessage): void {
    const { link } = message;
    if (link.isOver) {
      link.forgetSample();
      return;
    }
    link.borrowedCount -= 1;
    link.completion.put(message.descriptor);
    this.#hasReturns = true;
    // Counted as full, so that the next poll tells the publisher first of all.
    if (message.mapped.chunkStrideBytes >= LARGE_CHUNK_BYTES) link.heldCount = this.#borrowedMax;
  }

  /** Gives a message back at once. */
  giveBack(link: SubscriberLink, descriptor: number): void {
    if (link.isOver) {
      link.forgetSample();
      return;
    }
    const wasAtLimit = link.borrowedCount >= this.#borrowedMax;
    link.borrowedCount -= 1;
    link.completion.put(descriptor);
    link.publishReturns();
    if (link.isClosing) this.#endDrainedLinks();
    // Who sleeps because no more may be held has no other news of this.
    if (wasAtLimit && this.doorbell.isAwaited) this.doorbell.ring();
  }

  #poison(link: SubscriberLink, wanted: string, found: number): FloeError {
    link.heldCount -= 1;
    // A link that has ended while the message was in hand goes with it.
    if (link.isOver) link.forgetSample();
    else link.borrowedCount -= 1;
    link.poison();
    this.#endDrainedLinks();
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
    if (this.#unfinishedRows.size > 0) this.#finishing.begin();
  }

  /** Frees the rows of closed publishers; whether all could be freed. */
  #finishRows(): boolean {
    for (const row of this.#unfinishedRows) {
      const finish = (): true => {
        finishDrainedRow(this.service, row);
        return true;
      };
      // Never waits: this may run on the data path. Who holds the lock may finish the row as well.
      const outcome = this.service.tryChange(finish);
      if (outcome !== undefined) this.#unfinishedRows.delete(row);
    }
    return this.#unfinishedRows.size === 0;
  }

  #endLink(link: SubscriberLink): void {
    this.#links = this.#links.filter((other) => other !== link);
    this.#finishedGenerations.set(link.row, link.generation);
    link.noteDrained();
    // An active publisher, whose link was poisoned, must learn that nobody listens any more.
    signalReceiverChange(this.service);
    link.close();
    this.#unfinishedRows.add(link.row);
  }
}

/** The 64-bit number of two halves, quickly when the upper one is 0. */
function smallLong(low: number, high: number): number {
  return high === 0 && low >= 0 ? low : unsignedLong(low, high);
}
