/**
 * Random numbers that can be had again: each test prints its seed and takes it from
 * `FLOE_TEST_SEED`, so that a failure in a random order is a failure that can be repeated.
 */
import type { TestContext } from "node:test";

/** The seed of this run, printed with the test's results. */
export function seedOf(t: TestContext): number {
  const given = process.env.FLOE_TEST_SEED;
  const seed = given === undefined ? Date.now() % 0x7fff_ffff : Number(given);
  t.diagnostic(`seed ${seed}; set FLOE_TEST_SEED to run it again`);
  return seed;
}

/** A small generator (mulberry32): equal seeds give equal sequences, everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Begins another sequence. */
  reseed(seed: number): void {
    this.#state = seed | 0;
  }

  /** 32 random bits, as a number from 0 to 2^32 - 1. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor((this.bits() / 0x1_0000_0000) * count);
  }

  /** One of `values`. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** The same values in a random order, in a new array. */
  shuffled<T>(values: readonly T[]): T[] {
    const shuffled = [...values];
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      const other = this.below(index + 1);
      [shuffled[index], shuffled[other]] = [shuffled[other]!, shuffled[index]!];
    }
    return shuffled;
  }
}
