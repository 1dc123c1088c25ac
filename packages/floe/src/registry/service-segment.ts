/**
 * Service segment: the one file in which all ports of a service meet.
 *
 * It holds the tables of nodes, publishers and subscribers and the matrix of links, a row a
 * publisher and a column a subscriber. Limits are fixed when the service is created, so every link
 * has its place; a place is backed by memory when both its ports have joined, so large limits cost
 * nothing until they are used. There are more rows than publishers may be open: a closed publisher
 * keeps its row until its last messages have been taken.
 */

import { CHUNK_HEADER_BYTES } from "../layout/chunk-header.ts";
import { DATA_SEGMENT_ENTRY_BYTES } from "../layout/data-segment-entry.ts";
import { NODE_ENTRY_BYTES } from "../layout/node-entry.ts";
import { PUBLISHER_ENTRY_BYTES } from "../layout/publisher-entry.ts";
import {
  SERVICE_HEADER_BUFFER_SIZE_WORD,
  SERVICE_HEADER_BYTES,
  SERVICE_HEADER_COMPLETION_ENTRY_COUNT_WORD,
  SERVICE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD,
  SERVICE_HEADER_LINK_BYTES_WORD,
  SERVICE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD,
  SERVICE_HEADER_LINK_MATRIX_OFFSET_WORD,
  SERVICE_HEADER_MAX_BORROWED_SAMPLES_WORD,
  SERVICE_HEADER_MAX_LOANED_SAMPLES_WORD,
  SERVICE_HEADER_MAX_NODES_WORD,
  SERVICE_HEADER_MAX_PUBLISHERS_WORD,
  SERVICE_HEADER_MAX_SUBSCRIBERS_WORD,
  SERVICE_HEADER_NODE_TABLE_OFFSET_WORD,
  SERVICE_HEADER_PAYLOAD_OFFSET_BYTES_WORD,
  SERVICE_HEADER_PUBLISHER_ROW_COUNT_WORD,
  SERVICE_HEADER_PUBLISHER_TABLE_OFFSET_WORD,
  SERVICE_HEADER_SLOT_STRIDE_BYTES_WORD,
  SERVICE_HEADER_STATE_WORD,
  SERVICE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD,
} from "../layout/service-header.ts";
import { SUBSCRIBER_ENTRY_BYTES } from "../layout/subscriber-entry.ts";
import {
  CONTENDED_BYTES,
  DATA_SEGMENT_ROW_BYTES,
  LINK_SLOTS_OFFSET_BYTES,
  PAGE_BYTES,
  SegmentKind,
  ServiceState,
} from "../layout/values.ts";
import type { Id } from "../memory/id.ts";
import type { Permissions } from "../memory/permissions.ts";
import { type ByteRange, corrupt, readU64, Segment, writeU64 } from "../memory/segment.ts";
import type { Quality } from "./service-config.ts";

/** Slots are this far apart when a link has few of them, for the sake of latency. */
const SPREAD_STRIDE_BYTES = 64;

/** Slots are this far apart when a link has many of them, for the sake of memory. */
const DENSE_STRIDE_BYTES = 16;

/** Up to so many slots are spread. */
const SPREAD_SLOTS_MAX = 64;

/** What was chosen when the segment was made; everything else follows from it. */
export interface ServiceShape {
  readonly quality: Quality;
  readonly publisherRowCount: number;
  readonly slotStrideBytes: number;
  readonly completionEntryCount: number;
  readonly payloadOffsetBytes: number;
}

/** Where everything lies in a service's segment, in bytes. */
export interface ServiceGeometry extends ServiceShape {
  readonly linkCompletionOffsetBytes: number;
  readonly linkBytes: number;
  readonly nodeTableOffset: number;
  readonly publisherTableOffset: number;
  readonly subscriberTableOffset: number;
  readonly dataSegmentTableOffset: number;
  readonly linkMatrixOffset: number;
  readonly segmentBytes: number;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function powerOfTwoAtLeast(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** Entries that a completion queue needs: all that can wait, be held, and be on its way. */
function completionEntriesNeeded(quality: Quality): number {
  return powerOfTwoAtLeast(quality.bufferSize + quality.maxBorrowedSamples + 2);
}

/** Chooses the shape of a new service. */
export function newServiceShape(quality: Quality, payloadAlignmentBytes: number): ServiceShape {
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
export function serviceGeometry(shape: ServiceShape): ServiceGeometry {
  const { quality, publisherRowCount, slotStrideBytes, completionEntryCount } = shape;
  const slotBytes = quality.bufferSize * slotStrideBytes;
  const linkCompletionOffsetBytes = roundUp(LINK_SLOTS_OFFSET_BYTES + slotBytes, CONTENDED_BYTES);
  const linkBytes = roundUp(linkCompletionOffsetBytes + completionEntryCount * 4, CONTENDED_BYTES);
  const nodeTableBytes = quality.maxNodes * NODE_ENTRY_BYTES;
  const subscriberTableOffset = roundUp(SERVICE_HEADER_BYTES + nodeTableBytes, PAGE_BYTES);
  const subscriberTableBytes = quality.maxSubscribers * SUBSCRIBER_ENTRY_BYTES;
  const publisherTableOffset = roundUp(subscriberTableOffset + subscriberTableBytes, PAGE_BYTES);
  const publisherTableBytes = publisherRowCount * PUBLISHER_ENTRY_BYTES;
  const dataSegmentTableOffset = roundUp(publisherTableOffset + publisherTableBytes, PAGE_BYTES);
  const dataSegmentTableBytes = publisherRowCount * DATA_SEGMENT_ROW_BYTES;
  const linkMatrixOffset = roundUp(dataSegmentTableOffset + dataSegmentTableBytes, PAGE_BYTES);
  const matrixBytes = publisherRowCount * quality.maxSubscribers * linkBytes;
  return {
    ...shape,
    linkCompletionOffsetBytes,
    linkBytes,
    nodeTableOffset: SERVICE_HEADER_BYTES,
    publisherTableOffset,
    subscriberTableOffset,
    dataSegmentTableOffset,
    linkMatrixOffset,
    segmentBytes: roundUp(linkMatrixOffset + matrixBytes, PAGE_BYTES),
  };
}

/** The header's numbers: which word holds which part of the geometry. */
const GEOMETRY_WORDS: readonly (readonly [number, (geometry: ServiceGeometry) => number])[] = [
  [SERVICE_HEADER_MAX_NODES_WORD, (g) => g.quality.maxNodes],
  [SERVICE_HEADER_MAX_PUBLISHERS_WORD, (g) => g.quality.maxPublishers],
  [SERVICE_HEADER_MAX_SUBSCRIBERS_WORD, (g) => g.quality.maxSubscribers],
  [SERVICE_HEADER_BUFFER_SIZE_WORD, (g) => g.quality.bufferSize],
  [SERVICE_HEADER_MAX_BORROWED_SAMPLES_WORD, (g) => g.quality.maxBorrowedSamples],
  [SERVICE_HEADER_MAX_LOANED_SAMPLES_WORD, (g) => g.quality.maxLoanedSamples],
  [SERVICE_HEADER_PUBLISHER_ROW_COUNT_WORD, (g) => g.publisherRowCount],
  [SERVICE_HEADER_SLOT_STRIDE_BYTES_WORD, (g) => g.slotStrideBytes],
  [SERVICE_HEADER_COMPLETION_ENTRY_COUNT_WORD, (g) => g.completionEntryCount],
  [SERVICE_HEADER_PAYLOAD_OFFSET_BYTES_WORD, (g) => g.payloadOffsetBytes],
  [SERVICE_HEADER_LINK_BYTES_WORD, (g) => g.linkBytes],
  [SERVICE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD, (g) => g.linkCompletionOffsetBytes],
];

const GEOMETRY_LONG_WORDS: readonly (readonly [number, (geometry: ServiceGeometry) => number])[] = [
  [SERVICE_HEADER_NODE_TABLE_OFFSET_WORD, (g) => g.nodeTableOffset],
  [SERVICE_HEADER_PUBLISHER_TABLE_OFFSET_WORD, (g) => g.publisherTableOffset],
  [SERVICE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD, (g) => g.subscriberTableOffset],
  [SERVICE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD, (g) => g.dataSegmentTableOffset],
  [SERVICE_HEADER_LINK_MATRIX_OFFSET_WORD, (g) => g.linkMatrixOffset],
];

/** Makes a service's segment. Throws FLOE_OUT_OF_MEMORY when there is no room. */
export function createServiceSegment(
  path: string,
  serviceId: Id,
  geometry: ServiceGeometry,
  permissions: Permissions,
  fill: (words: Int32Array) => void,
): Segment {
  return Segment.create({
    path,
    sizeBytes: geometry.segmentBytes,
    kind: SegmentKind.publishSubscribe,
    ownerId: serviceId,
    permissions,
    reserved: [{ offsetBytes: 0, lengthBytes: geometry.dataSegmentTableOffset }],
    fill: ({ words }) => {
      for (const [wordIndex, value] of GEOMETRY_WORDS) words[wordIndex] = value(geometry);
      for (const [wordIndex, value] of GEOMETRY_LONG_WORDS) {
        writeU64(words, wordIndex, value(geometry));
      }
      words[SERVICE_HEADER_STATE_WORD] = ServiceState.open;
      fill(words);
    },
  });
}

/** A mapped service segment and where everything lies in it. */
export interface OpenServiceSegment {
  readonly segment: Segment;
  readonly geometry: ServiceGeometry;
}

/**
 * Maps a service's segment and checks that it is shaped as its configuration allows.
 * Returns undefined when there is no file; throws FLOE_SERVICE_CORRUPT or FLOE_FORMAT_VERSION.
 */
export function openServiceSegment(
  path: string,
  serviceId: Id,
  quality: Quality,
): OpenServiceSegment | undefined {
  const segment = Segment.openIfPresent(path, SegmentKind.publishSubscribe, "read-write");
  if (segment === undefined) return undefined;
  try {
    if (segment.ownerId !== serviceId) {
      throw corrupt(path, "service id", serviceId, segment.ownerId);
    }
    const geometry = serviceGeometry(checkedShape(path, segment.words, quality));
    if (segment.sizeBytes !== geometry.segmentBytes) {
      throw corrupt(path, "size", `${geometry.segmentBytes} bytes`, `${segment.sizeBytes} bytes`);
    }
    for (const [wordIndex, value] of GEOMETRY_WORDS) {
      checkWord(path, wordIndex, value(geometry), segment.words[wordIndex]!);
    }
    for (const [wordIndex, value] of GEOMETRY_LONG_WORDS) {
      checkWord(path, wordIndex, value(geometry), readU64(segment.words, wordIndex));
    }
    return { segment, geometry };
  } catch (error) {
    segment.close();
    throw error;
  }
}

/** Reads what the creator chose, and refuses what no creator may choose. */
function checkedShape(path: string, words: Int32Array, quality: Quality): ServiceShape {
  const shape: ServiceShape = {
    quality,
    publisherRowCount: words[SERVICE_HEADER_PUBLISHER_ROW_COUNT_WORD]!,
    slotStrideBytes: words[SERVICE_HEADER_SLOT_STRIDE_BYTES_WORD]!,
    completionEntryCount: words[SERVICE_HEADER_COMPLETION_ENTRY_COUNT_WORD]!,
    payloadOffsetBytes: words[SERVICE_HEADER_PAYLOAD_OFFSET_BYTES_WORD]!,
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
    shape.payloadOffsetBytes >= CHUNK_HEADER_BYTES &&
    shape.payloadOffsetBytes <= PAGE_BYTES &&
    shape.payloadOffsetBytes % 8 === 0;
  if (!isAllowed) throw corrupt(path, "shape", "one that fits its limits", JSON.stringify(shape));
  return shape;
}

function checkWord(path: string, wordIndex: number, wanted: number, found: number): void {
  if (wanted !== found) throw corrupt(path, `byte ${wordIndex * 4}`, `${wanted}`, `${found}`);
}

/** The word at which a node's entry begins. */
export function nodeEntryWord(geometry: ServiceGeometry, nodeIndex: number): number {
  return (geometry.nodeTableOffset + nodeIndex * NODE_ENTRY_BYTES) / 4;
}

/** The word at which a publisher's entry begins. */
export function publisherEntryWord(geometry: ServiceGeometry, row: number): number {
  return (geometry.publisherTableOffset + row * PUBLISHER_ENTRY_BYTES) / 4;
}

/** The word at which a subscriber's entry begins. */
export function subscriberEntryWord(geometry: ServiceGeometry, column: number): number {
  return (geometry.subscriberTableOffset + column * SUBSCRIBER_ENTRY_BYTES) / 4;
}

/** The word at which a link begins. */
export function linkWord(geometry: ServiceGeometry, row: number, column: number): number {
  return linkOffsetBytes(geometry, row, column) / 4;
}

function linkOffsetBytes(geometry: ServiceGeometry, row: number, column: number): number {
  const linkIndex = row * geometry.quality.maxSubscribers + column;
  return geometry.linkMatrixOffset + linkIndex * geometry.linkBytes;
}

/** The word at which a publisher's entry for one of its data segments begins. */
export function dataSegmentEntryWord(
  geometry: ServiceGeometry,
  row: number,
  number: number,
): number {
  const rowOffset = geometry.dataSegmentTableOffset + row * DATA_SEGMENT_ROW_BYTES;
  return (rowOffset + number * DATA_SEGMENT_ENTRY_BYTES) / 4;
}

/** The bytes of a publisher's table of data segments. */
export function dataSegmentTableRange(geometry: ServiceGeometry, row: number): ByteRange {
  const offsetBytes = geometry.dataSegmentTableOffset + row * DATA_SEGMENT_ROW_BYTES;
  return { offsetBytes, lengthBytes: DATA_SEGMENT_ROW_BYTES };
}

/** The bytes of a link. */
export function linkRange(geometry: ServiceGeometry, row: number, column: number): ByteRange {
  const offsetBytes = linkOffsetBytes(geometry, row, column);
  return { offsetBytes, lengthBytes: geometry.linkBytes };
}
