/**
 * Service segment: the one file in which all ports of a service meet.
 *
 * Limits are fixed when a service is created, so everything has its place from the beginning. What
 * the segments of all patterns share stands here: the header's numbers, which everybody who opens
 * one checks against the configuration, the table of nodes, and tables of ports.
 */

import { NODE_ENTRY_BYTES } from "../layout/node-entry.ts";
import { PORT_ENTRY_BYTES } from "../layout/port-entry.ts";
import {
  SERVICE_HEADER_MAX_NODES_WORD,
  SERVICE_HEADER_NODE_TABLE_OFFSET_WORD,
  SERVICE_HEADER_STATE_WORD,
} from "../layout/service-header.ts";
import { PAGE_BYTES, ServiceState } from "../layout/values.ts";
import type { Id } from "../memory/id.ts";
import type { Permissions } from "../memory/permissions.ts";
import { type ByteRange, corrupt, readU64, Segment, writeU64 } from "../memory/segment.ts";

/** Where the parts lie that every service's segment has. */
export interface CommonGeometry {
  readonly maxNodes: number;
  readonly nodeTableOffset: number;
  /** The tables of ports, one for each side. */
  readonly portTables: readonly PortTable[];
  readonly segmentBytes: number;
}

/** A mapped service segment and where everything lies in it. */
export interface OpenServiceSegment<Geometry extends CommonGeometry> {
  readonly segment: Segment;
  readonly geometry: Geometry;
}

/** A number of the header: in which word it stands, and what it must be. */
export type HeaderNumber<Geometry> = readonly [
  wordIndex: number,
  valueIn: (geometry: Geometry) => number,
];

/** The numbers of a pattern's header, those of 32 and those of 64 bits. */
export interface HeaderNumbers<Geometry> {
  readonly words: readonly HeaderNumber<Geometry>[];
  readonly longs: readonly HeaderNumber<Geometry>[];
}

const COMMON_NUMBERS: HeaderNumbers<CommonGeometry> = {
  words: [[SERVICE_HEADER_MAX_NODES_WORD, (g) => g.maxNodes]],
  longs: [[SERVICE_HEADER_NODE_TABLE_OFFSET_WORD, (g) => g.nodeTableOffset]],
};

/** Rounds up to a multiple. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** What a service's segment is made from. */
export interface ServiceSegmentCreation<Geometry extends CommonGeometry> {
  readonly path: string;
  /** A value of SegmentKind. */
  readonly kind: number;
  readonly serviceId: Id;
  readonly geometry: Geometry;
  readonly numbers: HeaderNumbers<Geometry>;
  readonly permissions: Permissions;
  readonly reserved: readonly ByteRange[];
  readonly fill: (words: Int32Array) => void;
}

/** Makes a service's segment. Throws FLOE_OUT_OF_MEMORY when there is no room. */
export function createSegmentOfService<Geometry extends CommonGeometry>(
  creation: ServiceSegmentCreation<Geometry>,
): Segment {
  const { geometry, numbers } = creation;
  return Segment.create({
    path: creation.path,
    sizeBytes: geometry.segmentBytes,
    kind: creation.kind,
    ownerId: creation.serviceId,
    permissions: creation.permissions,
    reserved: creation.reserved,
    fill: ({ words }) => {
      for (const { words: shorts, longs } of [COMMON_NUMBERS, numbers]) {
        for (const [wordIndex, valueIn] of shorts) words[wordIndex] = valueIn(geometry);
        for (const [wordIndex, valueIn] of longs) writeU64(words, wordIndex, valueIn(geometry));
      }
      words[SERVICE_HEADER_STATE_WORD] = ServiceState.open;
      creation.fill(words);
    },
  });
}

/**
 * Maps a service's segment and checks that it is shaped as its configuration, which `geometryOf`
 * looks at, allows. Returns undefined when there is no file; throws FLOE_SERVICE_CORRUPT or
 * FLOE_FORMAT_VERSION.
 */
export function openSegmentOfService<Geometry extends CommonGeometry>(
  path: string,
  kind: number,
  serviceId: Id,
  numbers: HeaderNumbers<Geometry>,
  geometryOf: (words: Int32Array) => Geometry,
): OpenServiceSegment<Geometry> | undefined {
  const segment = Segment.openIfPresent(path, kind, "read-write");
  if (segment === undefined) return undefined;
  try {
    const { words } = segment;
    if (segment.ownerId !== serviceId) {
      throw corrupt(path, "service id", serviceId, segment.ownerId);
    }
    if (segment.sizeBytes < PAGE_BYTES) {
      throw corrupt(path, "size", `at least ${PAGE_BYTES} bytes`, `${segment.sizeBytes} bytes`);
    }
    const geometry = geometryOf(words);
    if (segment.sizeBytes !== geometry.segmentBytes) {
      throw corrupt(path, "size", `${geometry.segmentBytes} bytes`, `${segment.sizeBytes} bytes`);
    }
    for (const { words: shorts, longs } of [COMMON_NUMBERS, numbers]) {
      for (const [wordIndex, valueIn] of shorts) {
        checkNumber(path, wordIndex, valueIn(geometry), words[wordIndex]!);
      }
      for (const [wordIndex, valueIn] of longs) {
        checkNumber(path, wordIndex, valueIn(geometry), readU64(words, wordIndex));
      }
    }
    return { segment, geometry };
  } catch (error) {
    segment.close();
    throw error;
  }
}

function checkNumber(path: string, wordIndex: number, wanted: number, found: number): void {
  if (wanted !== found) throw corrupt(path, `byte ${wordIndex * 4}`, `${wanted}`, `${found}`);
}

/** The word at which a node's entry begins. */
export function nodeEntryWord(geometry: CommonGeometry, nodeIndex: number): number {
  return (geometry.nodeTableOffset + nodeIndex * NODE_ENTRY_BYTES) / 4;
}

/** Bytes of the table of nodes. */
export function nodeTableBytes(maxNodes: number): number {
  return maxNodes * NODE_ENTRY_BYTES;
}

/** A table of ports of one kind. */
export interface PortTable {
  readonly offsetBytes: number;
  readonly entryCount: number;
}

/** Bytes of a table of ports. */
export function portTableBytes(entryCount: number): number {
  return entryCount * PORT_ENTRY_BYTES;
}

/** The word at which a port's entry begins. */
export function portEntryWord(table: PortTable, portIndex: number): number {
  return (table.offsetBytes + portIndex * PORT_ENTRY_BYTES) / 4;
}
