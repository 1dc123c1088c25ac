/**
 * SubscriberEntry: A subscriber.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const SUBSCRIBER_ENTRY_BYTES = 256;

/** A value of EntryState: free or active. A word at byte 0, as an index of words. */
export const SUBSCRIBER_ENTRY_STATE_WORD = 0;

/** Distinguishes it from earlier subscribers in this entry. A u32 at byte 4, as an index of words. */
export const SUBSCRIBER_ENTRY_GENERATION_WORD = 1;

/** Who it is. A id128 at byte 16, as an index of words. */
export const SUBSCRIBER_ENTRY_PORT_ID_WORD = 4;

/** The node it belongs to. A id128 at byte 32, as an index of words. */
export const SUBSCRIBER_ENTRY_NODE_ID_WORD = 8;
