/**
 * Sample iterator: what `for await` over a subscriber runs on.
 *
 * It is written by hand because an async generator awaits three times for each value. A message
 * that is there already costs one promise.
 */

import type { Sample } from "./sample.ts";

/** Where the samples come from. */
export interface SampleSource<Payload> {
  /** The next sample, if it is there and this turn of the event loop is not over. */
  tryNext(): Sample<Payload> | undefined;
  /**
   * Resolves with the next sample, or with undefined when no more will come, or when the wait was
   * ended: by `wakeUp`, after which `isOver` is true.
   */
  waitForNext(isOver: () => boolean): Promise<Sample<Payload> | undefined>;
  /** Makes a wait that is under way look again. */
  wakeUp(): void;
}

type Result<Payload> = IteratorResult<Sample<Payload>, void>;

/** Hands samples out one by one, and releases each at the next turn. */
export class SampleIterator<Payload>
  implements AsyncIterableIterator<Sample<Payload>, void, undefined>
{
  readonly #source: SampleSource<Payload>;
  #sample: Sample<Payload> | undefined;
  #isOver = false;

  constructor(source: SampleSource<Payload>) {
    this.#source = source;
  }

  /** The next sample; the one before is released. */
  next(): Promise<Result<Payload>> {
    this.#releaseSample();
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    try {
      const sample = this.#source.tryNext();
      if (sample !== undefined) return Promise.resolve(this.#handOut(sample));
    } catch (error) {
      this.#isOver = true;
      return Promise.reject(error);
    }
    return this.#waitForNext();
  }

  async #waitForNext(): Promise<Result<Payload>> {
    const sample = await this.#source.waitForNext(() => this.#isOver);
    // Who has left the loop meanwhile releases nothing any more.
    if (this.#isOver) sample?.[Symbol.dispose]();
    if (sample !== undefined && !this.#isOver) return this.#handOut(sample);
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  #handOut(sample: Sample<Payload>): Result<Payload> {
    this.#sample = sample;
    return { done: false, value: sample };
  }

  /** Ends the iteration: the sample is released. */
  return(): Promise<Result<Payload>> {
    this.#isOver = true;
    this.#releaseSample();
    this.#source.wakeUp();
    return Promise.resolve({ done: true, value: undefined });
  }

  #releaseSample(): void {
    this.#sample?.[Symbol.dispose]();
    this.#sample = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
