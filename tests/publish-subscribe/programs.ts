/**
 * What the programs in `programs/` and the tests that start them agree on.
 */
import type { DomainOptions } from "floe";

/** What a program is given at its start. */
export interface Assignment {
  readonly domain: DomainOptions;
  readonly service: string;
  /** Number that the publisher writes into its messages. */
  readonly sender: number;
  /** Messages that each publisher sends. */
  readonly messages: number;
  readonly publishers: number;
  readonly subscribers: number;
  readonly bufferSize: number;
}

/** What a subscriber has found of one publisher. */
export interface Tally {
  received: number;
  missed: number;
  /** Count within the message taken last. */
  last: number;
}
