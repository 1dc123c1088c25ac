/**
 * PublisherEntry: A publisher.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const PUBLISHER_ENTRY_BYTES = 128;

/** A value of EntryState. A word at byte 0, as an index of words. */
export const PUBLISHER_ENTRY_STATE_WORD = 0;

/** Distinguishes it from earlier publishers in this entry. A u32 at byte 4, as an index of words. */
export const PUBLISHER_ENTRY_GENERATION_WORD = 1;

/** Names its data segments. A id128 at byte 16, as an index of words. */
export const PUBLISHER_ENTRY_PORT_ID_WORD = 4;

/** The node it belongs to. A id128 at byte 32, as an index of words. */
export const PUBLISHER_ENTRY_NODE_ID_WORD = 8;
