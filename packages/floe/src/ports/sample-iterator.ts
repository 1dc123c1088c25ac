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
  /** Resolves with the next sample, or with "over" when no more will come or nobody wants more. */
  waitForNext(): Promise<Sample<Payload> | "over">;
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

  /** `makeSource` gets a function that tells whether this iteration is over. */
  constructor(makeSource: (isOver: () => boolean) => SampleSource<Payload>) {
    this.#source = makeSource(() => this.#isOver);
  }

  /** The next sample; the one before is released. */
  next(): Promise<Result<Payload>> {
    try {
      this.#releaseSample();
      if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
      const sample = this.#source.tryNext();
      if (sample !== undefined) return Promise.resolve(this.#handOut(sample));
    } catch (error) {
      this.#isOver = true;
      return Promise.reject(error);
    }
    return this.#source.waitForNext().then(this.#onNext, this.#onError);
  }

  readonly #onNext = (sample: Sample<Payload> | "over"): Result<Payload> => {
    if (sample !== "over" && !this.#isOver) return this.#handOut(sample);
    // Who has left the loop meanwhile releases nothing any more.
    if (sample !== "over") sample.release();
    this.#isOver = true;
    return { done: true, value: undefined };
  };

  readonly #onError = (error: unknown): never => {
    this.#isOver = true;
    throw error;
  };

  #handOut(sample: Sample<Payload>): Result<Payload> {
    // Of several that were asked for at once, one is held.
    this.#releaseSample();
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
