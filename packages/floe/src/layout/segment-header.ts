/**
 * SegmentHeader: First in every segment, whatever it holds.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const SEGMENT_HEADER_BYTES = 128;

/** The constant segmentMagic. A u32 at byte 0, as an index of words. */
export const SEGMENT_HEADER_MAGIC_WORD = 0;

/** The constant formatMajor. A u32 at byte 4, as an index of words. */
export const SEGMENT_HEADER_FORMAT_MAJOR_WORD = 1;

/** The constant formatMinor. A u32 at byte 8, as an index of words. */
export const SEGMENT_HEADER_FORMAT_MINOR_WORD = 2;

/** A value of SegmentKind. A u32 at byte 12, as an index of words. */
export const SEGMENT_HEADER_SEGMENT_KIND_WORD = 3;

/** Size of the whole file. A u64 at byte 16, as an index of words. */
export const SEGMENT_HEADER_SEGMENT_BYTES_WORD = 4;

/** Id of the service, or of the publisher whose data this is. A id128 at byte 32, as an index of words. */
export const SEGMENT_HEADER_OWNER_ID_WORD = 8;
