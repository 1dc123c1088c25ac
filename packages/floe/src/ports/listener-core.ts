/**
 * Listener core: the port that is notified.
 *
 * Its counts lie in its own memory, and taking them is all there is to do: no notifier waits for
 * it. While it sleeps in the event loop it watches the nodes of the notifiers, so that the end of
 * one is told at once; whoever notices cleans up, for all.
 */

import { loadAcquire, peek } from "#words";
import type { FloeError } from "../errors.ts";
import { EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD } from "../layout/event-header.ts";
import { PORT_ENTRY_GENERATION_WORD } from "../layout/port-entry.ts";
import { SERVICE_HEADER_SENDER_TOPOLOGY_WORD } from "../layout/service-header.ts";
import { type Id, randomId } from "../memory/id.ts";
import { elapsedMs, monotonicTick } from "../registry/clock.ts";
import { joinAsListener, leaveAsListener } from "../registry/event-directory.ts";
import { addWitness } from "../registry/event-recovery.ts";
import { eventCountsOf } from "../registry/event-segment.ts";
import { announceListenerFifo, ListenerFifo } from "../registry/listener-fifo.ts";
import { listenerFifoPath } from "../registry/node-files.ts";
import {
  activePorts,
  isActivePort,
  newestPort,
  nodeIdIn,
  openPorts,
  type PortDetails,
  type PortPlace,
} from "../registry/port-table.ts";
import { Retry } from "../registry/retry.ts";
import type { EventCore } from "../registry/service-core.ts";
import { portEntryWord } from "../registry/service-segment.ts";
import type { EventCounts } from "../structures/mod.ts";
import type { Words } from "../sync/words.ts";
import { Doorbell, type DoorbellOwner } from "../wait/doorbell.ts";
import type { WaitDescription } from "../wait/wait-errors.ts";
import type { WaitableCore } from "../wait/waitable.ts";
import { KnownSenders } from "./known-senders.ts";
import { displaced } from "./port-errors.ts";

/** How often an idle poll looks at memory in a way that no compiler may optimise away. */
const IDLE_POLLS_MASK = 63;

/** The notified port. */
export class ListenerCore implements DoorbellOwner, WaitableCore {
  readonly id: Id = randomId();
  readonly name: string;
  readonly service: EventCore;
  /** On which waits for notifications sleep. */
  readonly doorbell: Doorbell;
  readonly #place: PortPlace;
  readonly #words: Words;
  readonly #generationWord: number;
  readonly #counts: EventCounts;
  readonly #endWitness: () => void;
  readonly #senders: KnownSenders;
  #deadNotifiers: PortDetails[] = [];
  #fifo: ListenerFifo | undefined;
  readonly #recovery: Retry = new Retry(() => !this.#isOpen || this.service.tryRecover());
  #idlePolls = 0;
  #takeCount = 0;
  #isOpen = true;
  /** Whether somebody has damaged this port's entry: it is told of nothing any more. */
  #isDisplaced = false;

  constructor(service: EventCore, name: string) {
    this.service = service.retain();
    this.name = name;
    this.doorbell = new Doorbell(service.node, this);
    this.#senders = new KnownSenders(service.node);
    this.#words = service.segment.words;
    try {
      const { id } = this;
      this.#place = joinAsListener(service, { id, name, bellToken: this.doorbell.token });
    } catch (error) {
      this.doorbell.close();
      service.release();
      throw error;
    }
    this.#generationWord = this.#entryWord + PORT_ENTRY_GENERATION_WORD;
    this.doorbell.place(this.#words, this.#entryWord);
    this.#counts = eventCountsOf(this.#words, service.geometry, this.#place.index);
    // What nobody asks for must not pile up.
    const most = service.config.limits.maxNotifiers;
    this.#endWitness = addWitness(service, (dead) => {
      for (const details of dead) this.#senders.noteGone(details, "died");
      this.#deadNotifiers = [...this.#deadNotifiers, ...dead].slice(-most);
    });
  }

  get #entryWord(): number {
    return portEntryWord(this.service.geometry.listeners, this.#place.index);
  }

  /**
   * Leaves the service. When that throws (FLOE_LOCK_TIMEOUT), nothing has changed, and it may be
   * tried again.
   */
  release(): void {
    if (this.#isOpen) {
      leaveAsListener(this.service, this.#place);
      this.#isOpen = false;
      this.doorbell.close();
      this.#endWitness();
      this.#recovery.end();
      this.#senders.close();
      this.#fifo?.close();
      this.#fifo = undefined;
    }
    this.service.release();
  }

  /** Which port it is, for messages. */
  get subject(): string {
    return `listener of "${this.service.config.name}"`;
  }

  /** Whether notifications may wait: what a poll asks, again and again. */
  get isHinted(): boolean {
    // A descriptor may be readable although nothing waits, and must not stay so.
    if (this.#counts.isHinted || this.#fifo !== undefined || this.#isDisplaced) return true;
    this.#idlePolls = (this.#idlePolls + 1) | 0;
    return (this.#idlePolls & IDLE_POLLS_MASK) === 0 && this.isReady();
  }

  /**
   * Whether notifications wait, in order with what this thread updated before, or the end of this
   * port's place.
   */
  isReady(): boolean {
    return this.#isOpen && (this.#counts.isPending || this.#lookForEnd());
  }

  /** Whether this port's place is not its own any more. */
  #lookForEnd(): boolean {
    const { listeners } = this.service.geometry;
    this.#isDisplaced ||= !isActivePort(this.#words, listeners, this.#place);
    return this.#isDisplaced;
  }

  /**
   * Hands everything that was counted to `onEvent`; returns the number of ids. Throws
   * FLOE_SERVICE_CORRUPT when the counts may be another's.
   */
  take(onEvent: (eventId: number, count: number) => void): number {
    const generation = peek(this.#words, this.#generationWord);
    if (this.#isDisplaced || generation !== this.#place.generation) {
      this.#isDisplaced = true;
      throw displaced("listener", this.service.config.name);
    }
    // First: what is counted after this look makes the descriptor readable again.
    this.#fifo?.drain();
    const idCount = this.#counts.take(onEvent);
    if (idCount > 0) this.#takeCount = (this.#takeCount + 1) | 0;
    return idCount;
  }

  /** Counts the looks that have found something. */
  get takeCount(): number {
    return this.#takeCount;
  }

  /** A descriptor that is readable while notifications wait; made at the first call. */
  get fileDescriptor(): number {
    if (this.#fifo === undefined) {
      const { node } = this.service;
      const path = listenerFifoPath(node.domain.path, node.id, this.id);
      this.#fifo = new ListenerFifo(path, node.domain.permissions);
      announceListenerFifo(this.#words, this.#entryWord);
      if (this.#counts.isPending) this.#fifo.fill();
    }
    return this.#fifo.fd;
  }

  /** The service's deadline, if it has one. */
  get deadlineMs(): number | undefined {
    return this.service.config.notices.deadline ?? undefined;
  }

  /** Milliseconds since anybody notified last; means something if there is a deadline. */
  elapsedMs(): number {
    const last = loadAcquire(this.#words, EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD);
    return elapsedMs(last, monotonicTick());
  }

  /** Changes with the notifiers. */
  get senderVersion(): number {
    return loadAcquire(this.#words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD);
  }

  /** The nodes of all notifiers. */
  senderNodeIds(): Id[] {
    const { notifiers } = this.service.geometry;
    return activePorts(this.#words, notifiers).map((index) =>
      nodeIdIn(this.#words, portEntryWord(notifiers, index)),
    );
  }

  /** Why nothing can be notified any more, if so: nobody notifies, and nothing waits. */
  whyHopeless(wait: WaitDescription): FloeError | undefined {
    const { service } = this;
    const { notifiers } = service.geometry;
    const list = (): PortDetails[] => openPorts(service, notifiers);
    if (this.#senders.isAnyPresent(this.senderVersion, list)) return undefined;
    // Only now: whatever those have notified who are gone is seen by this look.
    if (this.#counts.isPending) return undefined;
    return this.#senders.missing(wait, "notifier", newestPort(service, notifiers));
  }

  /** A notifier may have died: cleans up, now or soon. */
  checkSenders(): void {
    this.#recovery.begin();
  }

  /** The notifiers that have been found dead since the last call. */
  findDeadSenders(): PortDetails[] {
    this.checkSenders();
    const dead = this.#deadNotifiers;
    this.#deadNotifiers = [];
    return dead;
  }
}
