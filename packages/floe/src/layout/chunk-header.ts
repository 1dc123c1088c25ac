/**
 * ChunkHeader: The beginning of every chunk; the payload follows at the service's
 * payloadOffsetBytes.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 |                      sequence, low half                       |
 *      4 |                      sequence, high half                      |
 *        +---------------------------------------------------------------+
 *      8 |                    payloadBytes, low half                     |
 *     12 |                    payloadBytes, high half                    |
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const CHUNK_HEADER_BYTES = 16;

/** Counts the publisher's messages from 1 (u64 at byte 0, written by the publisher). */
export const CHUNK_HEADER_SEQUENCE_WORD = 0;

/** Length of the payload (u64 at byte 8, written by the publisher). */
export const CHUNK_HEADER_PAYLOAD_BYTES_WORD = 2;
