/**
 * PortEntry: A port: a publisher, subscriber, notifier or listener, each kind in a table of its
 * own.
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
 *     48 |                           nameBytes                           |
 *        +---------------------------------------------------------------+
 *     52 ~                        name, 64 bytes                         ~
 *        +---------------------------------------------------------------+
 *    116 ~                     12 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    128 |                             bell                              |
 *        +---------------------------------------------------------------+
 *    132 |                           bellToken                           |
 *        +---------------------------------------------------------------+
 *    136 |                        descriptorBell                         |
 *        +---------------------------------------------------------------+
 *    140 ~                    116 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const PORT_ENTRY_BYTES = 256;

/** A value of EntryState (word at byte 0, written under the control lock). */
export const PORT_ENTRY_STATE_WORD = 0;

/** Distinguishes it from earlier ports in this entry (u32 at byte 4, written by the port). */
export const PORT_ENTRY_GENERATION_WORD = 1;

/** Who it is; a publisher's names its data segments (id128 at byte 16, written by the port). */
export const PORT_ENTRY_PORT_ID_WORD = 4;

/** The node it belongs to (id128 at byte 32, written by the port). */
export const PORT_ENTRY_NODE_ID_WORD = 8;

/** Length of its name, 0 to 64 (u32 at byte 48, written by the port). */
export const PORT_ENTRY_NAME_BYTES_WORD = 12;

/** A name for people, in UTF-8 (text64 at byte 52, written by the port). */
export const PORT_ENTRY_NAME_WORD = 13;

/**
 * How the port waits: bits of Bell, and above them the number of the wait. Who has something for a
 * port that sleeps rings it and clears the three lowest bits (word at byte 128, written by the
 * port).
 */
export const PORT_ENTRY_BELL_WORD = 32;

/**
 * What is written into the node's FIFO to ring this port (u32 at byte 132, written by the port).
 */
export const PORT_ENTRY_BELL_TOKEN_WORD = 33;

/**
 * 1 when the port has a FIFO of its own, into which every sender writes a byte; 0: none (word at
 * byte 136, written by the port).
 */
export const PORT_ENTRY_DESCRIPTOR_BELL_WORD = 34;
