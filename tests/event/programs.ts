/**
 * What the programs in `programs/` and the tests that start them agree on.
 */

/** What a program is given at its start, beside the domain. */
export interface Assignment {
  readonly service: string;
  /** Notifications that a program sends, of as many ids. */
  readonly notifications?: number;
  readonly ids?: number;
  readonly listeners?: number;
  /** How a program waits. */
  readonly way?: "loop" | "blocked" | "poll";
}
