/**
 * Notifier core: the port that notifies.
 *
 * A notification is counted in each listener's own memory, so it is never lost and never waits for
 * anybody. Per notification the port looks at one word to learn whether listeners have come or
 * gone, and makes one or two atomic updates a listener. It makes a system call only for listeners
 * that sleep or have a descriptor, after all have been counted.
 */

import { channel } from "node:diagnostics_channel";
import { exchange, loadAcquire, peek } from "#words";
import { EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD } from "../layout/event-header.ts";
import { SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD } from "../layout/service-header.ts";
import { type Id, randomId } from "../memory/id.ts";
import { elapsedMs, monotonicTick } from "../registry/clock.ts";
import { joinAsNotifier, leaveAsNotifier } from "../registry/event-directory.ts";
import { openPorts, type PortDetails, type PortPlace } from "../registry/port-table.ts";
import type { EventCore } from "../registry/service-core.ts";
import { portEntryWord } from "../registry/service-segment.ts";
import type { Words } from "../sync/words.ts";
import { Doorbell, type DoorbellOwner } from "../wait/doorbell.ts";
import { NotifierLink } from "./notifier-link.ts";

const deadlineMissed = channel("floe:deadline:missed");

/** The notifying port. */
export class NotifierCore implements DoorbellOwner {
  readonly id: Id = randomId();
  readonly name: string;
  readonly service: EventCore;
  /** On which waits for listeners sleep. */
  readonly doorbell: Doorbell;
  readonly #place: PortPlace;
  readonly #words: Words;
  readonly #skipsOwnNode: boolean;
  readonly #deadlineMs: number;
  #links: NotifierLink[] = [];
  /** The links that a notification goes to. */
  #reached: NotifierLink[] = [];
  #topologySeen: number;
  #lastElapsedMs = -1;
  #missedDeadlineCount = 0;
  #hasTold = false;
  #isOpen = true;

  constructor(service: EventCore, name: string, skipsOwnNode: boolean) {
    this.service = service.retain();
    this.name = name;
    this.doorbell = new Doorbell(service.node, this);
    this.#words = service.segment.words;
    this.#skipsOwnNode = skipsOwnNode;
    this.#deadlineMs = service.config.notices.deadline ?? Number.POSITIVE_INFINITY;
    // The number that comes last of all: the first look finds the listeners.
    this.#topologySeen = (loadAcquire(this.#words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD) - 1) | 0;
    try {
      const { id } = this;
      this.#place = joinAsNotifier(service, { id, name, bellToken: this.doorbell.token });
    } catch (error) {
      this.doorbell.close();
      service.release();
      throw error;
    }
    const entryWord = portEntryWord(service.geometry.notifiers, this.#place.index);
    this.doorbell.place(this.#words, entryWord);
    const { createdEventId } = service.config.notices;
    if (createdEventId !== null) this.notify(createdEventId);
  }

  /**
   * Tells of it and leaves the service. When that throws (FLOE_LOCK_TIMEOUT), the port is still
   * there, and it may be tried again.
   */
  release(): void {
    if (this.#isOpen) {
      const { droppedEventId } = this.service.config.notices;
      const mustTell = !this.#hasTold;
      this.#hasTold = true;
      if (droppedEventId !== null && mustTell) this.notify(droppedEventId);
      leaveAsNotifier(this.service, this.#place);
      this.#isOpen = false;
      this.doorbell.close();
      for (const link of this.#links) link.close();
      this.#links = [];
      this.#reached = [];
    }
    this.service.release();
  }

  /** Nobody is watched: listeners wake this port by joining, in one step. */
  get senderVersion(): number {
    return 0;
  }

  /** The listeners of other nodes do not wake notifiers but by joining: nobody is watched. */
  senderNodeIds(): Id[] {
    return [];
  }

  /** The listeners that a notification reaches. */
  listeners(): PortDetails[] {
    this.#refresh();
    return this.#reached.map((link) => link.listener);
  }

  /** Number of listeners that a notification reaches. */
  get listenerCount(): number {
    this.#refresh();
    return this.#reached.length;
  }

  /** Notifications of this port that came later than the deadline allows. */
  get missedDeadlineCount(): number {
    return this.#missedDeadlineCount;
  }

  /** Milliseconds between this port's last notification and anybody's before; -1: unknown. */
  get lastElapsedMs(): number {
    return this.#lastElapsedMs;
  }

  /** Looks whether listeners have come or gone. */
  #refresh(): void {
    const topology = loadAcquire(this.#words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD);
    if (topology === this.#topologySeen || !this.#isOpen) return;
    this.#topologySeen = topology;
    const { service } = this;
    // By place, and not by generation: that of two entries may be made equal by a damaged one.
    const known = new Map(this.#links.map((link) => [link.listener.index, link]));
    this.#links = openPorts(service, service.geometry.listeners).map((listener) => {
      const link = known.get(listener.index);
      if (link?.listener.generation !== listener.generation) {
        return new NotifierLink(service, listener);
      }
      known.delete(listener.index);
      return link;
    });
    for (const link of known.values()) link.close();
    this.#reached = this.#links.filter(
      ({ listener }) => !this.#skipsOwnNode || listener.nodeId !== service.node.id,
    );
  }

  /** Notifies all listeners of an event id, which must be valid; returns how many there were. */
  notify(eventId: number): number {
    // Without listeners no update follows, and a compiler might look only once.
    const hasChanged =
      this.#reached.length === 0 ||
      peek(this.#words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD) !== this.#topologySeen;
    if (hasChanged) this.#refresh();
    // First: who is woken by this sees that it came.
    const elapsed = this.#noteTime();
    const links = this.#reached;
    let mustWake = false;
    for (let index = 0; index < links.length; index += 1) {
      if (links[index]!.count(eventId)) mustWake = true;
    }
    // Waking takes a system call, so everybody is counted first.
    if (mustWake) for (let index = 0; index < links.length; index += 1) links[index]!.wake();
    if (elapsed > this.#deadlineMs) this.#noteLate(elapsed);
    return links.length;
  }

  /** Notifies one listener of an event id, which must be valid; false when it is gone. */
  notifyListener(listener: PortDetails, eventId: number): boolean {
    this.#refresh();
    const { generation, id } = listener;
    const link = this.#links.find(
      (other) => other.listener.generation === generation && other.listener.id === id,
    );
    if (link === undefined) return false;
    const elapsed = this.#noteTime();
    if (link.count(eventId)) link.wake();
    if (elapsed > this.#deadlineMs) this.#noteLate(elapsed);
    return true;
  }

  /** Notes that somebody notifies now; returns how long nobody has, if there is a deadline. */
  #noteTime(): number {
    if (this.#deadlineMs === Number.POSITIVE_INFINITY) return 0;
    const tick = monotonicTick();
    const previous = exchange(this.#words, EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD, tick);
    this.#lastElapsedMs = elapsedMs(previous, tick);
    return this.#lastElapsedMs;
  }

  #noteLate(elapsed: number): void {
    this.#missedDeadlineCount += 1;
    if (!deadlineMissed.hasSubscribers) return;
    const { name } = this.service.config;
    const deadlineMs = this.#deadlineMs;
    deadlineMissed.publish({ service: name, notifierId: this.id, elapsedMs: elapsed, deadlineMs });
  }
}
