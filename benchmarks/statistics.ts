/**
 * The few statistics that a benchmark table needs.
 *
 * Medians rather than means: on a shared machine the disturbances are all on one side (nothing ever
 * runs faster than it can), and a mean follows them while a median does not.
 */

export type Summary = { readonly median: number; readonly min: number; readonly max: number };

/** The value below which the share `q` (0 to 1) of the values lies; `sorted` must ascend. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) throw new Error("no values to take a quantile of");
  const index = Math.min(Math.floor(sorted.length * q), sorted.length - 1);
  return sorted[index]!;
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new Error("no values to take a median of");
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}

export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
