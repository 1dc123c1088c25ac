/**
 * DataSegmentHeader: The first page of a data segment; the chunks follow.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 ~                   segmentHeader, 128 bytes                    ~
 *        +---------------------------------------------------------------+
 *    128 |                            number                             |
 *        +---------------------------------------------------------------+
 *    132 |                          incarnation                          |
 *        +---------------------------------------------------------------+
 *    136 |                          chunkCount                           |
 *        +---------------------------------------------------------------+
 *    140 ~                     4 bytes, reserved: 0                      ~
 *        +---------------------------------------------------------------+
 *    144 |                  chunkStrideBytes, low half                   |
 *    148 |                  chunkStrideBytes, high half                  |
 *        +---------------------------------------------------------------+
 *    152 ~                    3944 bytes, reserved: 0                    ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const DATA_SEGMENT_HEADER_BYTES = 4096;

/** Its number, 1 to 63 (u32 at byte 128, written by the creator). */
export const DATA_SEGMENT_HEADER_NUMBER_WORD = 32;

/** Which of the files with this number (u32 at byte 132, written by the creator). */
export const DATA_SEGMENT_HEADER_INCARNATION_WORD = 33;

/** Chunks in the segment, 1 to 65536 (u32 at byte 136, written by the creator). */
export const DATA_SEGMENT_HEADER_CHUNK_COUNT_WORD = 34;

/** Distance of two chunks (u64 at byte 144, written by the creator). */
export const DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD = 36;
