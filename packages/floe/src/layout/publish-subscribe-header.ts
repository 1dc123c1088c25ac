/**
 * PublishSubscribeHeader: The first page of a publish-subscribe service's segment.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 ~                   serviceHeader, 512 bytes                    ~
 *        +---------------------------------------------------------------+
 *    512 |                         maxPublishers                         |
 *        +---------------------------------------------------------------+
 *    516 |                       publisherRowCount                       |
 *        +---------------------------------------------------------------+
 *    520 |                        maxSubscribers                         |
 *        +---------------------------------------------------------------+
 *    524 |                          bufferSize                           |
 *        +---------------------------------------------------------------+
 *    528 |                        slotStrideBytes                        |
 *        +---------------------------------------------------------------+
 *    532 |                     completionEntryCount                      |
 *        +---------------------------------------------------------------+
 *    536 |                      maxBorrowedSamples                       |
 *        +---------------------------------------------------------------+
 *    540 |                       maxLoanedSamples                        |
 *        +---------------------------------------------------------------+
 *    544 |                      payloadOffsetBytes                       |
 *        +---------------------------------------------------------------+
 *    548 |                           linkBytes                           |
 *        +---------------------------------------------------------------+
 *    552 |                   linkCompletionOffsetBytes                   |
 *        +---------------------------------------------------------------+
 *    556 ~                     4 bytes, reserved: 0                      ~
 *        +---------------------------------------------------------------+
 *    560 |                publisherTableOffset, low half                 |
 *    564 |                publisherTableOffset, high half                |
 *        +---------------------------------------------------------------+
 *    568 |                subscriberTableOffset, low half                |
 *    572 |               subscriberTableOffset, high half                |
 *        +---------------------------------------------------------------+
 *    576 |               dataSegmentTableOffset, low half                |
 *    580 |               dataSegmentTableOffset, high half               |
 *        +---------------------------------------------------------------+
 *    584 |                  linkMatrixOffset, low half                   |
 *    588 |                  linkMatrixOffset, high half                  |
 *        +---------------------------------------------------------------+
 *    592 ~                    3504 bytes, reserved: 0                    ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const PUBLISH_SUBSCRIBE_HEADER_BYTES = 4096;

/** Publishers that may be open at a time (u32 at byte 512, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_MAX_PUBLISHERS_WORD = 128;

/**
 * Entries of the publisher table and rows of the link matrix: more than maxPublishers, so that
 * closed publishers that are still being drained do not keep new ones out (u32 at byte 516, written
 * by the creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_ROW_COUNT_WORD = 129;

/**
 * Entries of the subscriber table; columns of the link matrix (u32 at byte 520, written by the
 * creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_MAX_SUBSCRIBERS_WORD = 130;

/** Slots of a link's submission queue (u32 at byte 524, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_BUFFER_SIZE_WORD = 131;

/** Distance of two slots (u32 at byte 528, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_SLOT_STRIDE_BYTES_WORD = 132;

/**
 * Entries of a link's completion queue, a power of two (u32 at byte 532, written by the creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_COMPLETION_ENTRY_COUNT_WORD = 133;

/**
 * Samples that a subscriber may hold of one publisher (u32 at byte 536, written by the creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_MAX_BORROWED_SAMPLES_WORD = 134;

/** Loans that a publisher may hold (u32 at byte 540, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_MAX_LOANED_SAMPLES_WORD = 135;

/** Distance from a chunk's beginning to its payload (u32 at byte 544, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_PAYLOAD_OFFSET_BYTES_WORD = 136;

/** Size of a link, a multiple of contendedBytes (u32 at byte 548, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_LINK_BYTES_WORD = 137;

/**
 * Offset of the completion entries in a link, a multiple of contendedBytes (u32 at byte 552,
 * written by the creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD = 138;

/** Where the publisher table begins (u64 at byte 560, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_PUBLISHER_TABLE_OFFSET_WORD = 140;

/** Where the subscriber table begins (u64 at byte 568, written by the creator). */
export const PUBLISH_SUBSCRIBE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD = 142;

/**
 * Where the tables of data segments begin, 64 entries for each publisher (u64 at byte 576, written
 * by the creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD = 144;

/**
 * Where the links begin: row by row, a row for each publisher (u64 at byte 584, written by the
 * creator).
 */
export const PUBLISH_SUBSCRIBE_HEADER_LINK_MATRIX_OFFSET_WORD = 146;
