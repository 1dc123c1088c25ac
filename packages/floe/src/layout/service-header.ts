/**
 * ServiceHeader: The first page of a publish-subscribe service's segment.
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
 *    136 |                         maxPublishers                         |
 *        +---------------------------------------------------------------+
 *    140 |                        maxSubscribers                         |
 *        +---------------------------------------------------------------+
 *    144 |                          bufferSize                           |
 *        +---------------------------------------------------------------+
 *    148 |                        slotStrideBytes                        |
 *        +---------------------------------------------------------------+
 *    152 |                     completionEntryCount                      |
 *        +---------------------------------------------------------------+
 *    156 |                      maxBorrowedSamples                       |
 *        +---------------------------------------------------------------+
 *    160 |                       maxLoanedSamples                        |
 *        +---------------------------------------------------------------+
 *    164 |                      payloadOffsetBytes                       |
 *        +---------------------------------------------------------------+
 *    168 |                           linkBytes                           |
 *        +---------------------------------------------------------------+
 *    172 |                   linkCompletionOffsetBytes                   |
 *        +---------------------------------------------------------------+
 *    176 |                   nodeTableOffset, low half                   |
 *    180 |                  nodeTableOffset, high half                   |
 *        +---------------------------------------------------------------+
 *    184 |                publisherTableOffset, low half                 |
 *    188 |                publisherTableOffset, high half                |
 *        +---------------------------------------------------------------+
 *    192 |                subscriberTableOffset, low half                |
 *    196 |               subscriberTableOffset, high half                |
 *        +---------------------------------------------------------------+
 *    200 |                  linkMatrixOffset, low half                   |
 *    204 |                  linkMatrixOffset, high half                  |
 *        +---------------------------------------------------------------+
 *    208 |                          generation                           |
 *        +---------------------------------------------------------------+
 *    212 |                       publisherRowCount                       |
 *        +---------------------------------------------------------------+
 *    216 |               dataSegmentTableOffset, low half                |
 *    220 |               dataSegmentTableOffset, high half               |
 *        +---------------------------------------------------------------+
 *    224 ~                     32 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    256 |                      subscriberTopology                       |
 *        +---------------------------------------------------------------+
 *    260 ~                    124 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    384 |                       publisherTopology                       |
 *        +---------------------------------------------------------------+
 *    388 ~                    3708 bytes, reserved: 0                    ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const SERVICE_HEADER_BYTES = 4096;

/** A value of ServiceState (word at byte 128, written under the control lock). */
export const SERVICE_HEADER_STATE_WORD = 32;

/** Entries of the node table (u32 at byte 132, written by the creator). */
export const SERVICE_HEADER_MAX_NODES_WORD = 33;

/** Publishers that may be open at a time (u32 at byte 136, written by the creator). */
export const SERVICE_HEADER_MAX_PUBLISHERS_WORD = 34;

/**
 * Entries of the subscriber table; columns of the link matrix (u32 at byte 140, written by the
 * creator).
 */
export const SERVICE_HEADER_MAX_SUBSCRIBERS_WORD = 35;

/** Slots of a link's submission queue (u32 at byte 144, written by the creator). */
export const SERVICE_HEADER_BUFFER_SIZE_WORD = 36;

/** Distance of two slots (u32 at byte 148, written by the creator). */
export const SERVICE_HEADER_SLOT_STRIDE_BYTES_WORD = 37;

/**
 * Entries of a link's completion queue, a power of two (u32 at byte 152, written by the creator).
 */
export const SERVICE_HEADER_COMPLETION_ENTRY_COUNT_WORD = 38;

/**
 * Samples that a subscriber may hold of one publisher (u32 at byte 156, written by the creator).
 */
export const SERVICE_HEADER_MAX_BORROWED_SAMPLES_WORD = 39;

/** Loans that a publisher may hold (u32 at byte 160, written by the creator). */
export const SERVICE_HEADER_MAX_LOANED_SAMPLES_WORD = 40;

/** Distance from a chunk's beginning to its payload (u32 at byte 164, written by the creator). */
export const SERVICE_HEADER_PAYLOAD_OFFSET_BYTES_WORD = 41;

/** Size of a link, a multiple of contendedBytes (u32 at byte 168, written by the creator). */
export const SERVICE_HEADER_LINK_BYTES_WORD = 42;

/**
 * Offset of the completion entries in a link, a multiple of contendedBytes (u32 at byte 172,
 * written by the creator).
 */
export const SERVICE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD = 43;

/** Where the node table begins (u64 at byte 176, written by the creator). */
export const SERVICE_HEADER_NODE_TABLE_OFFSET_WORD = 44;

/** Where the publisher table begins (u64 at byte 184, written by the creator). */
export const SERVICE_HEADER_PUBLISHER_TABLE_OFFSET_WORD = 46;

/** Where the subscriber table begins (u64 at byte 192, written by the creator). */
export const SERVICE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD = 48;

/**
 * Where the links begin: row by row, a row for each publisher (u64 at byte 200, written by the
 * creator).
 */
export const SERVICE_HEADER_LINK_MATRIX_OFFSET_WORD = 50;

/**
 * Last generation given to a port; each joining port takes the next, never 0 (word at byte 208,
 * written under the control lock).
 */
export const SERVICE_HEADER_GENERATION_WORD = 52;

/**
 * Entries of the publisher table and rows of the link matrix: more than maxPublishers, so that
 * closed publishers that are still being drained do not keep new ones out (u32 at byte 212, written
 * by the creator).
 */
export const SERVICE_HEADER_PUBLISHER_ROW_COUNT_WORD = 53;

/**
 * Where the tables of data segments begin, 64 entries for each publisher (u64 at byte 216, written
 * by the creator).
 */
export const SERVICE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD = 54;

/**
 * Counts changes of the subscriber table; publishers watch it (word at byte 256, written under the
 * control lock).
 */
export const SERVICE_HEADER_SUBSCRIBER_TOPOLOGY_WORD = 64;

/**
 * Counts changes of publishers, their links and data segments; subscribers watch it (word at byte
 * 384, written by any publisher).
 */
export const SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD = 96;
