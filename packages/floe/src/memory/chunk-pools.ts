/**
 * Chunk pools: the memory of one publisher, by size class.
 *
 * A pool is a stack of free chunks of one size. When it runs empty a further data segment is made,
 * each as large as all before it; when another class needs room, data segments that have become
 * entirely free are given back first. Everything here is private to the publisher (which chunk is
 * in use, and by how many), so no other process can break it; what others must know to map a
 * segment stands in the publisher's entry, through {@link DataSegmentDirectory}.
 */

import { FloeError } from "../errors.ts";
import {
  DATA_SEGMENT_FIRST_CHUNK_BYTES,
  DATA_SEGMENT_NUMBER_MAX,
  DESCRIPTOR_INDEX_BITS,
} from "../layout/values.ts";
import { removeFileIfPresent } from "../os/files.ts";
import type { Words } from "../sync/words.ts";
import {
  CHUNKS_PER_DATA_SEGMENT_MAX,
  type ChunkGeometry,
  createDataSegment,
  dataSegmentPath,
} from "./data-segment.ts";
import type { Id } from "./id.ts";
import type { Permissions } from "./permissions.ts";
import type { Segment } from "./segment.ts";
import { chunkStrideFor } from "./size-class.ts";

const INDEX_MASK = CHUNKS_PER_DATA_SEGMENT_MAX - 1;

/** A first data segment is made at most this large, unless two chunks need more. */
const FIRST_SEGMENT_BYTES = 1 << 20;

/** One chunk to fill while another is being read. */
const FIRST_SEGMENT_CHUNKS_MIN = 2;

/** Chunks of this size or more are returned and collected one by one, for their memory. */
export const LARGE_CHUNK_BYTES = 16_384;

/** Tells receivers which data segments exist; implemented over the publisher's entry. */
export interface DataSegmentDirectory {
  /** A segment has been made; it must be known before a chunk of it is sent. */
  announce(number: number, incarnation: number, geometry: ChunkGeometry): void;
  /** A segment of which no receiver holds a chunk is going away. */
  withdraw(number: number): void;
}

/** One data segment of this publisher, with the use of its chunks. */
export interface OwnedDataSegment extends ChunkGeometry {
  readonly number: number;
  readonly incarnation: number;
  readonly segment: Segment;
  /** The segment's memory, at one step less. */
  readonly words: Words;
  readonly view: DataView;
  readonly pool: ChunkPool;
  /** How many receivers hold the chunk, by index. */
  readonly references: Uint16Array;
  /** Views of raw payloads, kept so that sending needs no new ones. */
  readonly views: (Uint8Array | undefined)[];
}

/** The free chunks of one size class: a stack, so that the chunk used last is used next. */
export class ChunkPool {
  readonly chunkStrideBytes: number;
  /** Whether chunks are so large that they are collected after each message. */
  readonly isLarge: boolean;
  #free: Int32Array = new Int32Array(16);
  #freeCount = 0;
  /** Chunks in all segments of the class. */
  chunkCount = 0;

  constructor(chunkStrideBytes: number) {
    this.chunkStrideBytes = chunkStrideBytes;
    this.isLarge = chunkStrideBytes >= LARGE_CHUNK_BYTES;
  }

  /** Takes a free chunk: its descriptor, or 0 when there is none. */
  take(): number {
    if (this.#freeCount === 0) return 0;
    this.#freeCount -= 1;
    return this.#free[this.#freeCount]!;
  }

  /** Puts a chunk back. */
  put(descriptor: number): void {
    this.#free[this.#freeCount] = descriptor;
    this.#freeCount += 1;
  }

  /** Makes room for the chunks of a new segment and adds them, lowest index on top. */
  add(number: number, chunkCount: number): void {
    this.chunkCount += chunkCount;
    if (this.chunkCount > this.#free.length) {
      const grown = new Int32Array(this.chunkCount);
      grown.set(this.#free.subarray(0, this.#freeCount));
      this.#free = grown;
    }
    for (let index = chunkCount - 1; index >= 0; index -= 1) {
      this.put((number << DESCRIPTOR_INDEX_BITS) | index);
    }
  }

  /** Takes the chunks of a segment out again if all of them are free; says whether it did. */
  removeIfFree(number: number, chunkCount: number): boolean {
    const kept = this.#free
      .subarray(0, this.#freeCount)
      .filter((descriptor) => descriptor >>> DESCRIPTOR_INDEX_BITS !== number);
    if (this.#freeCount - kept.length !== chunkCount) return false;
    this.#free.set(kept);
    this.#freeCount = kept.length;
    this.chunkCount -= chunkCount;
    return true;
  }
}

/** All chunks of one publisher. */
export class ChunkPools {
  /** Segments by number, 1 to 63. */
  readonly segments: (OwnedDataSegment | undefined)[];
  readonly #directory: string;
  readonly #publisherId: Id;
  readonly #permissions: Permissions;
  readonly #announcements: DataSegmentDirectory;
  readonly #chunksUsual: number;
  readonly #pools: Map<number, ChunkPool> = new Map();
  readonly #incarnations: Uint32Array = new Uint32Array(DATA_SEGMENT_NUMBER_MAX + 1);

  constructor(options: {
    directory: string;
    publisherId: Id;
    permissions: Permissions;
    announcements: DataSegmentDirectory;
    /** So many chunks a new class gets, unless they are large. */
    chunksUsual: number;
  }) {
    this.segments = new Array(DATA_SEGMENT_NUMBER_MAX + 1).fill(undefined);
    this.#directory = options.directory;
    this.#publisherId = options.publisherId;
    this.#permissions = options.permissions;
    this.#announcements = options.announcements;
    this.#chunksUsual = options.chunksUsual;
  }

  /** The pool for messages of `neededBytes`, chunk header included. */
  poolFor(neededBytes: number): ChunkPool {
    const chunkStrideBytes = chunkStrideFor(neededBytes);
    let pool = this.#pools.get(chunkStrideBytes);
    if (pool === undefined) {
      pool = new ChunkPool(chunkStrideBytes);
      this.#pools.set(chunkStrideBytes, pool);
    }
    return pool;
  }

  /** Puts a chunk back to where it belongs. */
  free(descriptor: number): void {
    this.segments[descriptor >>> DESCRIPTOR_INDEX_BITS]!.pool.put(descriptor);
  }

  /** Makes a further data segment for a pool. Throws FLOE_OUT_OF_MEMORY when there is no room. */
  grow(pool: ChunkPool): void {
    this.#giveBackUnused(pool);
    const number = this.segments.indexOf(undefined, 1);
    if (number === -1) {
      throw new FloeError("FLOE_OUT_OF_MEMORY", {
        subject: `publisher ${this.#publisherId}`,
        wanted: "a further data segment",
        found: `${DATA_SEGMENT_NUMBER_MAX} data segments in use`,
        remedy: "Let subscribers release their samples, or send fewer different sizes.",
      });
    }
    const geometry = this.#geometryOfNext(pool);
    const incarnation = (this.#incarnations[number] ?? 0) + 1;
    const name = {
      directory: this.#directory,
      publisherId: this.#publisherId,
      number,
      incarnation,
    };
    const segment = createDataSegment(name, geometry, this.#permissions);
    this.#incarnations[number] = incarnation;
    this.segments[number] = {
      ...geometry,
      number,
      incarnation,
      segment,
      words: segment.words,
      view: segment.view,
      pool,
      references: new Uint16Array(geometry.chunkCount),
      views: new Array(geometry.chunkCount).fill(undefined),
    };
    pool.add(number, geometry.chunkCount);
    this.#announcements.announce(number, incarnation, geometry);
  }

  #geometryOfNext(pool: ChunkPool): ChunkGeometry {
    const fitting = Math.floor(FIRST_SEGMENT_BYTES / pool.chunkStrideBytes);
    const first = Math.max(FIRST_SEGMENT_CHUNKS_MIN, Math.min(fitting, this.#chunksUsual));
    return {
      chunkCount: Math.min(pool.chunkCount || first, CHUNKS_PER_DATA_SEGMENT_MAX),
      chunkStrideBytes: pool.chunkStrideBytes,
    };
  }

  /** Gives segments of other classes back that nobody uses. */
  #giveBackUnused(growing: ChunkPool): void {
    for (const owned of this.segments) {
      if (owned === undefined || owned.chunkStrideBytes === growing.chunkStrideBytes) continue;
      if (!owned.pool.removeIfFree(owned.number, owned.chunkCount)) continue;
      this.segments[owned.number] = undefined;
      this.#announcements.withdraw(owned.number);
      owned.segment.close();
      removeFileIfPresent(this.#pathOf(owned));
    }
  }

  #pathOf(owned: OwnedDataSegment): string {
    return dataSegmentPath({
      directory: this.#directory,
      publisherId: this.#publisherId,
      number: owned.number,
      incarnation: owned.incarnation,
    });
  }

  /** Unmaps everything; the files stay, see {@link paths}. */
  close(): void {
    for (const owned of this.segments) owned?.segment.close();
  }

  /** Paths of the data segments that exist now. */
  paths(): string[] {
    return this.segments.flatMap((owned) => (owned === undefined ? [] : [this.#pathOf(owned)]));
  }
}

/** Where the chunk of a descriptor begins, given its segment's geometry. */
export function chunkOffsetBytes(geometry: ChunkGeometry, descriptor: number): number {
  return DATA_SEGMENT_FIRST_CHUNK_BYTES + (descriptor & INDEX_MASK) * geometry.chunkStrideBytes;
}

/** The index of a descriptor's chunk in its data segment. */
export function chunkIndex(descriptor: number): number {
  return descriptor & INDEX_MASK;
}

/** The number of a descriptor's data segment. */
export function chunkSegmentNumber(descriptor: number): number {
  return descriptor >>> DESCRIPTOR_INDEX_BITS;
}
