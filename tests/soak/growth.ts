/**
 * Growth: whether the process that stays holds more of the system as time goes by.
 *
 * It is asked in quiet moments, when it is alone and has collected its garbage. Descriptors must be
 * as many as at first, and nothing of another's memory may be mapped. Memory is never the same
 * twice: a straight line through the samples says by how much it has grown from the first to the
 * last, and that has a bound which does not depend on how long the run was.
 */
import type { Sample } from "./assignments.ts";

const MiB = 2 ** 20;

/** Growth in a whole run that still counts as noise. */
const GROWTH_MAX = {
  heapBytes: 3 * MiB,
  externalBytes: 4 * MiB,
  privateBytes: 48 * MiB,
  // Its publishers have more or less memory, as their subscribers are many or few, fast or slow.
  mappedBytes: 96 * MiB,
} as const;

/** How much a quantity has grown between the first and the last sample, by the line through all. */
export function growthOf(
  samples: readonly Sample[],
  quantity: Exclude<keyof Sample, "atMs">,
): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const mean = samples.reduce((sum, sample) => sum + sample[quantity], 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.atMs - meanMs) * (sample[quantity] - mean);
    variance += (sample.atMs - meanMs) ** 2;
  }
  return (covariance / variance) * (samples.at(-1)!.atMs - samples[0]!.atMs);
}

/** What has grown that must not. */
export function growthFaults(samples: readonly Sample[]): string[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return ["nothing was sampled"];
  const faults: string[] = [];
  if (last.descriptors > first.descriptors) {
    faults.push(`${last.descriptors} descriptors, ${first.descriptors} at first`);
  }
  if (last.foreignMappings > 0) {
    faults.push(`${last.foreignMappings} mappings of memory of publishers that are gone`);
  }
  for (const [quantity, most] of Object.entries(GROWTH_MAX)) {
    const grown = growthOf(samples, quantity as keyof typeof GROWTH_MAX);
    if (grown <= most) continue;
    const text = `${Math.round(grown / 1024)} KiB, more than ${most / 1024} KiB`;
    faults.push(`${quantity} grew by ${text}`);
  }
  return faults;
}
