/**
 * Clock: a time that all processes of a machine agree on and that nobody can set back.
 *
 * It is CLOCK_MONOTONIC in tenths of a millisecond, as a word: it wraps after five days, so only
 * differences mean something, and only up to half of that. (Containers with a time namespace of
 * their own have another zero; their differences to others are meaningless.)
 */

/** Ticks in a millisecond. */
export const TICKS_PER_MS = 10;

/** The present time, in ticks, as a word. */
export function monotonicTick(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return ((seconds % 0x1_0000_0000) * (1000 * TICKS_PER_MS) + Math.floor(nanoseconds / 1e5)) | 0;
}

/** Milliseconds from one tick to a later one. */
export function elapsedMs(fromTick: number, toTick: number): number {
  return ((toTick - fromTick) >>> 0) / TICKS_PER_MS;
}
