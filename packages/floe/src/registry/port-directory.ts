/**
 * Port directory: joining and leaving of publishers and subscribers.
 *
 * Every change runs under the service's control lock. Memory is reserved before an entry is filled
 * in, and an entry is filled in before its state says so; whoever is killed between two steps
 * leaves an entry that is free, complete, or marked as joining, which the next holder of the lock
 * may treat as free. Counters tell the other side to look again.
 */

import { fetchAdd, loadAcquire, storeRelease } from "#words";
import { FloeError } from "../errors.ts";
import {
  DATA_SEGMENT_ENTRY_CHUNK_COUNT_WORD,
  DATA_SEGMENT_ENTRY_CHUNK_STRIDE_BYTES_WORD,
  DATA_SEGMENT_ENTRY_INCARNATION_WORD,
} from "../layout/data-segment-entry.ts";
import { LINK_CONNECTED_GENERATION_WORD, LINK_DRAINED_GENERATION_WORD } from "../layout/link.ts";
import {
  PUBLISHER_ENTRY_GENERATION_WORD,
  PUBLISHER_ENTRY_NODE_ID_WORD,
  PUBLISHER_ENTRY_PORT_ID_WORD,
  PUBLISHER_ENTRY_STATE_WORD,
} from "../layout/publisher-entry.ts";
import {
  SERVICE_HEADER_GENERATION_WORD,
  SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD,
  SERVICE_HEADER_SUBSCRIBER_TOPOLOGY_WORD,
} from "../layout/service-header.ts";
import {
  SUBSCRIBER_ENTRY_GENERATION_WORD,
  SUBSCRIBER_ENTRY_NODE_ID_WORD,
  SUBSCRIBER_ENTRY_PORT_ID_WORD,
  SUBSCRIBER_ENTRY_STATE_WORD,
} from "../layout/subscriber-entry.ts";
import { EntryState } from "../layout/values.ts";
import { type ChunkGeometry, dataSegmentPrefix } from "../memory/data-segment.ts";
import { type Id, readId, writeId } from "../memory/id.ts";
import { type ByteRange, readU64, writeU64 } from "../memory/segment.ts";
import { listDirectoryIfPresent, removeFileIfPresent } from "../os/files.ts";
import type { ServiceCore } from "./service-core.ts";
import {
  dataSegmentEntryWord,
  dataSegmentTableRange,
  linkRange,
  linkWord,
  publisherEntryWord,
  subscriberEntryWord,
} from "./service-segment.ts";

/** A port's place in its table. */
export interface PortPlace {
  /** Row of a publisher, column of a subscriber. */
  readonly index: number;
  /** Distinguishes the port from earlier ones in the same place; never 0. */
  readonly generation: number;
}

/** What stands in a publisher's entry. */
export interface PublisherEntry {
  readonly state: number;
  readonly generation: number;
}

/** Reads a publisher's state and generation. */
export function readPublisherEntry(service: ServiceCore, row: number): PublisherEntry {
  const { words } = service.segment;
  const entryWord = publisherEntryWord(service.geometry, row);
  const state = loadAcquire(words, entryWord + PUBLISHER_ENTRY_STATE_WORD);
  return { state, generation: loadAcquire(words, entryWord + PUBLISHER_ENTRY_GENERATION_WORD) };
}

/** The id of the publisher in a row. */
export function readPublisherId(service: ServiceCore, row: number): Id {
  const entryWord = publisherEntryWord(service.geometry, row);
  return readId(service.segment.words, entryWord + PUBLISHER_ENTRY_PORT_ID_WORD);
}

/** The generation of the active subscriber in a column, or 0 when there is none. */
export function activeSubscriberGeneration(service: ServiceCore, column: number): number {
  const { words } = service.segment;
  const entryWord = subscriberEntryWord(service.geometry, column);
  const state = loadAcquire(words, entryWord + SUBSCRIBER_ENTRY_STATE_WORD);
  return state === EntryState.active ? words[entryWord + SUBSCRIBER_ENTRY_GENERATION_WORD]! : 0;
}

/** Says that publishers, their links or their data segments have changed. */
export function signalPublisherChange(service: ServiceCore): void {
  fetchAdd(service.segment.words, SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD, 1);
}

/** Says that subscribers have come or gone, or have given a link up. */
export function signalSubscriberChange(service: ServiceCore): void {
  fetchAdd(service.segment.words, SERVICE_HEADER_SUBSCRIBER_TOPOLOGY_WORD, 1);
}

function nextGeneration(words: Int32Array): number {
  const previous = loadAcquire(words, SERVICE_HEADER_GENERATION_WORD);
  const generation = previous === -1 ? 1 : (previous + 1) | 0;
  storeRelease(words, SERVICE_HEADER_GENERATION_WORD, generation);
  return generation;
}

/** Gives a publisher a row. Throws FLOE_LIMIT_REACHED or FLOE_OUT_OF_MEMORY. */
export function joinAsPublisher(service: ServiceCore, portId: Id): PortPlace {
  return service.change(() => {
    const { geometry, segment, node } = service;
    const row = freeRow(service);
    const ranges: ByteRange[] = [dataSegmentTableRange(geometry, row)];
    for (const column of activeColumns(service)) ranges.push(linkRange(geometry, row, column));
    segment.reserve(ranges);
    const { words } = segment;
    const entryWord = publisherEntryWord(geometry, row);
    const generation = nextGeneration(words);
    storeRelease(words, entryWord + PUBLISHER_ENTRY_STATE_WORD, EntryState.joining);
    words[entryWord + PUBLISHER_ENTRY_GENERATION_WORD] = generation;
    writeId(words, entryWord + PUBLISHER_ENTRY_PORT_ID_WORD, portId);
    writeId(words, entryWord + PUBLISHER_ENTRY_NODE_ID_WORD, node.id);
    const tableRange = dataSegmentTableRange(geometry, row);
    words.fill(
      0,
      tableRange.offsetBytes / 4,
      (tableRange.offsetBytes + tableRange.lengthBytes) / 4,
    );
    for (const column of activeColumns(service)) {
      storeRelease(words, linkWord(geometry, row, column) + LINK_CONNECTED_GENERATION_WORD, 0);
    }
    storeRelease(words, entryWord + PUBLISHER_ENTRY_STATE_WORD, EntryState.active);
    signalPublisherChange(service);
    return { index: row, generation };
  });
}

/** Gives a subscriber a column. Throws FLOE_LIMIT_REACHED or FLOE_OUT_OF_MEMORY. */
export function joinAsSubscriber(service: ServiceCore, portId: Id): PortPlace {
  return service.change(() => {
    const { geometry, segment, node } = service;
    const column = freeColumn(service);
    const ranges: ByteRange[] = [];
    for (let row = 0; row < geometry.publisherRowCount; row += 1) {
      if (readPublisherEntry(service, row).state === EntryState.free) continue;
      ranges.push(linkRange(geometry, row, column));
    }
    segment.reserve(ranges);
    const { words } = segment;
    const entryWord = subscriberEntryWord(geometry, column);
    const generation = nextGeneration(words);
    storeRelease(words, entryWord + SUBSCRIBER_ENTRY_STATE_WORD, EntryState.joining);
    words[entryWord + SUBSCRIBER_ENTRY_GENERATION_WORD] = generation;
    writeId(words, entryWord + SUBSCRIBER_ENTRY_PORT_ID_WORD, portId);
    writeId(words, entryWord + SUBSCRIBER_ENTRY_NODE_ID_WORD, node.id);
    storeRelease(words, entryWord + SUBSCRIBER_ENTRY_STATE_WORD, EntryState.active);
    signalSubscriberChange(service);
    return { index: column, generation };
  });
}

/**
 * Ends a publisher. Its row and files stay until every subscriber that it served has taken what is
 * left, and goes at once when there is none.
 */
export function leaveAsPublisher(service: ServiceCore, place: PortPlace): void {
  service.changeInLeaving(() => {
    const entryWord = publisherEntryWord(service.geometry, place.index);
    const { words } = service.segment;
    storeRelease(words, entryWord + PUBLISHER_ENTRY_STATE_WORD, EntryState.draining);
    finishDrainedRow(service, place.index);
    signalPublisherChange(service);
  });
}

/** Ends a subscriber, and with it the wait of closed publishers for it. */
export function leaveAsSubscriber(service: ServiceCore, place: PortPlace): void {
  service.changeInLeaving(() => {
    const entryWord = subscriberEntryWord(service.geometry, place.index);
    const { words } = service.segment;
    storeRelease(words, entryWord + SUBSCRIBER_ENTRY_STATE_WORD, EntryState.free);
    signalSubscriberChange(service);
    for (let row = 0; row < service.geometry.publisherRowCount; row += 1) {
      finishDrainedRow(service, row);
    }
  });
}

/** Under the control lock: frees a closed publisher's row once nobody needs it any more. */
export function finishDrainedRow(service: ServiceCore, row: number): void {
  const { state, generation } = readPublisherEntry(service, row);
  if (state !== EntryState.draining) return;
  const { geometry, segment } = service;
  for (const column of activeColumns(service)) {
    const word = linkWord(geometry, row, column);
    const served = loadAcquire(segment.words, word + LINK_CONNECTED_GENERATION_WORD);
    if (served !== activeSubscriberGeneration(service, column)) continue;
    const drained = loadAcquire(segment.words, word + LINK_DRAINED_GENERATION_WORD);
    if (drained !== generation) return;
  }
  const prefix = dataSegmentPrefix(readPublisherId(service, row));
  for (const name of listDirectoryIfPresent(service.directory) ?? []) {
    if (name.startsWith(prefix)) removeFileIfPresent(`${service.directory}/${name}`);
  }
  const entryWord = publisherEntryWord(geometry, row);
  storeRelease(segment.words, entryWord + PUBLISHER_ENTRY_STATE_WORD, EntryState.free);
}

/** Says under which incarnation and geometry a publisher's data segment exists. */
export function announceDataSegment(
  service: ServiceCore,
  row: number,
  number: number,
  incarnation: number,
  geometry: ChunkGeometry,
): void {
  const { words } = service.segment;
  const word = dataSegmentEntryWord(service.geometry, row, number);
  words[word + DATA_SEGMENT_ENTRY_CHUNK_COUNT_WORD] = geometry.chunkCount;
  writeU64(words, word + DATA_SEGMENT_ENTRY_CHUNK_STRIDE_BYTES_WORD, geometry.chunkStrideBytes);
  // SYNC: releases the geometry; pairs with loadAcquire in readDataSegmentEntry().
  storeRelease(words, word + DATA_SEGMENT_ENTRY_INCARNATION_WORD, incarnation);
  signalPublisherChange(service);
}

/** Says that a publisher's data segment no longer exists. */
export function withdrawDataSegment(service: ServiceCore, row: number, number: number): void {
  const word = dataSegmentEntryWord(service.geometry, row, number);
  storeRelease(service.segment.words, word + DATA_SEGMENT_ENTRY_INCARNATION_WORD, 0);
  signalPublisherChange(service);
}

/** What stands in a publisher's table about one of its data segments; incarnation 0: absent. */
export function readDataSegmentEntry(
  service: ServiceCore,
  row: number,
  number: number,
): ChunkGeometry & { readonly incarnation: number } {
  const { words } = service.segment;
  const word = dataSegmentEntryWord(service.geometry, row, number);
  const incarnation = loadAcquire(words, word + DATA_SEGMENT_ENTRY_INCARNATION_WORD);
  return {
    incarnation,
    chunkCount: words[word + DATA_SEGMENT_ENTRY_CHUNK_COUNT_WORD]!,
    chunkStrideBytes: readU64(words, word + DATA_SEGMENT_ENTRY_CHUNK_STRIDE_BYTES_WORD),
  };
}

function activeColumns(service: ServiceCore): number[] {
  const columns: number[] = [];
  for (let column = 0; column < service.geometry.quality.maxSubscribers; column += 1) {
    if (activeSubscriberGeneration(service, column) !== 0) columns.push(column);
  }
  return columns;
}

function freeRow(service: ServiceCore): number {
  const { publisherRowCount, quality } = service.geometry;
  let openCount = 0;
  let row = -1;
  for (let index = publisherRowCount - 1; index >= 0; index -= 1) {
    const { state } = readPublisherEntry(service, index);
    // Who holds the lock and finds an entry joining knows that its owner died over it.
    if (state === EntryState.free || state === EntryState.joining) row = index;
    else if (state === EntryState.active) openCount += 1;
  }
  if (openCount >= quality.maxPublishers) {
    throw limitReached(service, "publisher", "maxPublishers", openCount, "Close one");
  }
  if (row === -1) {
    const remedy = "Let the subscribers take what closed publishers have sent";
    throw limitReached(service, "publisher", "publisherRowCount", publisherRowCount, remedy);
  }
  return row;
}

function freeColumn(service: ServiceCore): number {
  const { maxSubscribers } = service.geometry.quality;
  for (let column = 0; column < maxSubscribers; column += 1) {
    const entryWord = subscriberEntryWord(service.geometry, column);
    const state = loadAcquire(service.segment.words, entryWord + SUBSCRIBER_ENTRY_STATE_WORD);
    if (state === EntryState.free || state === EntryState.joining) return column;
  }
  throw limitReached(service, "subscriber", "maxSubscribers", maxSubscribers, "Close one");
}

function limitReached(
  service: ServiceCore,
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
