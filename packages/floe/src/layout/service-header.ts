/**
 * ServiceHeader: The first page of a publish-subscribe service's segment; the segment header is its beginning.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const SERVICE_HEADER_BYTES = 4096;

/** A value of ServiceState. A word at byte 128, as an index of words. */
export const SERVICE_HEADER_STATE_WORD = 32;

/** Entries of the node table. A u32 at byte 132, as an index of words. */
export const SERVICE_HEADER_MAX_NODES_WORD = 33;

/** Publishers that may be open at a time. A u32 at byte 136, as an index of words. */
export const SERVICE_HEADER_MAX_PUBLISHERS_WORD = 34;

/** Entries of the subscriber table; columns of the link matrix. A u32 at byte 140, as an index of words. */
export const SERVICE_HEADER_MAX_SUBSCRIBERS_WORD = 35;

/** Slots of a link's submission queue. A u32 at byte 144, as an index of words. */
export const SERVICE_HEADER_BUFFER_SIZE_WORD = 36;

/** Distance of two slots. A u32 at byte 148, as an index of words. */
export const SERVICE_HEADER_SLOT_STRIDE_BYTES_WORD = 37;

/** Entries of a link's completion queue, a power of two. A u32 at byte 152, as an index of words. */
export const SERVICE_HEADER_COMPLETION_ENTRY_COUNT_WORD = 38;

/** Samples that a subscriber may hold of one publisher. A u32 at byte 156, as an index of words. */
export const SERVICE_HEADER_MAX_BORROWED_SAMPLES_WORD = 39;

/** Loans that a publisher may hold. A u32 at byte 160, as an index of words. */
export const SERVICE_HEADER_MAX_LOANED_SAMPLES_WORD = 40;

/** Distance from a chunk's beginning to its payload. A u32 at byte 164, as an index of words. */
export const SERVICE_HEADER_PAYLOAD_OFFSET_BYTES_WORD = 41;

/** Size of a link, a multiple of contendedBytes. A u32 at byte 168, as an index of words. */
export const SERVICE_HEADER_LINK_BYTES_WORD = 42;

/** Offset of the completion entries in a link. A u32 at byte 172, as an index of words. */
export const SERVICE_HEADER_LINK_COMPLETION_OFFSET_BYTES_WORD = 43;

/** Where the node table begins. A u64 at byte 176, as an index of words. */
export const SERVICE_HEADER_NODE_TABLE_OFFSET_WORD = 44;

/** Where the publisher table begins. A u64 at byte 184, as an index of words. */
export const SERVICE_HEADER_PUBLISHER_TABLE_OFFSET_WORD = 46;

/** Where the tables of data segments begin, 64 entries a publisher. A u64 at byte 216, as an index of words. */
export const SERVICE_HEADER_DATA_SEGMENT_TABLE_OFFSET_WORD = 54;

/** Where the subscriber table begins. A u64 at byte 192, as an index of words. */
export const SERVICE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD = 48;

/** Where the links begin: row by row, a row a publisher. A u64 at byte 200, as an index of words. */
export const SERVICE_HEADER_LINK_MATRIX_OFFSET_WORD = 50;

/** Last generation given to a port; each joining port takes the next, never 0. A u32 at byte 208, as an index of words. */
export const SERVICE_HEADER_GENERATION_WORD = 52;

/** Entries of the publisher table and rows of the link matrix: more than maxPublishers, so that closed publishers that are still being drained do not keep new ones out. A u32 at byte 212, as an index of words. */
export const SERVICE_HEADER_PUBLISHER_ROW_COUNT_WORD = 53;

/** Counts changes of the subscriber table; publishers watch it. A word at byte 256, as an index of words. */
export const SERVICE_HEADER_SUBSCRIBER_TOPOLOGY_WORD = 64;

/** Counts changes of publishers, their links and data segments; subscribers watch it. A word at byte 384, as an index of words. */
export const SERVICE_HEADER_PUBLISHER_TOPOLOGY_WORD = 96;
