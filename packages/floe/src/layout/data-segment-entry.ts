/**
 * DataSegmentEntry: What a receiver must know to map a data segment of a publisher.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 |                          incarnation                          |
 *        +---------------------------------------------------------------+
 *      4 |                          chunkCount                           |
 *        +---------------------------------------------------------------+
 *      8 |                  chunkStrideBytes, low half                   |
 *     12 |                  chunkStrideBytes, high half                  |
 *        +---------------------------------------------------------------+
 *     16 ~                     16 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const DATA_SEGMENT_ENTRY_BYTES = 32;

/**
 * 0: absent. Else counts the files that had this number; part of the file's name (word at byte 0,
 * written by the publisher).
 */
export const DATA_SEGMENT_ENTRY_INCARNATION_WORD = 0;

/** Chunks in the segment, 1 to 65536 (u32 at byte 4, written by the publisher). */
export const DATA_SEGMENT_ENTRY_CHUNK_COUNT_WORD = 1;

/** Distance of two chunks (u64 at byte 8, written by the publisher). */
export const DATA_SEGMENT_ENTRY_CHUNK_STRIDE_BYTES_WORD = 2;
