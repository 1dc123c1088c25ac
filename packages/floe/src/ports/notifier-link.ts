/**
 * Notifier link: a notifier's way to one listener.
 */

import { Ringer } from "../registry/bells.ts";
import { eventCountsOf } from "../registry/event-segment.ts";
import { hasListenerFifo, type ListenerFifoBell, listenerFifo } from "../registry/listener-fifo.ts";
import type { PortDetails } from "../registry/port-table.ts";
import type { EventCore } from "../registry/service-core.ts";
import { portEntryWord } from "../registry/service-segment.ts";
import { type EventCounts, isAsleep } from "../structures/mod.ts";
import type { Words } from "../sync/words.ts";

/** A notifier's connection with one listener. */
export class NotifierLink {
  readonly listener: PortDetails;
  readonly #words: Words;
  readonly #entryWord: number;
  readonly #counts: EventCounts;
  readonly #ringer: Ringer;
  readonly #fifo: ListenerFifoBell;

  constructor(service: EventCore, listener: PortDetails) {
    const { geometry, segment, node } = service;
    this.listener = listener;
    this.#words = segment.words;
    this.#entryWord = portEntryWord(geometry.listeners, listener.index);
    this.#counts = eventCountsOf(segment.words, geometry, listener.index);
    this.#ringer = new Ringer(service, this.#entryWord, listener.generation);
    this.#fifo = listenerFifo(node.domain.path, listener);
  }

  /** Counts an event; true when the listener then has to be told by {@link wake}. */
  count(eventId: number): boolean {
    this.#counts.add(eventId);
    // SYNC: after the update of the count; pairs with the arming of the bell in Doorbell.
    if (isAsleep(this.#words, this.#ringer.bellWordIndex)) return true;
    return hasListenerFifo(this.#words, this.#entryWord);
  }

  /** Wakes the listener if it sleeps, and makes its descriptor readable if it has one. */
  wake(): void {
    if (hasListenerFifo(this.#words, this.#entryWord)) this.#fifo.notify();
    this.#ringer.ring();
  }

  /** Closes descriptors. */
  close(): void {
    this.#ringer.close();
    this.#fifo.close();
  }
}
