/**
 * Fault: one row of the table. What is done and to whom, what floe does about it, and a proof.
 *
 * The words of a row and the codes that its proof has met are what `docs/faults.md` says, so the
 * page cannot promise what is not proved.
 */
import type { ErrorCode } from "floe";
import type { Scene } from "./scene.ts";

/** A row of the table. */
export interface Fault {
  /** What happens, to whom, in words that follow "when". */
  readonly fault: string;
  /** What floe does, in a sentence. */
  readonly outcome: string;
  /** Every code that the proof meets; none where a fault is no error. */
  readonly codes?: readonly ErrorCode[];
  /** Makes it happen and looks at what comes of it. */
  readonly prove: (scene: Scene) => void | Promise<void>;
  /** Why it cannot be made to happen here, or false; asked when the test is about to run. */
  readonly skip?: () => string | false;
  /** Set when files are damaged or removed, which floe then must not clean up. */
  readonly mayLeaveFiles?: boolean;
}

/** Faults of one kind. */
export interface Chapter {
  readonly title: string;
  /** What is to be known of all of them, in Markdown. */
  readonly text: string;
  readonly faults: readonly Fault[];
}
