/**
 * ServiceHeader: The beginning of a service's segment, whatever the pattern.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 ~                   segmentHeader, 128 bytes                    ~
 *        +---------------------------------------------------------------+
 *    128 |                             state                             |
 *        +---------------------------------------------------------------+
 *    132 |                           maxNodes                            |
 *        +---------------------------------------------------------------+
 *    136 |                   nodeTableOffset, low half                   |
 *    140 |                  nodeTableOffset, high half                   |
 *        +---------------------------------------------------------------+
 *    144 |                          generation                           |
 *        +---------------------------------------------------------------+
 *    148 ~                    108 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    256 |                       receiverTopology                        |
 *        +---------------------------------------------------------------+
 *    260 ~                    124 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    384 |                        senderTopology                         |
 *        +---------------------------------------------------------------+
 *    388 ~                    124 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const SERVICE_HEADER_BYTES = 512;

/** A value of ServiceState (word at byte 128, written under the control lock). */
export const SERVICE_HEADER_STATE_WORD = 32;

/** Entries of the node table (u32 at byte 132, written by the creator). */
export const SERVICE_HEADER_MAX_NODES_WORD = 33;

/** Where the node table begins (u64 at byte 136, written by the creator). */
export const SERVICE_HEADER_NODE_TABLE_OFFSET_WORD = 34;

/**
 * Last generation given to a port; each joining port takes the next, never 0 (word at byte 144,
 * written under the control lock).
 */
export const SERVICE_HEADER_GENERATION_WORD = 36;

/**
 * Counts changes of subscribers or listeners and, added by any subscriber without the lock, links
 * that it gives up; senders watch it (word at byte 256, written under the control lock).
 */
export const SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD = 64;

/**
 * Counts changes of publishers, their links and data segments, or of notifiers; receivers watch it
 * (word at byte 384, written by any sender).
 */
export const SERVICE_HEADER_SENDER_TOPOLOGY_WORD = 96;
