/**
 * Clock: a time that all processes of a machine agree on and that nobody can set back.
 *
 * It is CLOCK_MONOTONIC in tenths of a millisecond, as a word: it wraps after five days, so only
 * differences mean something, and only those of less than that. (Containers with a time namespace
 * of their own have another zero; their differences to others are meaningless.)
 */

/** Ticks in a millisecond. */
export const TICKS_PER_MS = 10;

/** The present time, in ticks, as a word. */
export function monotonicTick(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return ((seconds % 0x1_0000_0000) * (1000 * TICKS_PER_MS) + Math.floor(nanoseconds / 1e5)) | 0;
}

/**
 * Differences from here on are those of a tick that was read before, and stored after, another's:
 * 100 seconds cannot lie between the two, and five days less 100 seconds are still told right.
 */
const OVERTAKEN_TICKS = 2 ** 32 - 100 * 1000 * TICKS_PER_MS;

/** Milliseconds from one tick to a later one; 0 when it was a little earlier. */
export function elapsedMs(fromTick: number, toTick: number): number {
  const ticks = (toTick - fromTick) >>> 0;
  return ticks >= OVERTAKEN_TICKS ? 0 : ticks / TICKS_PER_MS;
}
