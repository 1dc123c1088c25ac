/**
 * Waitable: what a port offers to those who wait for several ports at once.
 */

import type { PortDetails } from "../registry/port-table.ts";
import type { Doorbell } from "./doorbell.ts";

/** A port's side of waiting, for the library itself. */
export interface WaitableCore {
  readonly doorbell: Doorbell;
  /** Which port it is, for messages: `listener of "x"`. */
  readonly subject: string;
  /** Whether something waits to be taken; in order with what this thread updated before. */
  isReady(): boolean;
  /** Uses the time before a sleep. */
  tidyUp?(): void;
  /** Counts what was taken from the port, so that one that nobody drains can be told. */
  readonly takeCount: number;
  /** The deadline of the port's service in milliseconds, if it has one. */
  readonly deadlineMs?: number | undefined;
  /** Milliseconds since anybody notified last, if the service has a deadline. */
  elapsedMs?(): number;
  /** Looks which senders have died, and cleans up after them. */
  findDeadSenders?(): readonly PortDetails[];
}

/** A port that can be attached to a wait set: a subscriber or a listener. */
export interface Waitable {
  /** @internal */
  readonly waitable: WaitableCore;
}
