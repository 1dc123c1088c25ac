/**
 * Data segment: a file of equally large chunks, written by one publisher and read by many.
 *
 * A chunk is named by a descriptor: the number of its data segment (1 to 63) above its index in it.
 * A number may be used again by a later file; the *incarnation* tells them apart and is part of the
 * file's name, so that a receiver can never mistake one for the other.
 */

import {
  DATA_SEGMENT_HEADER_CHUNK_COUNT_WORD,
  DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD,
  DATA_SEGMENT_HEADER_INCARNATION_WORD,
  DATA_SEGMENT_HEADER_NUMBER_WORD,
} from "../layout/data-segment-header.ts";
import {
  CHUNK_ALIGNMENT_BYTES,
  DATA_SEGMENT_FIRST_CHUNK_BYTES,
  DESCRIPTOR_INDEX_BITS,
  SegmentKind,
} from "../layout/values.ts";
import type { Id } from "./id.ts";
import type { Permissions } from "./permissions.ts";
import { corrupt, readU64, Segment, writeU64 } from "./segment.ts";

/** Chunks that a data segment can have at most. */
export const CHUNKS_PER_DATA_SEGMENT_MAX: number = 1 << DESCRIPTOR_INDEX_BITS;

/** How the names of a publisher's data segments begin. */
export function dataSegmentPrefix(publisherId: Id): string {
  return `data.${publisherId}.`;
}

/** Which data segment of which publisher. */
export interface DataSegmentName {
  readonly directory: string;
  readonly publisherId: Id;
  readonly number: number;
  readonly incarnation: number;
}

/** How the chunks lie in a data segment. */
export interface ChunkGeometry {
  readonly chunkCount: number;
  readonly chunkStrideBytes: number;
}

/** The path of a data segment's file. */
export function dataSegmentPath(name: DataSegmentName): string {
  const prefix = dataSegmentPrefix(name.publisherId);
  return `${name.directory}/${prefix}${name.number}.${name.incarnation}`;
}

/** Size of a data segment's file. */
export function dataSegmentBytes(geometry: ChunkGeometry): number {
  return DATA_SEGMENT_FIRST_CHUNK_BYTES + geometry.chunkCount * geometry.chunkStrideBytes;
}

/** Makes a data segment with all its memory. Throws FLOE_OUT_OF_MEMORY when there is no room. */
export function createDataSegment(
  name: DataSegmentName,
  geometry: ChunkGeometry,
  permissions: Permissions,
): Segment {
  const sizeBytes = dataSegmentBytes(geometry);
  return Segment.create({
    path: dataSegmentPath(name),
    sizeBytes,
    kind: SegmentKind.data,
    ownerId: name.publisherId,
    permissions,
    reserved: [{ offsetBytes: 0, lengthBytes: sizeBytes }],
    fill: ({ words }) => {
      words[DATA_SEGMENT_HEADER_NUMBER_WORD] = name.number;
      words[DATA_SEGMENT_HEADER_INCARNATION_WORD] = name.incarnation;
      words[DATA_SEGMENT_HEADER_CHUNK_COUNT_WORD] = geometry.chunkCount;
      writeU64(words, DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD, geometry.chunkStrideBytes);
    },
  });
}

/** Maps a publisher's data segment for reading and checks that it is the expected one. */
export function openDataSegment(
  name: DataSegmentName,
  geometry: ChunkGeometry,
): Segment | undefined {
  const path = dataSegmentPath(name);
  const segment = Segment.openIfPresent(path, SegmentKind.data, "read");
  if (segment === undefined) return undefined;
  const { words } = segment;
  const found: ChunkGeometry = {
    chunkCount: words[DATA_SEGMENT_HEADER_CHUNK_COUNT_WORD]!,
    chunkStrideBytes: readU64(words, DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD),
  };
  const fits =
    segment.ownerId === name.publisherId &&
    words[DATA_SEGMENT_HEADER_NUMBER_WORD] === name.number &&
    words[DATA_SEGMENT_HEADER_INCARNATION_WORD] === name.incarnation &&
    found.chunkStrideBytes % CHUNK_ALIGNMENT_BYTES === 0 &&
    found.chunkCount === geometry.chunkCount &&
    found.chunkStrideBytes === geometry.chunkStrideBytes &&
    segment.sizeBytes === dataSegmentBytes(geometry);
  if (!fits) {
    segment.close();
    throw corrupt(
      path,
      "chunks",
      `${geometry.chunkCount} of ${geometry.chunkStrideBytes} bytes`,
      `${found.chunkCount} of ${found.chunkStrideBytes} bytes in ${segment.sizeBytes} bytes`,
    );
  }
  return segment;
}
