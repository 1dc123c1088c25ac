/**
 * Link: The way from one publisher to one subscriber and back. The submission slots follow at
 * linkSlotsOffsetBytes, the completion entries at the service's linkCompletionOffsetBytes.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 |                      connectedGeneration                      |
 *        +---------------------------------------------------------------+
 *      4 ~                     4 bytes, reserved: 0                      ~
 *        +---------------------------------------------------------------+
 *      8 |                    firstSequence, low half                    |
 *     12 |                   firstSequence, high half                    |
 *        +---------------------------------------------------------------+
 *     16 ~                    112 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    128 |                        completionTail                         |
 *        +---------------------------------------------------------------+
 *    132 |                       drainedGeneration                       |
 *        +---------------------------------------------------------------+
 *    136 ~                    120 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const LINK_BYTES = 256;

/**
 * Generation of the subscriber that is served; 0: nobody (word at byte 0, written by the
 * publisher).
 */
export const LINK_CONNECTED_GENERATION_WORD = 0;

/**
 * Sequence number of the first message on this link; what is missing from it on was missed (u64 at
 * byte 8, written by the publisher).
 */
export const LINK_FIRST_SEQUENCE_WORD = 2;

/** Counts the chunks given back, modulo 2^32 (word at byte 128, written by the subscriber). */
export const LINK_COMPLETION_TAIL_WORD = 32;

/**
 * Generation of the closed publisher from whom this subscriber needs nothing more (word at byte
 * 132, written by the subscriber).
 */
export const LINK_DRAINED_GENERATION_WORD = 33;
