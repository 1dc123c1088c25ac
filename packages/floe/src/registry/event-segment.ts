/**
 * Event segment: tables of nodes, notifiers and listeners, and an area of counts for each listener.
 *
 * An area has a bit for each event id, in words, and behind them a count of 64 bits for each id.
 * Notifiers count and set the bit; the listener finds the counts through the bits. An area is
 * backed by memory when its listener joins.
 */

import {
  EVENT_HEADER_BYTES,
  EVENT_HEADER_CREATED_EVENT_ID_WORD,
  EVENT_HEADER_DEAD_EVENT_ID_WORD,
  EVENT_HEADER_DEADLINE_MS_WORD,
  EVENT_HEADER_DROPPED_EVENT_ID_WORD,
  EVENT_HEADER_EVENT_AREA_BYTES_WORD,
  EVENT_HEADER_EVENT_AREAS_OFFSET_WORD,
  EVENT_HEADER_EVENT_COUNTS_OFFSET_BYTES_WORD,
  EVENT_HEADER_EVENT_ID_MAX_WORD,
  EVENT_HEADER_LISTENER_TABLE_OFFSET_WORD,
  EVENT_HEADER_MAX_LISTENERS_WORD,
  EVENT_HEADER_MAX_NOTIFIERS_WORD,
  EVENT_HEADER_NOTIFIER_TABLE_OFFSET_WORD,
} from "../layout/event-header.ts";
import { CONTENDED_BYTES, PAGE_BYTES, SegmentKind } from "../layout/values.ts";
import type { Permissions } from "../memory/permissions.ts";
import type { ByteRange, Segment } from "../memory/segment.ts";
import { EventCounts } from "../structures/mod.ts";
import type { Words } from "../sync/words.ts";
import type { EventConfig } from "./event-config.ts";
import {
  type CommonGeometry,
  createSegmentOfService,
  type HeaderNumbers,
  nodeTableBytes,
  type OpenServiceSegment,
  openSegmentOfService,
  type PortTable,
  portTableBytes,
  roundUp,
} from "./service-segment.ts";

/** Where everything lies in an event service's segment, in bytes. */
export interface EventGeometry extends CommonGeometry {
  readonly config: EventConfig;
  readonly notifiers: PortTable;
  readonly listeners: PortTable;
  readonly eventAreasOffset: number;
  readonly eventAreaBytes: number;
  /** From the beginning of an area to its counts; the bits stand before them. */
  readonly eventCountsOffsetBytes: number;
}

const COUNT_BYTES = 8;

/** Computes where everything lies. */
export function eventGeometry(config: EventConfig): EventGeometry {
  const { maxNodes, maxNotifiers, maxListeners, eventIdMax } = config.limits;
  const eventCount = eventIdMax + 1;
  const bitBytes = Math.ceil(eventCount / 32) * 4;
  const eventCountsOffsetBytes = roundUp(bitBytes, CONTENDED_BYTES);
  const eventAreaBytes = roundUp(
    eventCountsOffsetBytes + eventCount * COUNT_BYTES,
    CONTENDED_BYTES,
  );
  const nodeTableOffset = EVENT_HEADER_BYTES;
  const listeners: PortTable = {
    offsetBytes: roundUp(nodeTableOffset + nodeTableBytes(maxNodes), PAGE_BYTES),
    entryCount: maxListeners,
  };
  const notifiers: PortTable = {
    offsetBytes: roundUp(listeners.offsetBytes + portTableBytes(maxListeners), PAGE_BYTES),
    entryCount: maxNotifiers,
  };
  const eventAreasOffset = roundUp(
    notifiers.offsetBytes + portTableBytes(maxNotifiers),
    PAGE_BYTES,
  );
  return {
    config,
    maxNodes,
    nodeTableOffset,
    listeners,
    notifiers,
    portTables: [listeners, notifiers],
    eventAreasOffset,
    eventAreaBytes,
    eventCountsOffsetBytes,
    segmentBytes: roundUp(eventAreasOffset + maxListeners * eventAreaBytes, PAGE_BYTES),
  };
}

/** An id that may be absent, as the header shows it. */
function storedId(eventId: number | null): number {
  return eventId === null ? 0 : eventId + 1;
}

const NUMBERS: HeaderNumbers<EventGeometry> = {
  words: [
    [EVENT_HEADER_MAX_NOTIFIERS_WORD, (g) => g.notifiers.entryCount],
    [EVENT_HEADER_MAX_LISTENERS_WORD, (g) => g.listeners.entryCount],
    [EVENT_HEADER_EVENT_ID_MAX_WORD, (g) => g.config.limits.eventIdMax],
    [EVENT_HEADER_DEADLINE_MS_WORD, (g) => g.config.notices.deadline ?? 0],
    [EVENT_HEADER_CREATED_EVENT_ID_WORD, (g) => storedId(g.config.notices.createdEventId)],
    [EVENT_HEADER_DROPPED_EVENT_ID_WORD, (g) => storedId(g.config.notices.droppedEventId)],
    [EVENT_HEADER_DEAD_EVENT_ID_WORD, (g) => storedId(g.config.notices.deadEventId)],
    [EVENT_HEADER_EVENT_AREA_BYTES_WORD, (g) => g.eventAreaBytes],
    [EVENT_HEADER_EVENT_COUNTS_OFFSET_BYTES_WORD, (g) => g.eventCountsOffsetBytes],
  ],
  longs: [
    [EVENT_HEADER_NOTIFIER_TABLE_OFFSET_WORD, (g) => g.notifiers.offsetBytes],
    [EVENT_HEADER_LISTENER_TABLE_OFFSET_WORD, (g) => g.listeners.offsetBytes],
    [EVENT_HEADER_EVENT_AREAS_OFFSET_WORD, (g) => g.eventAreasOffset],
  ],
};

/** Makes an event service's segment. Throws FLOE_OUT_OF_MEMORY when there is no room. */
export function createEventSegment(
  path: string,
  geometry: EventGeometry,
  permissions: Permissions,
  fill: (words: Int32Array) => void,
): Segment {
  return createSegmentOfService({
    path,
    kind: SegmentKind.event,
    serviceId: geometry.config.serviceId,
    geometry,
    numbers: NUMBERS,
    permissions,
    reserved: [{ offsetBytes: 0, lengthBytes: geometry.eventAreasOffset }],
    fill,
  });
}

/**
 * Maps an event service's segment and checks that it is shaped as its configuration says.
 * Returns undefined when there is no file; throws FLOE_SERVICE_CORRUPT or FLOE_FORMAT_VERSION.
 */
export function openEventSegment(
  path: string,
  config: EventConfig,
): OpenServiceSegment<EventGeometry> | undefined {
  const geometry = eventGeometry(config);
  return openSegmentOfService(path, SegmentKind.event, config.serviceId, NUMBERS, () => geometry);
}

/** A listener's counts. */
export function eventCountsOf(
  words: Words,
  geometry: EventGeometry,
  listenerIndex: number,
): EventCounts {
  const { offsetBytes } = eventAreaRange(geometry, listenerIndex);
  return new EventCounts({
    words,
    bitsWordIndex: offsetBytes / 4,
    countsWordIndex: (offsetBytes + geometry.eventCountsOffsetBytes) / 4,
    eventCount: geometry.config.limits.eventIdMax + 1,
  });
}

/** The bytes of a listener's area of counts. */
export function eventAreaRange(geometry: EventGeometry, listenerIndex: number): ByteRange {
  const { eventAreasOffset, eventAreaBytes } = geometry;
  return {
    offsetBytes: eventAreasOffset + listenerIndex * eventAreaBytes,
    lengthBytes: eventAreaBytes,
  };
}
