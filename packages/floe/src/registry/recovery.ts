/**
 * Recovery: what the living do in a service for the dead, whatever its pattern.
 *
 * Everything here runs under the service's control lock and may be done as often as anybody likes:
 * whoever dies over it leaves the same work to the next one. The entry of a dead node goes last,
 * because it is what tells that there is something to do (spec/recovery.md).
 */

import { channel } from "node:diagnostics_channel";
import { loadAcquire, storeRelease } from "#words";
import { FloeError } from "../errors.ts";
import { NODE_ENTRY_NODE_ID_WORD, NODE_ENTRY_STATE_WORD } from "../layout/node-entry.ts";
import { EntryState } from "../layout/values.ts";
import { type Id, readId } from "../memory/id.ts";
import type { OpenService } from "./open-service.ts";
import { activePorts, nodeIdIn, portState, setPortState } from "./port-table.ts";
import { nodeEntryWord, type PortTable, portEntryWord } from "./service-segment.ts";

const nodeRecovered = channel("floe:node:recovered");

/** Tells whether a node is dead. Throws when this process has nothing left to look with. */
export type IsDead = (nodeId: Id) => boolean;

/**
 * Does what the next to change the service does as well, unless it cannot be done now. For whoever
 * has changed the service already: failing after that would leave the change half told.
 */
export function ifPossible(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!FloeError.is(error)) throw error;
  }
}

/** The entries of a table whose nodes are dead, or whose ports were never finished. */
export function leftBehind(
  { segment: { words } }: OpenService,
  table: PortTable,
  isDead: IsDead,
): number[] {
  const indexes: number[] = [];
  for (let index = 0; index < table.entryCount; index += 1) {
    const entryWord = portEntryWord(table, index);
    const state = portState(words, entryWord);
    if (state === EntryState.free) continue;
    // Who holds the lock and finds an entry joining knows that its owner died over it.
    if (state === EntryState.joining || isDead(nodeIdIn(words, entryWord))) indexes.push(index);
  }
  return indexes;
}

/** Frees entries of a table. */
export function freePorts(
  service: OpenService,
  table: PortTable,
  indexes: readonly number[],
): void {
  for (const index of indexes) setPortState(service, table, index, EntryState.free);
}

/**
 * Frees the entries of a node that leaves a service: all its ports have left, but for those that
 * did not find themselves in their entries any more, because somebody had damaged them.
 */
export function freeDisplacedPorts(service: OpenService): void {
  const { words } = service.segment;
  for (const table of service.geometry.portTables) {
    const indexes = activePorts(words, table);
    const isOwn = (index: number): boolean =>
      nodeIdIn(words, portEntryWord(table, index)) === service.node.id;
    freePorts(service, table, indexes.filter(isOwn));
  }
}

/** The places of dead nodes in a service. */
export function deadNodeIndexes(
  { geometry, segment: { words } }: OpenService,
  isDead: IsDead,
): number[] {
  const indexes: number[] = [];
  for (let index = 0; index < geometry.maxNodes; index += 1) {
    const entryWord = nodeEntryWord(geometry, index);
    if (loadAcquire(words, entryWord + NODE_ENTRY_STATE_WORD) === EntryState.free) continue;
    if (isDead(readId(words, entryWord + NODE_ENTRY_NODE_ID_WORD))) indexes.push(index);
  }
  return indexes;
}

/** Frees the places of dead nodes: the last step of recovery. */
export function freeNodes(service: OpenService, indexes: readonly number[]): void {
  const { config, geometry, segment } = service;
  const { words } = segment;
  for (const index of indexes) {
    const entryWord = nodeEntryWord(geometry, index);
    const nodeId = readId(words, entryWord + NODE_ENTRY_NODE_ID_WORD);
    storeRelease(words, entryWord + NODE_ENTRY_STATE_WORD, EntryState.free);
    if (!nodeRecovered.hasSubscribers) continue;
    // Later: the control lock is held now, and whoever is told may want to change the service.
    const message = { nodeId, pattern: config.pattern, service: config.name };
    process.nextTick(() => nodeRecovered.publish(message));
  }
}
