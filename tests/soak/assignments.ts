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
  /** What the collector keeps, and what it has of the system for that. */
  readonly heapBytes: number;
  readonly heapReservedBytes: number;
  /** What belongs to objects of the heap and lies elsewhere, but for what is mapped. */
  readonly externalBytes: number;
  /** Private memory, and shared memory that it has touched. */
  readonly privateBytes: number;
  readonly sharedBytes: number;
  readonly descriptors: number;
  readonly mappings: number;
  /** Size of what is mapped. */
  readonly mappedBytes: number;
  /** Mappings of other publishers' memory. */
  readonly foreignMappings: number;
}
