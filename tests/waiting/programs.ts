/**
 * What the programs of this folder and the tests that start them agree on.
 */
import type { DomainOptions } from "floe";

/** The ways in which a process can wait for a message. */
export const WAYS = [
  "loop",
  "blocked",
  "spin-loop",
  "spin-blocked",
  "iterate",
  "wait-set",
] as const;

/** One of {@link WAYS}, or a random one for each wait. */
export type Way = (typeof WAYS)[number] | "mixed";

/** What a program is given at its start. */
export interface Assignment {
  readonly domain: DomainOptions;
  readonly way: Way;
  /** Messages that go there and back. */
  readonly rounds: number;
  readonly seed: number;
}

/** What a program of a thousand services is given. */
export interface ManyAssignment {
  readonly domain: DomainOptions;
  readonly services: number;
}

/** What a worker is given. */
export interface WorkerAssignment {
  readonly domain: DomainOptions;
  readonly way: "loop" | "blocked";
  readonly messages: number;
}

/** What a process that waits in vain is given. */
export interface ExitAssignment {
  readonly domain: DomainOptions;
  readonly how:
    | "ref"
    | "unref before"
    | "unref, with a timeout"
    | "unref, then ref"
    | "process.exit"
    | "attached";
}

/** What a publisher that only loops is given. */
export interface HotLoopAssignment {
  readonly domain: DomainOptions;
  readonly messages: number;
}

/** What a process is given that dies while it rings. */
export interface DyingAssignment {
  readonly domain: DomainOptions;
  readonly sends: "message" | "notification";
}

/** What a process that sends on demand is given. */
export interface SenderAssignment {
  readonly domain: DomainOptions;
  /** The name of its ports. */
  readonly name: string;
}
