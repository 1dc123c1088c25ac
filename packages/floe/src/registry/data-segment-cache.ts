/**
 * Data segment cache: each data segment is mapped once for all subscribers of a node.
 *
 * Mappings then grow with services and publishers, not with pairs of ports.
 */

import {
  type ChunkGeometry,
  type DataSegmentName,
  dataSegmentPath,
  openDataSegment,
} from "../memory/data-segment.ts";
import type { Id } from "../memory/id.ts";
import type { Segment } from "../memory/segment.ts";
import type { Words } from "../sync/words.ts";

/** A publisher's data segment, mapped for reading. */
export interface MappedDataSegment extends ChunkGeometry {
  readonly incarnation: number;
  readonly segment: Segment;
  /** The segment's memory, at one step less. */
  readonly words: Words;
  readonly view: DataView;
  /** Views of raw payloads, kept so that receiving needs no new ones. */
  readonly views: (Uint8Array | undefined)[];
}

interface CacheEntry {
  readonly mapped: MappedDataSegment;
  uses: number;
}

/** The data segments that the subscribers of a node have mapped. */
export class DataSegmentCache {
  readonly #directory: string;
  readonly #entries: Map<string, CacheEntry> = new Map();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Maps a data segment, or counts one more user; undefined when its file is gone. */
  acquire(
    publisherId: Id,
    number: number,
    incarnation: number,
    geometry: ChunkGeometry,
  ): MappedDataSegment | undefined {
    const name: DataSegmentName = {
      directory: this.#directory,
      publisherId,
      number,
      incarnation,
    };
    const path = dataSegmentPath(name);
    const entry = this.#entries.get(path);
    if (entry !== undefined) {
      entry.uses += 1;
      return entry.mapped;
    }
    const segment = openDataSegment(name, geometry);
    if (segment === undefined) return undefined;
    const { words, view } = segment;
    const { chunkCount, chunkStrideBytes } = geometry;
    const mapped: MappedDataSegment = {
      chunkCount,
      chunkStrideBytes,
      incarnation,
      segment,
      words,
      view,
      views: new Array(chunkCount).fill(undefined),
    };
    this.#entries.set(path, { mapped, uses: 1 });
    return mapped;
  }

  /** Counts one user less; the last one unmaps. */
  release(mapped: MappedDataSegment): void {
    const { path } = mapped.segment;
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    entry.uses -= 1;
    if (entry.uses > 0) return;
    this.#entries.delete(path);
    mapped.segment.close();
  }

  /** Unmaps everything. */
  close(): void {
    for (const { mapped } of this.#entries.values()) mapped.segment.close();
    this.#entries.clear();
  }
}
