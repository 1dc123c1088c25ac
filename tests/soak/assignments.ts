/**
 * What the programs of the soak and the one who starts them agree on.
 */
import type { DomainOptions } from "floe";
import type { Seat } from "./participant.ts";

/** What a visiting process is given: one seat for itself, or several for its threads. */
export interface Visit {
  readonly seats: readonly Seat[];
  readonly inThreads: boolean;
  /** When each of its threads is terminated; null for never. */
  readonly terminatedAfterMs: readonly (number | null)[];
}

/** What the process that fills all places is given. */
export interface Filling {
  readonly domain: DomainOptions;
  /** Places of each kind that others have taken. */
  readonly takenByOthers: number;
}

/** What the process that stays holds of the system, as it says when it is asked. */
export interface Sample {
  readonly atMs: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Private memory, and shared memory that it has touched. */
  readonly anonymousBytes: number;
  readonly sharedBytes: number;
  readonly descriptors: number;
  readonly mappings: number;
  /** Mappings of other publishers' memory. */
  readonly foreignMappings: number;
}
