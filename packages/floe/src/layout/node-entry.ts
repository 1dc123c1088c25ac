/**
 * NodeEntry: A node that has the service open.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 |                             state                             |
 *        +---------------------------------------------------------------+
 *      4 ~                     12 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *     16 |                    nodeId, bits 127 to 96                     |
 *     20 |                     nodeId, bits 95 to 64                     |
 *     24 |                     nodeId, bits 63 to 32                     |
 *     28 |                     nodeId, bits 31 to 0                      |
 *        +---------------------------------------------------------------+
 *     32 ~                     32 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const NODE_ENTRY_BYTES = 64;

/** A value of EntryState: free or active (word at byte 0, written under the control lock). */
export const NODE_ENTRY_STATE_WORD = 0;

/** Who it is (id128 at byte 16, written by the node when it joins). */
export const NODE_ENTRY_NODE_ID_WORD = 4;
