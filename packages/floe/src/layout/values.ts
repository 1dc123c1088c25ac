/**
 * Values: numbers of the format that belong to no single structure, and the states of words.
 *
 * The word of a submission slot; a completion entry is the same with a tag of 0:
 *
 * ```text
 *  3 3                   2                   1                   0
 *  1 0 9 8 7 6 5 4 3 2 1 0 9 8 7 6 5 4 3 2 1 0 9 8 7 6 5 4 3 2 1 0
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |        tag        |  segment  |          chunk index          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Must be equal in all processes of a service. */
export const FORMAT_MAJOR = 3;

/** May differ; a reader ignores what it does not know. */
export const FORMAT_MINOR = 0;

/** The letters FLOE, first in every segment. */
export const SEGMENT_MAGIC = 0x454f4c46;

/** Distance that keeps two contended words apart: two cache lines. */
export const CONTENDED_BYTES = 128;

/** Granularity in which tables are backed by memory. */
export const PAGE_BYTES = 4096;

/** Low bits of a submission slot: the chunk descriptor. */
export const DESCRIPTOR_BITS = 22;

/**
 * Low bits of a descriptor: the chunk's index in its data segment; the bits above are the number of
 * the data segment.
 */
export const DESCRIPTOR_INDEX_BITS = 16;

/** High bits of a submission slot: the lap in which it was filled, modulo 2^10. */
export const TAG_BITS = 10;

/** Data segments of a publisher are numbered 1 to 63; 0 marks an empty slot. */
export const DATA_SEGMENT_NUMBER_MAX = 63;

/** Size of a publisher's table of data segments: 64 entries, the first one unused. */
export const DATA_SEGMENT_ROW_BYTES = 2048;

/** Offset of the first chunk in a data segment. */
export const DATA_SEGMENT_FIRST_CHUNK_BYTES = 4096;

/** Chunks begin at multiples of this; so the distance of two chunks is one. */
export const CHUNK_ALIGNMENT_BYTES = 128;

/** Offset of the submission slots in a link: right after the link's own words. */
export const LINK_SLOTS_OFFSET_BYTES = 256;

/** What a segment holds. */
export const SegmentKind = {
  /** Tables and links of a publish-subscribe service. */
  publishSubscribe: 1,
  /** Chunks of one publisher. */
  data: 2,
  /** Tables and counts of an event service. */
  event: 3,
} as const;

/** Whether a service may be joined. */
export const ServiceState = {
  /** It may. */
  open: 1,
  /** Its last node has left and its files are being removed; look again. */
  removed: 2,
} as const;

/** Who uses an entry of a table. */
export const EntryState = {
  /** Nobody. */
  free: 0,
  /** Somebody is filling it in; not to be looked at. */
  joining: 1,
  /** A living port or node. */
  active: 2,
  /** A closed publisher whose messages have not all been taken. */
  draining: 3,
  /** The same of a publisher that did not close: its node died. */
  orphaned: 4,
  /** A subscriber that lives and does not take its messages: it gets no more. */
  ejected: 5,
} as const;

/** Bits of a port's bell; none of the lower two: it is awake, and need not be rung. */
export const Bell = {
  /** It sleeps on the bell itself, as a futex. */
  blocked: 1,
  /** It sleeps on its node's FIFO, in an event loop or in ppoll. */
  loop: 2,
  /** Somebody is about to ring it. */
  ringing: 4,
  /** The unit in which waits are counted. */
  waitNumber: 8,
} as const;
