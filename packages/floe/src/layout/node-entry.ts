/**
 * NodeEntry: A node that has the service open.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const NODE_ENTRY_BYTES = 64;

/** A value of EntryState: free or active. A word at byte 0, as an index of words. */
export const NODE_ENTRY_STATE_WORD = 0;

/** Who it is. A id128 at byte 16, as an index of words. */
export const NODE_ENTRY_NODE_ID_WORD = 4;
