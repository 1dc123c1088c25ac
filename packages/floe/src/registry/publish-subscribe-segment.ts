/**
 * Publish-subscribe segment: tables of nodes, publishers and subscribers, and the matrix of links,
 * a row a publisher and a column a subscriber.
 *
 * Every link has its place; a place is backed by memory when both its ports have joined, so large
 * limits cost nothing until they are used. There are more rows than publishers may be open: a
 * closed publisher keeps its row until its last messages have been taken.
 */

import { CHUNK_HEADER_BYTES } from "../layout/chunk-header.ts";
import { DATA_SEGMENT_ENTRY_BYTES } from "../layout/data-segment-entry.ts";
import {
  PUBLISH_SUBSCRIBE_HEADER_BUFFER_SIZE_WORD,
  PUBLISH_SUBSCRIBE_HEADER_BYTES,
  PUBLISH_SUBSCRIBE_HEADER_COMPLETION_ENTRY_COUNT_WORD,
  PUBLISH_SUBSCRIBE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD,
  PUBLISH_SUBSCRIBE_HEADER_LINK_BYTES_WORD,
  PUBLISH_SUBSCRIBE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD,
  PUBLISH_SUBSCRIBE_HEADER_LINK_MATRIX_OFFSET_WORD,
  PUBLISH_SUBSCRIBE_HEADER_MAX_BORROWED_SAMPLES_WORD,
  PUBLISH_SUBSCRIBE_HEADER_MAX_LOANED_SAMPLES_WORD,
  PUBLISH_SUBSCRIBE_HEADER_MAX_PUBLISHERS_WORD,
  PUBLISH_SUBSCRIBE_HEADER_MAX_SUBSCRIBERS_WORD,
  PUBLISH_SUBSCRIBE_HEADER_PAYLOAD_OFFSET_BYTES_WORD,
  PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_ROW_COUNT_WORD,
  PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_TABLE_OFFSET_WORD,
  PUBLISH_SUBSCRIBE_HEADER_SLOT_STRIDE_BYTES_WORD,
  PUBLISH_SUBSCRIBE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD,
} from "../layout/publish-subscribe-header.ts";
import {
  CONTENDED_BYTES,
  DATA_SEGMENT_ROW_BYTES,
  LINK_SLOTS_OFFSET_BYTES,
  PAGE_BYTES,
  SegmentKind,
} from "../layout/values.ts";
import type { Id } from "../memory/id.ts";
import type { Permissions } from "../memory/permissions.ts";
import { type ByteRange, corrupt, type Segment } from "../memory/segment.ts";
import type { Quality } from "./publish-subscribe-config.ts";
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

/** Slots are this far apart when a link has few of them, for the sake of latency. */
const SPREAD_STRIDE_BYTES = 64;

/** Slots are this far apart when a link has many of them, for the sake of memory. */
const DENSE_STRIDE_BYTES = 16;

/** Up to so many slots are spread. */
const SPREAD_SLOTS_MAX = 64;

/** What was chosen when the segment was made; everything else follows from it. */
export interface LinkShape {
  readonly quality: Quality;
  readonly publisherRowCount: number;
  readonly slotStrideBytes: number;
  readonly completionEntryCount: number;
  readonly payloadOffsetBytes: number;
}

/** Where everything lies in a publish-subscribe service's segment, in bytes. */
export interface PublishSubscribeGeometry extends LinkShape, CommonGeometry {
  readonly linkCompletionOffsetBytes: number;
  readonly linkBytes: number;
  readonly publishers: PortTable;
  readonly subscribers: PortTable;
  readonly dataSegmentTableOffset: number;
  readonly linkMatrixOffset: number;
}

function powerOfTwoAtLeast(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** Entries that a completion queue needs: all that can wait, be held, and be on its way. */
function completionEntriesNeeded(quality: Quality): number {
  return powerOfTwoAtLeast(quality.bufferSize + quality.maxBorrowedSamples + 2);
}

/** Chooses the shape of a new service. */
export function newLinkShape(quality: Quality, payloadAlignmentBytes: number): LinkShape {
  const isSpread = quality.bufferSize <= SPREAD_SLOTS_MAX;
  return {
    quality,
    publisherRowCount: 2 * quality.maxPublishers,
    slotStrideBytes: isSpread ? SPREAD_STRIDE_BYTES : DENSE_STRIDE_BYTES,
    completionEntryCount: completionEntriesNeeded(quality),
    payloadOffsetBytes: roundUp(CHUNK_HEADER_BYTES, payloadAlignmentBytes),
  };
}

/** Computes where everything lies. */
export function publishSubscribeGeometry(shape: LinkShape): PublishSubscribeGeometry {
  const { quality, publisherRowCount, slotStrideBytes, completionEntryCount } = shape;
  const { maxNodes, maxSubscribers } = quality;
  const slotBytes = quality.bufferSize * slotStrideBytes;
  const linkCompletionOffsetBytes = roundUp(LINK_SLOTS_OFFSET_BYTES + slotBytes, CONTENDED_BYTES);
  const linkBytes = roundUp(linkCompletionOffsetBytes + completionEntryCount * 4, CONTENDED_BYTES);
  const nodeTableOffset = PUBLISH_SUBSCRIBE_HEADER_BYTES;
  const subscribers: PortTable = {
    offsetBytes: roundUp(nodeTableOffset + nodeTableBytes(maxNodes), PAGE_BYTES),
    entryCount: maxSubscribers,
  };
  const publishers: PortTable = {
    offsetBytes: roundUp(subscribers.offsetBytes + portTableBytes(maxSubscribers), PAGE_BYTES),
    entryCount: publisherRowCount,
  };
  const dataSegmentTableOffset = roundUp(
    publishers.offsetBytes + portTableBytes(publisherRowCount),
    PAGE_BYTES,
  );
  const dataSegmentTableBytes = publisherRowCount * DATA_SEGMENT_ROW_BYTES;
  const linkMatrixOffset = roundUp(dataSegmentTableOffset + dataSegmentTableBytes, PAGE_BYTES);
  const matrixBytes = publisherRowCount * maxSubscribers * linkBytes;
  return {
    ...shape,
    linkCompletionOffsetBytes,
    linkBytes,
    maxNodes,
    nodeTableOffset,
    subscribers,
    publishers,
    portTables: [subscribers, publishers],
    dataSegmentTableOffset,
    linkMatrixOffset,
    segmentBytes: roundUp(linkMatrixOffset + matrixBytes, PAGE_BYTES),
  };
}

const NUMBERS: HeaderNumbers<PublishSubscribeGeometry> = {
  words: [
    [PUBLISH_SUBSCRIBE_HEADER_MAX_PUBLISHERS_WORD, (g) => g.quality.maxPublishers],
    [PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_ROW_COUNT_WORD, (g) => g.publisherRowCount],
    [PUBLISH_SUBSCRIBE_HEADER_MAX_SUBSCRIBERS_WORD, (g) => g.quality.maxSubscribers],
    [PUBLISH_SUBSCRIBE_HEADER_BUFFER_SIZE_WORD, (g) => g.quality.bufferSize],
    [PUBLISH_SUBSCRIBE_HEADER_SLOT_STRIDE_BYTES_WORD, (g) => g.slotStrideBytes],
    [PUBLISH_SUBSCRIBE_HEADER_COMPLETION_ENTRY_COUNT_WORD, (g) => g.completionEntryCount],
    [PUBLISH_SUBSCRIBE_HEADER_MAX_BORROWED_SAMPLES_WORD, (g) => g.quality.maxBorrowedSamples],
    [PUBLISH_SUBSCRIBE_HEADER_MAX_LOANED_SAMPLES_WORD, (g) => g.quality.maxLoanedSamples],
    [PUBLISH_SUBSCRIBE_HEADER_PAYLOAD_OFFSET_BYTES_WORD, (g) => g.payloadOffsetBytes],
    [PUBLISH_SUBSCRIBE_HEADER_LINK_BYTES_WORD, (g) => g.linkBytes],
    [
      PUBLISH_SUBSCRIBE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD,
      (g) => g.linkCompletionOffsetBytes,
    ],
  ],
  longs: [
    [PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_TABLE_OFFSET_WORD, (g) => g.publishers.offsetBytes],
    [PUBLISH_SUBSCRIBE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD, (g) => g.subscribers.offsetBytes],
    [PUBLISH_SUBSCRIBE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD, (g) => g.dataSegmentTableOffset],
    [PUBLISH_SUBSCRIBE_HEADER_LINK_MATRIX_OFFSET_WORD, (g) => g.linkMatrixOffset],
  ],
};

/** Makes a publish-subscribe service's segment. Throws FLOE_OUT_OF_MEMORY when there is no room. */
export function createPublishSubscribeSegment(
  path: string,
  serviceId: Id,
  geometry: PublishSubscribeGeometry,
  permissions: Permissions,
  fill: (words: Int32Array) => void,
): Segment {
  return createSegmentOfService({
    path,
    kind: SegmentKind.publishSubscribe,
    serviceId,
    geometry,
    numbers: NUMBERS,
    permissions,
    reserved: [{ offsetBytes: 0, lengthBytes: geometry.dataSegmentTableOffset }],
    fill,
  });
}

/**
 * Maps a publish-subscribe service's segment and checks that it is shaped as its limits allow.
 * Returns undefined when there is no file; throws FLOE_SERVICE_CORRUPT or FLOE_FORMAT_VERSION.
 */
export function openPublishSubscribeSegment(
  path: string,
  serviceId: Id,
  quality: Quality,
  payloadAlignmentBytes: number,
): OpenServiceSegment<PublishSubscribeGeometry> | undefined {
  const { payloadOffsetBytes } = newLinkShape(quality, payloadAlignmentBytes);
  return openSegmentOfService(path, SegmentKind.publishSubscribe, serviceId, NUMBERS, (words) =>
    publishSubscribeGeometry(checkedShape(path, words, quality, payloadOffsetBytes)),
  );
}

/** Reads what the creator chose, and refuses what no creator may choose. */
function checkedShape(
  path: string,
  words: Int32Array,
  quality: Quality,
  payloadOffsetBytes: number,
): LinkShape {
  const shape: LinkShape = {
    quality,
    publisherRowCount: words[PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_ROW_COUNT_WORD]!,
    slotStrideBytes: words[PUBLISH_SUBSCRIBE_HEADER_SLOT_STRIDE_BYTES_WORD]!,
    completionEntryCount: words[PUBLISH_SUBSCRIBE_HEADER_COMPLETION_ENTRY_COUNT_WORD]!,
    payloadOffsetBytes: words[PUBLISH_SUBSCRIBE_HEADER_PAYLOAD_OFFSET_BYTES_WORD]!,
  };
  const entriesNeeded = completionEntriesNeeded(quality);
  const isAllowed =
    shape.publisherRowCount >= quality.maxPublishers &&
    shape.publisherRowCount <= 0xffff &&
    shape.slotStrideBytes >= 4 &&
    shape.slotStrideBytes <= PAGE_BYTES &&
    shape.slotStrideBytes % 4 === 0 &&
    shape.completionEntryCount >= entriesNeeded &&
    shape.completionEntryCount <= 2 ** 24 &&
    powerOfTwoAtLeast(shape.completionEntryCount) === shape.completionEntryCount &&
    shape.payloadOffsetBytes === payloadOffsetBytes;
  if (!isAllowed) throw corrupt(path, "shape", "one that fits its limits", JSON.stringify(shape));
  return shape;
}

/** The word at which a link begins. */
export function linkWord(geometry: PublishSubscribeGeometry, row: number, column: number): number {
  return linkOffsetBytes(geometry, row, column) / 4;
}

function linkOffsetBytes(geometry: PublishSubscribeGeometry, row: number, column: number): number {
  const linkIndex = row * geometry.quality.maxSubscribers + column;
  return geometry.linkMatrixOffset + linkIndex * geometry.linkBytes;
}

/** The word at which a publisher's entry for one of its data segments begins. */
export function dataSegmentEntryWord(
  geometry: PublishSubscribeGeometry,
  row: number,
  number: number,
): number {
  const rowOffset = geometry.dataSegmentTableOffset + row * DATA_SEGMENT_ROW_BYTES;
  return (rowOffset + number * DATA_SEGMENT_ENTRY_BYTES) / 4;
}

/** The bytes of a publisher's table of data segments. */
export function dataSegmentTableRange(geometry: PublishSubscribeGeometry, row: number): ByteRange {
  const offsetBytes = geometry.dataSegmentTableOffset + row * DATA_SEGMENT_ROW_BYTES;
  return { offsetBytes, lengthBytes: DATA_SEGMENT_ROW_BYTES };
}

/** The bytes of a link. */
export function linkRange(
  geometry: PublishSubscribeGeometry,
  row: number,
  column: number,
): ByteRange {
  const offsetBytes = linkOffsetBytes(geometry, row, column);
  return { offsetBytes, lengthBytes: geometry.linkBytes };
}
