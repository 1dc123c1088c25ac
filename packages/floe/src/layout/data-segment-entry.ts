/**
 * DataSegmentEntry: What a receiver must know to map a data segment of a publisher.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const DATA_SEGMENT_ENTRY_BYTES = 32;

/** 0: absent. Else counts the files that had this number; part of the file's name. A word at byte 0, as an index of words. */
export const DATA_SEGMENT_ENTRY_INCARNATION_WORD = 0;

/** Chunks in the segment, 1 to 65536. A u32 at byte 4, as an index of words. */
export const DATA_SEGMENT_ENTRY_CHUNK_COUNT_WORD = 1;

/** Distance of two chunks. A u64 at byte 8, as an index of words. */
export const DATA_SEGMENT_ENTRY_CHUNK_STRIDE_BYTES_WORD = 2;
