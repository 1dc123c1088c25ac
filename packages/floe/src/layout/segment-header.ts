/**
 * SegmentHeader: The beginning of every segment, whatever it holds.
 *
 * ```text
 *         31           24 23           16 15            8 7             0
 *        +---------------+---------------+---------------+---------------+
 *      0 |                             magic                             |
 *        +---------------------------------------------------------------+
 *      4 |                          formatMajor                          |
 *        +---------------------------------------------------------------+
 *      8 |                          formatMinor                          |
 *        +---------------------------------------------------------------+
 *     12 |                          segmentKind                          |
 *        +---------------------------------------------------------------+
 *     16 |                    segmentBytes, low half                     |
 *     20 |                    segmentBytes, high half                    |
 *        +---------------------------------------------------------------+
 *     24 ~                     8 bytes, reserved: 0                      ~
 *        +---------------------------------------------------------------+
 *     32 |                    ownerId, bits 127 to 96                    |
 *     36 |                    ownerId, bits 95 to 64                     |
 *     40 |                    ownerId, bits 63 to 32                     |
 *     44 |                     ownerId, bits 31 to 0                     |
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
export const SEGMENT_HEADER_BYTES = 128;

/** The constant segmentMagic (u32 at byte 0, written by the creator). */
export const SEGMENT_HEADER_MAGIC_WORD = 0;

/** The constant formatMajor (u32 at byte 4, written by the creator). */
export const SEGMENT_HEADER_FORMAT_MAJOR_WORD = 1;

/** The constant formatMinor (u32 at byte 8, written by the creator). */
export const SEGMENT_HEADER_FORMAT_MINOR_WORD = 2;

/** A value of SegmentKind (u32 at byte 12, written by the creator). */
export const SEGMENT_HEADER_SEGMENT_KIND_WORD = 3;

/** Size of the whole file (u64 at byte 16, written by the creator). */
export const SEGMENT_HEADER_SEGMENT_BYTES_WORD = 4;

/**
 * Id of the service, or of the publisher whose data this is (id128 at byte 32, written by the
 * creator).
 */
export const SEGMENT_HEADER_OWNER_ID_WORD = 8;
