/**
 * What the program of this folder and the tests that start it agree on.
 */
import type { DomainOptions } from "floe";

/** What a process does: sends, receives, or both in turn. */
export type Role = "publisher" | "subscriber" | "both";

/** What a program is given at its start. */
export interface Assignment {
  readonly domain: DomainOptions;
  readonly payload: "struct" | "bytes";
  readonly role: Role;
  /** Messages before anything is counted: code is compiled and memory is made. */
  readonly warmUp: number;
  /** Messages while everything is counted. */
  readonly messages: number;
}

/** Length of the messages of raw bytes. */
export const LENGTH_BYTES = 200;

/** A file that does not exist: asking for it shows in a trace where the counting begins. */
export const BEGIN_MARKER = "/floe-marker-begin";

/** The same for the end. */
export const END_MARKER = "/floe-marker-end";

/** What a stretch of code has cost beside its time. */
export interface Cost {
  /** Growth of the used heap; exact as long as nothing was collected. */
  readonly grownBytes: number;
  readonly collections: number;
}
