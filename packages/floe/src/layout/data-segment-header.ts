/**
 * DataSegmentHeader: The first page of a data segment; the segment header is its beginning, the chunks follow.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const DATA_SEGMENT_HEADER_BYTES = 4096;

/** Its number, 1 to 63. A u32 at byte 128, as an index of words. */
export const DATA_SEGMENT_HEADER_NUMBER_WORD = 32;

/** Which of the files with this number. A u32 at byte 132, as an index of words. */
export const DATA_SEGMENT_HEADER_INCARNATION_WORD = 33;

/** Chunks in the segment. A u32 at byte 136, as an index of words. */
export const DATA_SEGMENT_HEADER_CHUNK_COUNT_WORD = 34;

/** Distance of two chunks. A u64 at byte 144, as an index of words. */
export const DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD = 36;
