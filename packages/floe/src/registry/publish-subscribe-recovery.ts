/**
 * Publish-subscribe recovery: what dead nodes have left in a publish-subscribe service.
 *
 * A dead subscriber's place becomes free, and its publishers take back what was under way to it. A
 * dead publisher had sent what lies in its links: its row becomes *orphaned*, and is freed, with
 * its files, when every subscriber that it served has taken what is left. Nothing here touches a
 * link: its two users do that by themselves when they see that the other one is gone.
 */

import { loadAcquire } from "#words";
import { LINK_CONNECTED_GENERATION_WORD, LINK_DRAINED_GENERATION_WORD } from "../layout/link.ts";
import { EntryState } from "../layout/values.ts";
import { dataSegmentPrefix } from "../memory/data-segment.ts";
import { listDirectoryIfPresent, removeFileIfPresent } from "../os/files.ts";
import { ringAll } from "./bells.ts";
import { deathRegister } from "./liveness.ts";
import type { OpenService } from "./open-service.ts";
import {
  activeGeneration,
  activePorts,
  portGeneration,
  portIdIn,
  portState,
  setPortState,
  signalReceiverChange,
  signalSenderChange,
} from "./port-table.ts";
import type { PublishSubscribeConfig } from "./publish-subscribe-config.ts";
import { linkWord, type PublishSubscribeGeometry } from "./publish-subscribe-segment.ts";
import { deadNodeIndexes, freeNodes, freePorts, leftBehind } from "./recovery.ts";
import { portEntryWord } from "./service-segment.ts";

/** A publish-subscribe service whose segment is mapped. */
export type OpenPublishSubscribe = OpenService<PublishSubscribeConfig, PublishSubscribeGeometry>;

/** Whether a publisher's row stays only until its messages have been taken. */
export function isDrainingState(state: number): boolean {
  return state === EntryState.draining || state === EntryState.orphaned;
}

/**
 * Under the control lock: cleans up after dead nodes, and after closed publishers. Throws
 * FLOE_TOO_MANY_FILES or FLOE_OUT_OF_MEMORY, and is to be done again then.
 */
export function recoverPublishSubscribe(service: OpenPublishSubscribe): void {
  const { geometry } = service;
  const isDead = deathRegister(service.node);
  // All looks come first: one that fails has changed nothing.
  const columns = leftBehind(service, geometry.subscribers, isDead);
  const rows = leftBehind(service, geometry.publishers, isDead);
  const nodeIndexes = deadNodeIndexes(service, isDead);
  freePorts(service, geometry.subscribers, columns);
  const orphanCount = orphanRows(service, rows);
  // Whoever is dead may have died between a change and its counting.
  const hasDead = nodeIndexes.length > 0;
  if (columns.length > 0 || hasDead) signalReceiverChange(service);
  for (let row = 0; row < geometry.publisherRowCount; row += 1) finishDrainedRow(service, row);
  if (orphanCount > 0 || hasDead) {
    signalSenderChange(service);
    // Those that sleep take what is left, or let go of it.
    ringAll(service, geometry.subscribers);
  }
  freeNodes(service, nodeIndexes);
}

/** Marks rows that dead publishers have left; returns how many there were. */
function orphanRows(service: OpenPublishSubscribe, rows: readonly number[]): number {
  const { geometry, segment } = service;
  let count = 0;
  for (const row of rows) {
    const state = portState(segment.words, portEntryWord(geometry.publishers, row));
    // Who was joining has connected nobody; who was closing is drained as it is.
    if (isDrainingState(state)) continue;
    const isUsed = state === EntryState.active;
    const next = isUsed ? EntryState.orphaned : EntryState.free;
    setPortState(service, geometry.publishers, row, next);
    if (isUsed) count += 1;
  }
  return count;
}

/** Under the control lock: frees a publisher's row that is drained and that nobody needs. */
export function finishDrainedRow(service: OpenPublishSubscribe, row: number): void {
  const { geometry, segment } = service;
  const { words } = segment;
  const { publishers, subscribers } = geometry;
  const entryWord = portEntryWord(publishers, row);
  if (!isDrainingState(portState(words, entryWord))) return;
  const generation = portGeneration(words, entryWord);
  for (const column of activePorts(words, subscribers)) {
    const word = linkWord(geometry, row, column);
    const served = loadAcquire(words, word + LINK_CONNECTED_GENERATION_WORD);
    if (served !== activeGeneration(words, portEntryWord(subscribers, column))) continue;
    const drained = loadAcquire(words, word + LINK_DRAINED_GENERATION_WORD);
    if (drained !== generation) return;
  }
  const prefix = dataSegmentPrefix(portIdIn(words, entryWord));
  for (const name of listDirectoryIfPresent(service.directory) ?? []) {
    if (name.startsWith(prefix)) removeFileIfPresent(`${service.directory}/${name}`);
  }
  setPortState(service, publishers, row, EntryState.free);
}
