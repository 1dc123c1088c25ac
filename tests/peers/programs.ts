/**
 * What the programs of this folder and the tests that start them agree on.
 */
import type { DomainOptions } from "floe";

/** What a process that holds nodes is given. */
export interface HolderAssignment {
  readonly domain: DomainOptions;
  readonly name: string;
}

/** What a process that watches its peers is given. */
export interface WatcherAssignment {
  readonly domain: DomainOptions;
}

/** What a process that watches and may end is given. */
export interface EndingAssignment {
  readonly domain: DomainOptions;
  readonly how: "listening" | "ref" | "ref, then unref" | "ref, then silent" | "a loop, closed";
}
