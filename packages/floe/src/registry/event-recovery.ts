/**
 * Event recovery: what dead nodes have left in an event service is freed, and told.
 *
 * Whoever holds the control lock may do it, as often as it likes. The order makes every step safe
 * to die after: first all listeners are told of the dead notifiers and woken, then the entries are
 * freed. So a dead notifier is told of exactly once, unless the one that tells dies over it; then
 * the next one tells again.
 */

import { exchange } from "#words";
import { EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD } from "../layout/event-header.ts";
import { ringAll } from "./bells.ts";
import { monotonicTick } from "./clock.ts";
import type { EventConfig } from "./event-config.ts";
import { type EventGeometry, eventCountsOf } from "./event-segment.ts";
import { hasListenerFifo, listenerFifo } from "./listener-fifo.ts";
import { deathRegister } from "./liveness.ts";
import type { OpenService } from "./open-service.ts";
import {
  activePorts,
  type PortDetails,
  portDetails,
  signalReceiverChange,
  signalSenderChange,
} from "./port-table.ts";
import { deadNodeIndexes, freeNodes, freePorts, leftBehind } from "./recovery.ts";
import { portEntryWord } from "./service-segment.ts";

type OpenEvents = OpenService<EventConfig, EventGeometry>;

/** Is told of the dead notifiers that somebody of its node has found. */
export type Witness = (dead: readonly PortDetails[]) => void;

const witnesses: WeakMap<OpenEvents, Set<Witness>> = new WeakMap();

/** Makes somebody a witness of a service, until the returned function is called. */
export function addWitness(service: OpenEvents, witness: Witness): () => void {
  const present = witnesses.get(service) ?? new Set();
  witnesses.set(service, present.add(witness));
  return () => present.delete(witness);
}

/**
 * Under the control lock: cleans up after dead nodes. Throws FLOE_TOO_MANY_FILES or
 * FLOE_OUT_OF_MEMORY, and is to be done again then.
 */
export function recoverEvents(service: OpenEvents): void {
  const { geometry, segment } = service;
  const isDead = deathRegister(service.node);
  // All looks come first: one that fails has changed nothing.
  const listenerIndexes = leftBehind(service, geometry.listeners, isDead);
  const notifierIndexes = leftBehind(service, geometry.notifiers, isDead);
  const nodeIndexes = deadNodeIndexes(service, isDead);
  if (listenerIndexes.length > 0) {
    freePorts(service, geometry.listeners, listenerIndexes);
    signalReceiverChange(service);
  }
  const deadNotifiers: PortDetails[] = [];
  for (const index of notifierIndexes) {
    // An entry whose port was still joining describes nobody.
    const details = portDetails(segment.words, geometry.notifiers, index);
    if (details !== undefined) deadNotifiers.push(details);
  }
  if (deadNotifiers.length > 0) tellOfDead(service, deadNotifiers.length);
  if (notifierIndexes.length > 0) {
    freePorts(service, geometry.notifiers, notifierIndexes);
    signalSenderChange(service);
    // Who waits only as long as there is a notifier may have none any more.
    ringAll(service, geometry.listeners);
  }
  freeNodes(service, nodeIndexes);
  if (deadNotifiers.length === 0) return;
  for (const witness of witnesses.get(service) ?? []) witness(deadNotifiers);
}

/** Notifies all listeners of so many dead notifiers, if the service does that. */
function tellOfDead(service: OpenEvents, deadCount: number): void {
  const { config, geometry, segment, node } = service;
  const { deadEventId, deadline } = config.notices;
  if (deadEventId === null) return;
  const { words } = segment;
  if (deadline !== null) {
    exchange(words, EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD, monotonicTick());
  }
  const listenerIndexes = activePorts(words, geometry.listeners);
  for (const index of listenerIndexes) {
    const counts = eventCountsOf(words, geometry, index);
    for (let told = 0; told < deadCount; told += 1) counts.add(deadEventId);
  }
  for (const index of listenerIndexes) {
    if (!hasListenerFifo(words, portEntryWord(geometry.listeners, index))) continue;
    const details = portDetails(words, geometry.listeners, index);
    if (details === undefined) continue;
    const fifo = listenerFifo(node.domain.path, details);
    fifo.notify();
    fifo.close();
  }
  ringAll(service, geometry.listeners);
}
