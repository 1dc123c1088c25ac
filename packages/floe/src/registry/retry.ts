/**
 * Retry: tries something again that others stand in the way of, without holding this process up:
 * another process that has the lock, or a system that has nothing left.
 */

import { FloeError } from "../errors.ts";

const PAUSE_MS_MIN = 5;
const PAUSE_MS_MAX = 1000;

/** Tries again in growing intervals, until it succeeds or is ended. */
export class Retry {
  readonly #attempt: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #pauseMs = PAUSE_MS_MIN;
  #hasWarned = false;

  /** `attempt` returns whether it has succeeded; when the system refuses something, it has not. */
  constructor(attempt: () => boolean) {
    this.#attempt = attempt;
  }

  /**
   * Tries now, and if that fails, later; does nothing as long as a later try is to be waited for.
   * Whoever keeps calling this needs no timer: in a thread that blocks none ever fires.
   */
  begin(): void {
    if (this.#timer !== undefined && performance.now() < this.#dueMs) return;
    this.end();
    if (this.#tryNow()) this.#pauseMs = PAUSE_MS_MIN;
    else this.beginLater();
  }

  /** Tries later; does nothing when a later try is set already. */
  beginLater(): void {
    if (this.#timer !== undefined) return;
    this.#dueMs = performance.now() + this.#pauseMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.begin();
    }, this.#pauseMs);
    this.#timer.unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MS_MAX);
  }

  #tryNow(): boolean {
    try {
      return this.#attempt();
    } catch (error) {
      // Nobody called for this, so nobody could catch it.
      if (!FloeError.is(error)) throw error;
      if (!this.#hasWarned) process.emitWarning(error);
      this.#hasWarned = true;
      return false;
    }
  }

  /** Tries no more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
