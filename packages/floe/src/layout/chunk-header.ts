/**
 * ChunkHeader: Before every payload.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const CHUNK_HEADER_BYTES = 16;

/** Counts the publisher's messages from 1, modulo 2^32. A u32 at byte 0, as an index of words. */
export const CHUNK_HEADER_SEQUENCE_WORD = 0;

/** Reserved, 0. A u32 at byte 4, as an index of words. */
export const CHUNK_HEADER_FLAGS_WORD = 1;

/** Length of the payload. A u64 at byte 8, as an index of words. */
export const CHUNK_HEADER_PAYLOAD_BYTES_WORD = 2;
