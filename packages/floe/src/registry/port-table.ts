/**
 * Port table: the entries of publishers, subscribers, notifiers and listeners, which are alike.
 *
 * Every change runs under the service's control lock. An entry is filled in before its state says
 * so; whoever is killed between two steps leaves an entry that is free, complete, or marked as
 * joining, which the next holder of the lock may treat as free.
 */

import { fetchAdd, loadAcquire, storeRelease } from "#words";
import { FloeError } from "../errors.ts";
import {
  PORT_ENTRY_BELL_TOKEN_WORD,
  PORT_ENTRY_BELL_WORD,
  PORT_ENTRY_DESCRIPTOR_BELL_WORD,
  PORT_ENTRY_GENERATION_WORD,
  PORT_ENTRY_NAME_BYTES_WORD,
  PORT_ENTRY_NAME_WORD,
  PORT_ENTRY_NODE_ID_WORD,
  PORT_ENTRY_PORT_ID_WORD,
  PORT_ENTRY_STATE_WORD,
} from "../layout/port-entry.ts";
import {
  SERVICE_HEADER_GENERATION_WORD,
  SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD,
  SERVICE_HEADER_SENDER_TOPOLOGY_WORD,
} from "../layout/service-header.ts";
import { Bell, EntryState } from "../layout/values.ts";
import { type Id, readId, writeId } from "../memory/id.ts";
import type { Words } from "../sync/words.ts";
import type { OpenService } from "./open-service.ts";
import { type PortTable, portEntryWord } from "./service-segment.ts";

/** Longest name of a port, in bytes. */
export const PORT_NAME_BYTES_MAX = 64;

/** What to do when there are as many ports as there may be. */
export const CLOSE_ONE = "Close one";

const ID_WORDS = 4;

/** What a port brings along when it joins. */
export interface PortIdentity {
  readonly id: Id;
  /** A name for people, at most 64 bytes; "" for none. */
  readonly name: string;
  /** What is written into the node's FIFO to ring this port. */
  readonly bellToken: number;
}

/** A port's place in its table. */
export interface PortPlace {
  /** Row of a publisher, column of a subscriber, index of a notifier or listener. */
  readonly index: number;
  /** Distinguishes the port from earlier ones in the same place; never 0. */
  readonly generation: number;
}

/** A port as others see it. */
export interface PortDetails extends PortPlace {
  /** Who it is; equal to the `id` of the port itself. */
  readonly id: Id;
  /** The node that made it; equal to that node's `id`. */
  readonly nodeId: Id;
  /** The name given at its creation; "" for none. */
  readonly name: string;
}

/** Reads the state of the port in an entry. */
export function portState(words: Words, entryWord: number): number {
  return loadAcquire(words, entryWord + PORT_ENTRY_STATE_WORD);
}

/** Reads which port stands in an entry. */
export function portGeneration(words: Words, entryWord: number): number {
  return loadAcquire(words, entryWord + PORT_ENTRY_GENERATION_WORD);
}

/** The generation of the active port in an entry, or 0 when there is none. */
export function activeGeneration(words: Words, entryWord: number): number {
  if (portState(words, entryWord) !== EntryState.active) return 0;
  return portGeneration(words, entryWord);
}

/** The id of the port in an entry. */
export function portIdIn(words: Words, entryWord: number): Id {
  return readId(loadWords(words, entryWord + PORT_ENTRY_PORT_ID_WORD, ID_WORDS), 0);
}

/** The id of the node to which the port in an entry belongs. */
export function nodeIdIn(words: Words, entryWord: number): Id {
  return readId(loadWords(words, entryWord + PORT_ENTRY_NODE_ID_WORD, ID_WORDS), 0);
}

/** What rings the port in an entry, for its node's FIFO. */
export function bellTokenIn(words: Words, entryWord: number): number {
  return loadAcquire(words, entryWord + PORT_ENTRY_BELL_TOKEN_WORD);
}

/**
 * Reads words that are only right together with the generation that is looked at around them: each
 * by an acquire, so that the second look at the generation comes after all of them.
 */
function loadWords(words: Words, firstWord: number, count: number): Words {
  const copy = new Int32Array(count);
  for (let index = 0; index < count; index += 1)
    copy[index] = loadAcquire(words, firstWord + index);
  return copy;
}

/** Writes such words: each by a release, so that none is seen before the generation goes. */
function storeWords(words: Words, firstWord: number, values: Words): void {
  for (const [index, value] of values.entries()) storeRelease(words, firstWord + index, value);
}

function storeId(words: Words, firstWord: number, id: Id): void {
  const values = new Int32Array(ID_WORDS);
  writeId(values, 0, id);
  storeWords(words, firstWord, values);
}

/** The indexes of a table's active ports. */
export function activePorts(words: Words, table: PortTable): number[] {
  const indexes: number[] = [];
  for (let index = 0; index < table.entryCount; index += 1) {
    if (activeGeneration(words, portEntryWord(table, index)) !== 0) indexes.push(index);
  }
  return indexes;
}

/** What a table says about a port; undefined when it is not, or no longer, active. */
export function portDetails(
  words: Words,
  table: PortTable,
  index: number,
): PortDetails | undefined {
  const entryWord = portEntryWord(table, index);
  const generation = activeGeneration(words, entryWord);
  if (generation === 0) return undefined;
  const details: PortDetails = { index, generation, ...readDetails(words, entryWord) };
  // What was read between two looks at the generation belongs to one port.
  return activeGeneration(words, entryWord) === generation ? details : undefined;
}

/**
 * What a table says about the port that stands in an entry, or was the last to do so; undefined
 * when there was none, or another is taking its place.
 */
export function formerPortDetails(
  words: Words,
  table: PortTable,
  index: number,
): PortDetails | undefined {
  const entryWord = portEntryWord(table, index);
  const generation = portGeneration(words, entryWord);
  if (generation === 0) return undefined;
  const details = { index, generation, ...readDetails(words, entryWord) };
  return portGeneration(words, entryWord) === generation ? details : undefined;
}

/** The port that has joined last of those in a table that are, or were, in its entries. */
export function newestPort(service: OpenService, table: PortTable): PortDetails | undefined {
  let newest: PortDetails | undefined;
  for (let index = 0; index < table.entryCount; index += 1) {
    const details = formerPortDetails(service.segment.words, table, index);
    if (details !== undefined && isNewer(details, newest)) newest = details;
  }
  return newest;
}

/** Whether a port has joined after another one of its service. */
export function isNewer(one: PortPlace, other: PortPlace | undefined): boolean {
  // Generations are counted modulo 2^32.
  return other === undefined || ((one.generation - other.generation) | 0) > 0;
}

function readDetails(words: Words, entryWord: number): Omit<PortDetails, keyof PortPlace> {
  return {
    id: portIdIn(words, entryWord),
    nodeId: nodeIdIn(words, entryWord),
    name: readName(words, entryWord),
  };
}

function readName(words: Words, entryWord: number): string {
  const lengthBytes = loadAcquire(words, entryWord + PORT_ENTRY_NAME_BYTES_WORD) >>> 0;
  const copy = loadWords(words, entryWord + PORT_ENTRY_NAME_WORD, PORT_NAME_BYTES_MAX / 4);
  const bytes = new Uint8Array(copy.buffer, 0, Math.min(lengthBytes, PORT_NAME_BYTES_MAX));
  return new TextDecoder().decode(bytes);
}

function storeName(words: Words, entryWord: number, name: string): void {
  const values = new Int32Array(PORT_NAME_BYTES_MAX / 4);
  const bytes = new TextEncoder().encode(name);
  new Uint8Array(values.buffer).set(bytes);
  storeWords(words, entryWord + PORT_ENTRY_NAME_WORD, values);
  storeRelease(words, entryWord + PORT_ENTRY_NAME_BYTES_WORD, bytes.length);
}

/** The ports of a table that are open now. */
export function openPorts(service: OpenService, table: PortTable): PortDetails[] {
  const open: PortDetails[] = [];
  for (let index = 0; index < table.entryCount; index += 1) {
    const details = portDetails(service.segment.words, table, index);
    if (details !== undefined) open.push(details);
  }
  return open;
}

/** The name for a port, checked. Throws FLOE_NAME_INVALID. */
export function checkedPortName(name: string | undefined): string {
  const lengthBytes = Buffer.byteLength(name ?? "");
  if (lengthBytes <= PORT_NAME_BYTES_MAX) return name ?? "";
  throw new FloeError("FLOE_NAME_INVALID", {
    subject: "port name",
    wanted: `at most ${PORT_NAME_BYTES_MAX} bytes`,
    found: `${lengthBytes} bytes`,
    remedy: "Choose a shorter name.",
  });
}

/**
 * Under the control lock: the next number for a port of the service. Should the counter have been
 * set back, a number that stands in the port's table is passed over: who knew its former owner
 * would take the new port for it.
 */
function nextGeneration(words: Words, table: PortTable): number {
  const taken = new Set([0]);
  for (let index = 0; index < table.entryCount; index += 1) {
    taken.add(portGeneration(words, portEntryWord(table, index)));
  }
  let generation = loadAcquire(words, SERVICE_HEADER_GENERATION_WORD);
  do generation = (generation + 1) | 0;
  while (taken.has(generation));
  storeRelease(words, SERVICE_HEADER_GENERATION_WORD, generation);
  return generation;
}

/**
 * Under the control lock: fills a free entry in. `prepare` does what else must be done before the
 * port may be seen.
 */
export function enterPort(
  service: OpenService,
  table: PortTable,
  index: number,
  identity: PortIdentity,
  prepare: () => void,
): PortPlace {
  const { words } = service.segment;
  const entryWord = portEntryWord(table, index);
  const generation = nextGeneration(words, table);
  storeRelease(words, entryWord + PORT_ENTRY_STATE_WORD, EntryState.joining);
  // Nobody's until it is complete: who saw the former port as active a moment ago must not take
  // half of it for its successor's, and ring the wrong node for as long as that one lives.
  storeRelease(words, entryWord + PORT_ENTRY_GENERATION_WORD, 0);
  storeId(words, entryWord + PORT_ENTRY_PORT_ID_WORD, identity.id);
  storeId(words, entryWord + PORT_ENTRY_NODE_ID_WORD, service.node.id);
  storeName(words, entryWord, identity.name);
  storeRelease(words, entryWord + PORT_ENTRY_BELL_TOKEN_WORD, identity.bellToken);
  storeRelease(words, entryWord + PORT_ENTRY_DESCRIPTOR_BELL_WORD, 0);
  // Awake; the number of the wait goes on, see BellArm.
  const bell = loadAcquire(words, entryWord + PORT_ENTRY_BELL_WORD);
  storeRelease(words, entryWord + PORT_ENTRY_BELL_WORD, bell & -Bell.waitNumber);
  prepare();
  // SYNC: releases all of the entry; pairs with loadAcquire in portGeneration().
  storeRelease(words, entryWord + PORT_ENTRY_GENERATION_WORD, generation);
  storeRelease(words, entryWord + PORT_ENTRY_STATE_WORD, EntryState.active);
  return { index, generation };
}

/** Under the control lock: gives a port's entry another state. */
export function setPortState(
  service: OpenService,
  table: PortTable,
  index: number,
  state: number,
): void {
  const entryWord = portEntryWord(table, index);
  storeRelease(service.segment.words, entryWord + PORT_ENTRY_STATE_WORD, state);
}

/** Whether an active port still stands in its own place. */
export function isActivePort(words: Words, table: PortTable, place: PortPlace): boolean {
  return activeGeneration(words, portEntryWord(table, place.index)) === place.generation;
}

/**
 * Under the control lock: ends a port by giving its entry another state; false when the entry is
 * another port's, because somebody has written what nobody may, and is left alone.
 */
export function endPort(
  service: OpenService,
  table: PortTable,
  place: PortPlace,
  state: number,
): boolean {
  const generation = portGeneration(service.segment.words, portEntryWord(table, place.index));
  if (generation !== place.generation) return false;
  setPortState(service, table, place.index, state);
  return true;
}

/** Under the control lock: a free entry, or -1. */
export function freePort(words: Words, table: PortTable): number {
  for (let index = 0; index < table.entryCount; index += 1) {
    const state = portState(words, portEntryWord(table, index));
    // Who holds the lock and finds an entry joining knows that its owner died over it.
    if (state === EntryState.free || state === EntryState.joining) return index;
  }
  return -1;
}

/** Says that publishers, their links or data segments, or notifiers have changed. */
export function signalSenderChange(service: OpenService): void {
  fetchAdd(service.segment.words, SERVICE_HEADER_SENDER_TOPOLOGY_WORD, 1);
}

/** Says that receivers have come or gone, or have given a link up. */
export function signalReceiverChange(service: OpenService): void {
  fetchAdd(service.segment.words, SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD, 1);
}

/** Makes the error for a service that has no place left for a port. */
export function limitReached(
  service: OpenService,
  port: string,
  limit: string,
  count: number,
  remedy: string,
): FloeError {
  return new FloeError("FLOE_LIMIT_REACHED", {
    subject: `service "${service.config.name}"`,
    wanted: `a place for one more ${port}`,
    found: `all ${count} places taken (${limit})`,
    remedy: `${remedy}, or create the service with larger limits.`,
  });
}

/** Under the control lock: a free entry. Throws FLOE_LIMIT_REACHED. */
export function placeFor(
  service: OpenService,
  table: PortTable,
  port: string,
  limit: string,
): number {
  const index = freePort(service.segment.words, table);
  if (index !== -1) return index;
  throw limitReached(service, port, limit, table.entryCount, CLOSE_ONE);
}
