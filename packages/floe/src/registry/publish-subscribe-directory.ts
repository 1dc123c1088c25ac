/**
 * Publish-subscribe directory: joining and leaving of publishers and subscribers.
 *
 * Every change runs under the service's control lock, and memory is reserved before an entry is
 * filled in. Counters tell the other side to look again, and its sleepers are rung.
 */

import { loadAcquire, storeRelease } from "#words";
import {
  DATA_SEGMENT_ENTRY_CHUNK_COUNT_WORD,
  DATA_SEGMENT_ENTRY_CHUNK_STRIDE_BYTES_WORD,
  DATA_SEGMENT_ENTRY_INCARNATION_WORD,
} from "../layout/data-segment-entry.ts";
import { LINK_CONNECTED_GENERATION_WORD } from "../layout/link.ts";
import { EntryState } from "../layout/values.ts";
import type { ChunkGeometry } from "../memory/data-segment.ts";
import { type ByteRange, readU64, writeU64 } from "../memory/segment.ts";
import { ringAll } from "./bells.ts";
import { VANISHED } from "./control-lock.ts";
import {
  activeGeneration,
  activePorts,
  CLOSE_ONE,
  endPort,
  enterPort,
  freePort,
  limitReached,
  type PortDetails,
  type PortIdentity,
  type PortPlace,
  placeFor,
  portDetails,
  portGeneration,
  portState,
  setPortState,
  signalReceiverChange,
  signalSenderChange,
} from "./port-table.ts";
import { finishDrainedRow } from "./publish-subscribe-recovery.ts";
import {
  dataSegmentEntryWord,
  dataSegmentTableRange,
  linkRange,
  linkWord,
} from "./publish-subscribe-segment.ts";
import { ifPossible } from "./recovery.ts";
import type { PublishSubscribeCore } from "./service-core.ts";
import { portEntryWord } from "./service-segment.ts";

/** The word at which a publisher's entry begins. */
export function publisherEntryWord(service: PublishSubscribeCore, row: number): number {
  return portEntryWord(service.geometry.publishers, row);
}

/** The generation of the active subscriber in a column, or 0 when there is none. */
export function activeSubscriberGeneration(service: PublishSubscribeCore, column: number): number {
  const entryWord = portEntryWord(service.geometry.subscribers, column);
  return activeGeneration(service.segment.words, entryWord);
}

/** The columns of active subscribers. */
function activeColumns(service: PublishSubscribeCore): number[] {
  return activePorts(service.segment.words, service.geometry.subscribers);
}

/** Gives a publisher a row. Throws FLOE_LIMIT_REACHED or FLOE_OUT_OF_MEMORY. */
export function joinAsPublisher(service: PublishSubscribeCore, identity: PortIdentity): PortPlace {
  return service.change(() => {
    const { geometry, segment } = service;
    const row = freeRow(service);
    const tableRange = dataSegmentTableRange(geometry, row);
    const ranges: ByteRange[] = [tableRange];
    for (const column of activeColumns(service)) ranges.push(linkRange(geometry, row, column));
    segment.reserve(ranges);
    const { words } = segment;
    const place = enterPort(service, geometry.publishers, row, identity, () => {
      const { offsetBytes, lengthBytes } = tableRange;
      words.fill(0, offsetBytes / 4, (offsetBytes + lengthBytes) / 4);
      for (const column of activeColumns(service)) {
        storeRelease(words, linkWord(geometry, row, column) + LINK_CONNECTED_GENERATION_WORD, 0);
      }
    });
    signalSenderChange(service);
    return place;
  });
}

/** Gives a subscriber a column. Throws FLOE_LIMIT_REACHED or FLOE_OUT_OF_MEMORY. */
export function joinAsSubscriber(service: PublishSubscribeCore, identity: PortIdentity): PortPlace {
  const joined = service.change(() => {
    const { geometry, segment } = service;
    const { publishers, subscribers } = geometry;
    const column = placeFor(service, subscribers, "subscriber", "maxSubscribers");
    const ranges: ByteRange[] = [];
    for (let row = 0; row < publishers.entryCount; row += 1) {
      if (portState(segment.words, portEntryWord(publishers, row)) === EntryState.free) continue;
      ranges.push(linkRange(geometry, row, column));
    }
    segment.reserve(ranges);
    const place = enterPort(service, subscribers, column, identity, () => {});
    signalReceiverChange(service);
    return place;
  });
  ringAll(service, service.geometry.publishers);
  return joined;
}

/**
 * Ends a publisher. Its row and files stay until every subscriber that it served has taken what is
 * left, and goes at once when there is none.
 */
export function leaveAsPublisher(service: PublishSubscribeCore, place: PortPlace): void {
  service.changeInLeaving(() => {
    const { publishers } = service.geometry;
    if (!endPort(service, publishers, place, EntryState.draining)) return;
    ifPossible(() => finishDrainedRow(service, place.index));
    signalSenderChange(service);
  });
  // Subscribers that sleep let go of it, or take what is left.
  ringAll(service, service.geometry.subscribers);
}

/** Ends a subscriber, and with it the wait of closed publishers for it. */
export function leaveAsSubscriber(service: PublishSubscribeCore, place: PortPlace): void {
  service.changeInLeaving(() => {
    endPort(service, service.geometry.subscribers, place, EntryState.free);
    signalReceiverChange(service);
    // What follows, the recovery of the service, finishes the rows that waited for it.
  });
  ringAll(service, service.geometry.publishers);
}

/** Whether the subscriber of a generation was ejected, and may still live. */
export function isEjected(
  service: PublishSubscribeCore,
  column: number,
  generation: number,
): boolean {
  const { words } = service.segment;
  const entryWord = portEntryWord(service.geometry.subscribers, column);
  if (portState(words, entryWord) !== EntryState.ejected) return false;
  return portGeneration(words, entryWord) === generation;
}

/**
 * Ejects the subscriber of a generation, who may live: nobody sends to it any more, and it is told.
 * Its column stays its own until it leaves or dies. Undefined when another process changes the
 * service in this moment; else what is known of it, or "gone".
 */
export function tryEjectSubscriber(
  service: PublishSubscribeCore,
  column: number,
  generation: number,
): PortDetails | "gone" | undefined {
  const { geometry, segment } = service;
  const outcome = service.tryChange(() => {
    const details = portDetails(segment.words, geometry.subscribers, column);
    if (details?.generation !== generation) return "gone";
    setPortState(service, geometry.subscribers, column, EntryState.ejected);
    // Publishers let go of it; it sees that something has changed.
    signalReceiverChange(service);
    signalSenderChange(service);
    for (let row = 0; row < geometry.publisherRowCount; row += 1) {
      ifPossible(() => finishDrainedRow(service, row));
    }
    return details;
  });
  return outcome === VANISHED ? "gone" : outcome;
}

/** Says under which incarnation and geometry a publisher's data segment exists. */
export function announceDataSegment(
  service: PublishSubscribeCore,
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
  signalSenderChange(service);
}

/** Says that a publisher's data segment no longer exists. */
export function withdrawDataSegment(
  service: PublishSubscribeCore,
  row: number,
  number: number,
): void {
  const word = dataSegmentEntryWord(service.geometry, row, number);
  storeRelease(service.segment.words, word + DATA_SEGMENT_ENTRY_INCARNATION_WORD, 0);
  signalSenderChange(service);
}

/** What stands in a publisher's table about one of its data segments; incarnation 0: absent. */
export function readDataSegmentEntry(
  service: PublishSubscribeCore,
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

function freeRow(service: PublishSubscribeCore): number {
  const { publishers, quality } = service.geometry;
  const { words } = service.segment;
  const openCount = activePorts(words, publishers).length;
  if (openCount >= quality.maxPublishers) {
    throw limitReached(service, "publisher", "maxPublishers", openCount, CLOSE_ONE);
  }
  const row = freePort(words, publishers);
  if (row === -1) {
    const remedy = "Let the subscribers take what closed publishers have sent";
    throw limitReached(service, "publisher", "publisherRowCount", publishers.entryCount, remedy);
  }
  return row;
}
