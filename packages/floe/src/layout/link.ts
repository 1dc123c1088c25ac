/**
 * Link: The way from one publisher to one subscriber and back. The submission slots follow at 256, the completion entries at the service's linkCompletionOffsetBytes.
 *
 * Generated from spec/layout.ts by `npm run generate`; do not edit.
 */

/** Size of the structure, in bytes. */
export const LINK_BYTES = 256;

/** Generation of the subscriber that is served; 0: nobody. A word at byte 0, as an index of words. */
export const LINK_CONNECTED_GENERATION_WORD = 0;

/** Counts the chunks given back, modulo 2^32. A word at byte 128, as an index of words. */
export const LINK_COMPLETION_TAIL_WORD = 32;

/** Generation of the closed publisher from whom this subscriber needs nothing more. A word at byte 132, as an index of words. */
export const LINK_DRAINED_GENERATION_WORD = 33;
