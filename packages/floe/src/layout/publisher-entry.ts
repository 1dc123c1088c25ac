/**
 * PublisherEntry: A publisher.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 |                             state                             |
 *        +---------------------------------------------------------------+
 *      4 |                          generation                           |
 *        +---------------------------------------------------------------+
 *      8 ~                     8 bytes, reserved: 0                      ~
 *        +---------------------------------------------------------------+
 *     16 |                    portId, bits 127 to 96                     |
 *     20 |                     portId, bits 95 to 64                     |
 *     24 |                     portId, bits 63 to 32                     |
 *     28 |                     portId, bits 31 to 0                      |
 *        +---------------------------------------------------------------+
 *     32 |                    nodeId, bits 127 to 96                     |
 *     36 |                     nodeId, bits 95 to 64                     |
 *     40 |                     nodeId, bits 63 to 32                     |
 *     44 |                     nodeId, bits 31 to 0                      |
 *        +---------------------------------------------------------------+
 *     48 ~                     80 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const PUBLISHER_ENTRY_BYTES = 128;

/** A value of EntryState (word at byte 0, written under the control lock). */
export const PUBLISHER_ENTRY_STATE_WORD = 0;

/**
 * Distinguishes it from earlier publishers in this entry (u32 at byte 4, written by the publisher).
 */
export const PUBLISHER_ENTRY_GENERATION_WORD = 1;

/** Names its data segments (id128 at byte 16, written by the publisher). */
export const PUBLISHER_ENTRY_PORT_ID_WORD = 4;

/** The node it belongs to (id128 at byte 32, written by the publisher). */
export const PUBLISHER_ENTRY_NODE_ID_WORD = 8;
