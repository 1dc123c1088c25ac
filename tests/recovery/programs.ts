/**
 * What the program in `programs/` and the tests that start it agree on.
 */
import type { DomainOptions } from "floe";

/** What the program does before it waits to be killed, in this order. */
export interface Doings {
  /** Makes a subscriber, and takes so many of the messages that come, all of which it holds. */
  readonly holds?: number;
  /** Makes a publisher, which sends so many messages; the first is counted as 1. */
  readonly sends?: number;
  /** Bytes of each message. */
  readonly messageBytes?: number;
  /** Closes the publisher after that. */
  readonly closesPublisher?: boolean;
  /** Makes so many further nodes, each of which opens the service. */
  readonly furtherNodes?: number;
}

/** What the program is given at its start. */
export interface HoldingAssignment extends Doings {
  readonly domain: DomainOptions;
}

/** The service of the tests. */
export const SERVICE = "bytes";

/** Its limits. */
export const LIMITS = {
  bufferSize: 8,
  maxBorrowedSamples: 4,
  maxLoanedSamples: 2,
  maxPublishers: 2,
  maxSubscribers: 2,
  maxNodes: 3,
} as const;
