/**
 * Turn share: what a port hands out by promises within one turn of the event loop.
 *
 * A promise that is settled already continues before timers and sockets are looked at, so a sender
 * that is fast enough could starve them for ever. After its share, a port waits for the next turn.
 */

import type { Doorbell } from "./doorbell.ts";

/** Counts what one port hands out. */
export class TurnShare {
  readonly #doorbell: Doorbell;
  readonly #most: number;
  #handedOut = 0;
  #ringCount = 0;

  constructor(doorbell: Doorbell, most: number) {
    this.#doorbell = doorbell;
    this.#most = most;
  }

  /** Counts one more, and tells whether this turn has had its share. */
  takeShare(): boolean {
    const { ringCount } = this.#doorbell;
    if (ringCount !== this.#ringCount) {
      // The port has slept since.
      this.#ringCount = ringCount;
      this.#handedOut = 0;
    }
    this.#handedOut += 1;
    return this.isUsedUp;
  }

  /** Whether this turn has had its share. */
  get isUsedUp(): boolean {
    return this.#handedOut > this.#most;
  }

  /** Resolves in the next turn of the event loop. */
  async nextTurn(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#handedOut = 0;
  }
}
