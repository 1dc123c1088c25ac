/**
 * Segment: a file of shared memory, mapped.
 *
 * A segment is made complete under a temporary name and renamed into place, so nobody ever sees a
 * half-made one. Room is reserved with fallocate before the first access, so a full file system is
 * an error here and never a SIGBUS later. Everything begins with the same header, which is checked
 * before anything else is read: a foreign file, a foreign format version or a truncated file is a
 * clear error.
 */

import { FloeError } from "../errors.ts";
import {
  SEGMENT_HEADER_BYTES,
  SEGMENT_HEADER_FORMAT_MAJOR_WORD,
  SEGMENT_HEADER_FORMAT_MINOR_WORD,
  SEGMENT_HEADER_MAGIC_WORD,
  SEGMENT_HEADER_OWNER_ID_WORD,
  SEGMENT_HEADER_SEGMENT_BYTES_WORD,
  SEGMENT_HEADER_SEGMENT_KIND_WORD,
} from "../layout/segment-header.ts";
import { FORMAT_MAJOR, FORMAT_MINOR, SEGMENT_MAGIC } from "../layout/values.ts";
import {
  closeFile,
  createFile,
  openFileIfPresent,
  removeFileIfPresent,
  renamePath,
  resizeFile,
  statFile,
} from "../os/files.ts";
import { fallocate, type MappedBuffer, mmap, releaseMapping } from "../os/system-calls.ts";
import type { Words } from "../sync/words.ts";
import { type Id, readId, writeId } from "./id.ts";
import type { Permissions } from "./permissions.ts";

/** A part of a segment, in bytes. */
export interface ByteRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What a segment is made from. */
export interface SegmentCreation {
  /** Final path of the file. */
  readonly path: string;
  /** Size of the file; may be larger than what is reserved at once. */
  readonly sizeBytes: number;
  /** A value of SegmentKind. */
  readonly kind: number;
  /** The service's or publisher's id. */
  readonly ownerId: Id;
  readonly permissions: Permissions;
  /** The parts to back with memory now. */
  readonly reserved: readonly ByteRange[];
  /** Fills the memory in before anybody can see it. */
  readonly fill: (segment: Segment) => void;
}

/** A mapped file. Close it to give its memory back; the views then read zeroes. */
export class Segment {
  #path: string;
  readonly sizeBytes: number;
  /** The memory as 32-bit words. */
  readonly words: Words;
  /** The memory for access at any offset. */
  readonly view: DataView;
  /** The memory itself. */
  readonly buffer: MappedBuffer;
  #closed = false;

  private constructor(path: string, buffer: MappedBuffer) {
    this.#path = path;
    this.sizeBytes = buffer.byteLength;
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Makes a segment and maps it for reading and writing. Throws FLOE_OUT_OF_MEMORY when full. */
  static create(creation: SegmentCreation): Segment {
    const { path, sizeBytes, permissions } = creation;
    const temporaryPath = `${path}.tmp`;
    const fd = createFile(temporaryPath, permissions.fileMode, permissions.groupId);
    let segment: Segment | undefined;
    try {
      resizeFile(fd, sizeBytes);
      // Mapped first: what cannot be mapped need not be reserved. Nothing is touched before it is.
      segment = new Segment(path, mmap(fd, sizeBytes, "read-write", path));
      for (const range of creation.reserved) {
        fallocate(fd, range.offsetBytes, range.lengthBytes, path);
      }
      writeHeader(segment, creation);
      creation.fill(segment);
      renamePath(temporaryPath, path);
      return segment;
    } catch (error) {
      segment?.close();
      removeFileIfPresent(temporaryPath);
      throw error;
    } finally {
      closeFile(fd);
    }
  }

  /**
   * Maps an existing segment after checking its header. Returns undefined when there is no file.
   * Throws FLOE_SERVICE_CORRUPT or FLOE_FORMAT_VERSION when it is not what it should be.
   */
  static openIfPresent(
    path: string,
    kind: number,
    access: "read" | "read-write",
  ): Segment | undefined {
    const fd = openFileIfPresent(path, access);
    if (fd === undefined) return undefined;
    try {
      const { sizeBytes } = statFile(fd);
      if (sizeBytes < SEGMENT_HEADER_BYTES || sizeBytes % 4 !== 0) {
        const wanted = `at least ${SEGMENT_HEADER_BYTES} bytes, in words of 4`;
        throw corrupt(path, "size", wanted, `${sizeBytes} bytes`);
      }
      const segment = new Segment(path, mmap(fd, sizeBytes, access, path));
      try {
        checkHeader(segment, kind);
      } catch (error) {
        segment.close();
        throw error;
      }
      return segment;
    } finally {
      closeFile(fd);
    }
  }

  /** Where the file lies. */
  get path(): string {
    return this.#path;
  }

  /** Notes that the directory around the file was renamed. */
  moveTo(path: string): void {
    this.#path = path;
  }

  /** The id of the service or publisher that the segment belongs to. */
  get ownerId(): Id {
    return readId(this.words, SEGMENT_HEADER_OWNER_ID_WORD);
  }

  /** Backs further parts of the file with memory. Throws FLOE_OUT_OF_MEMORY when full. */
  reserve(ranges: readonly ByteRange[]): void {
    if (ranges.length === 0) return;
    const fd = openFileIfPresent(this.path, "read-write");
    if (fd === undefined) {
      throw corrupt(this.path, "file", "that is mapped", "that somebody has removed it");
    }
    try {
      for (const { offsetBytes, lengthBytes } of ranges) {
        fallocate(fd, offsetBytes, lengthBytes, this.path);
      }
    } finally {
      closeFile(fd);
    }
  }

  /** Gives the mapping back. Views that somebody still holds read zeroes from now on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    releaseMapping(this.buffer);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function writeHeader(segment: Segment, creation: SegmentCreation): void {
  const { words } = segment;
  words[SEGMENT_HEADER_MAGIC_WORD] = SEGMENT_MAGIC;
  words[SEGMENT_HEADER_FORMAT_MAJOR_WORD] = FORMAT_MAJOR;
  words[SEGMENT_HEADER_FORMAT_MINOR_WORD] = FORMAT_MINOR;
  words[SEGMENT_HEADER_SEGMENT_KIND_WORD] = creation.kind;
  writeU64(words, SEGMENT_HEADER_SEGMENT_BYTES_WORD, creation.sizeBytes);
  writeId(words, SEGMENT_HEADER_OWNER_ID_WORD, creation.ownerId);
}

function checkHeader(segment: Segment, kind: number): void {
  const { words, path, sizeBytes } = segment;
  const magic = words[SEGMENT_HEADER_MAGIC_WORD]!;
  if (magic !== SEGMENT_MAGIC) {
    throw corrupt(path, "magic", `0x${SEGMENT_MAGIC.toString(16)}`, `0x${magic.toString(16)}`);
  }
  const major = words[SEGMENT_HEADER_FORMAT_MAJOR_WORD]!;
  if (major !== FORMAT_MAJOR) throw foreignFormat(path, major);
  const foundKind = words[SEGMENT_HEADER_SEGMENT_KIND_WORD]!;
  if (foundKind !== kind) throw corrupt(path, "segment kind", `${kind}`, `${foundKind}`);
  const recordedBytes = readU64(words, SEGMENT_HEADER_SEGMENT_BYTES_WORD);
  if (recordedBytes !== sizeBytes) {
    throw corrupt(path, "size", `${recordedBytes} bytes as recorded`, `${sizeBytes} bytes`);
  }
}

/** Makes the error for a file of a service that cannot be what it says. */
export function corrupt(path: string, what: string, wanted: string, found: string): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: path,
    wanted: `${what} ${wanted}`,
    found,
    remedy: "The file was damaged or is not floe's; stop the service's processes and remove it.",
  });
}

/** Makes the error for memory that another major version of the format has written. */
export function foreignFormat(path: string, major: number): FloeError {
  return new FloeError("FLOE_FORMAT_VERSION", {
    subject: path,
    wanted: `format version ${FORMAT_MAJOR}`,
    found: `format version ${major}`,
    remedy: "Run all processes of a domain with versions of floe that share the major format.",
  });
}

/** Reads a 64-bit number that is at most 2^53. */
export function readU64(words: Words, wordIndex: number): number {
  return unsignedLong(words[wordIndex]!, words[wordIndex + 1]!);
}

/** The 64-bit number of two halves; imprecise beyond 2^53. */
export function unsignedLong(low: number, high: number): number {
  return (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}

/** Writes a 64-bit number that is at most 2^53. */
export function writeU64(words: Words, wordIndex: number, value: number): void {
  words[wordIndex] = value | 0;
  words[wordIndex + 1] = Math.floor(value / 0x1_0000_0000) | 0;
}
