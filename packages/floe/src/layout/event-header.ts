/**
 * EventHeader: The first page of an event service's segment.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 ~                   serviceHeader, 512 bytes                    ~
 *        +---------------------------------------------------------------+
 *    512 |                         maxNotifiers                          |
 *        +---------------------------------------------------------------+
 *    516 |                         maxListeners                          |
 *        +---------------------------------------------------------------+
 *    520 |                          eventIdMax                           |
 *        +---------------------------------------------------------------+
 *    524 |                          deadlineMs                           |
 *        +---------------------------------------------------------------+
 *    528 |                        createdEventId                         |
 *        +---------------------------------------------------------------+
 *    532 |                        droppedEventId                         |
 *        +---------------------------------------------------------------+
 *    536 |                          deadEventId                          |
 *        +---------------------------------------------------------------+
 *    540 |                        eventAreaBytes                         |
 *        +---------------------------------------------------------------+
 *    544 |                    eventCountsOffsetBytes                     |
 *        +---------------------------------------------------------------+
 *    548 ~                     4 bytes, reserved: 0                      ~
 *        +---------------------------------------------------------------+
 *    552 |                 notifierTableOffset, low half                 |
 *    556 |                notifierTableOffset, high half                 |
 *        +---------------------------------------------------------------+
 *    560 |                 listenerTableOffset, low half                 |
 *    564 |                listenerTableOffset, high half                 |
 *        +---------------------------------------------------------------+
 *    568 |                  eventAreasOffset, low half                   |
 *    572 |                  eventAreasOffset, high half                  |
 *        +---------------------------------------------------------------+
 *    576 ~                     64 bytes, reserved: 0                     ~
 *        +---------------------------------------------------------------+
 *    640 |                     lastNotificationTick                      |
 *        +---------------------------------------------------------------+
 *    644 ~                    3452 bytes, reserved: 0                    ~
 *        +---------------------------------------------------------------+
 * ```
 *
 * A row is a word, most significant bit first, with its offset in bytes. Names that end in _WORD
 * are indexes into an Int32Array over the structure.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const EVENT_HEADER_BYTES = 4096;

/** Entries of the notifier table (u32 at byte 512, written by the creator). */
export const EVENT_HEADER_MAX_NOTIFIERS_WORD = 128;

/** Entries of the listener table; areas of counts (u32 at byte 516, written by the creator). */
export const EVENT_HEADER_MAX_LISTENERS_WORD = 129;

/** Greatest event id (u32 at byte 520, written by the creator). */
export const EVENT_HEADER_EVENT_ID_MAX_WORD = 130;

/**
 * Milliseconds between two notifications; 0: no deadline (u32 at byte 524, written by the creator).
 */
export const EVENT_HEADER_DEADLINE_MS_WORD = 131;

/**
 * Sent when a notifier is made: the id plus 1; 0: none (u32 at byte 528, written by the creator).
 */
export const EVENT_HEADER_CREATED_EVENT_ID_WORD = 132;

/** Sent when a notifier is closed, in the same way (u32 at byte 532, written by the creator). */
export const EVENT_HEADER_DROPPED_EVENT_ID_WORD = 133;

/**
 * Sent when a dead notifier is found, in the same way (u32 at byte 536, written by the creator).
 */
export const EVENT_HEADER_DEAD_EVENT_ID_WORD = 134;

/**
 * Distance of two listeners' areas of counts, a multiple of contendedBytes (u32 at byte 540,
 * written by the creator).
 */
export const EVENT_HEADER_EVENT_AREA_BYTES_WORD = 135;

/**
 * Offset of the counts in an area; before them stands a bit for each id, in words (u32 at byte 544,
 * written by the creator).
 */
export const EVENT_HEADER_EVENT_COUNTS_OFFSET_BYTES_WORD = 136;

/** Where the notifier table begins (u64 at byte 552, written by the creator). */
export const EVENT_HEADER_NOTIFIER_TABLE_OFFSET_WORD = 138;

/** Where the listener table begins (u64 at byte 560, written by the creator). */
export const EVENT_HEADER_LISTENER_TABLE_OFFSET_WORD = 140;

/** Where the areas of counts begin, one a listener (u64 at byte 568, written by the creator). */
export const EVENT_HEADER_EVENT_AREAS_OFFSET_WORD = 142;

/**
 * When anybody notified last: tenths of a millisecond of the monotonic clock, modulo 2^32 (word at
 * byte 640, written by any sender).
 */
export const EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD = 160;
