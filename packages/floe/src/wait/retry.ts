/**
 * Retry: tries something again that another process stands in the way of, without holding this one.
 */

const PAUSE_MS_MIN = 5;
const PAUSE_MS_MAX = 1000;

/** Tries again in growing intervals, until it succeeds or is ended. */
export class Retry {
  readonly #attempt: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = PAUSE_MS_MIN;

  /** `attempt` returns whether it has succeeded. */
  constructor(attempt: () => boolean) {
    this.#attempt = attempt;
  }

  /** Tries now, and if that fails, later; does nothing when a later try is due already. */
  begin(): void {
    if (this.#timer !== undefined) return;
    if (this.#attempt()) {
      this.#pauseMs = PAUSE_MS_MIN;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.begin();
    }, this.#pauseMs);
    this.#timer.unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MS_MAX);
  }

  /** Tries no more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
