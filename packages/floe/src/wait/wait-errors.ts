/**
 * Errors of waits: how a wait ends without what was waited for.
 */

import { FloeError } from "../errors.ts";

/** The longest time that a timer takes, in milliseconds. */
export const TIMER_MS_MAX: number = 2 ** 31 - 1;

/** Who waited, and for what, in words. */
export interface WaitDescription {
  readonly subject: string;
  readonly awaited: string;
}

/** The time is over. */
export function timedOut({ subject, awaited }: WaitDescription, timeoutMs: number): FloeError {
  return new FloeError("FLOE_TIMEOUT", {
    subject,
    wanted: awaited,
    found: `nothing within ${timeoutMs} ms`,
    remedy: "Start the other side, or wait longer.",
  });
}

/** The program's signal was aborted. */
export function aborted({ subject, awaited }: WaitDescription, cause: unknown): FloeError {
  return new FloeError("FLOE_ABORTED", {
    subject,
    wanted: awaited,
    found: "that the signal ended the wait",
    remedy: "Wait again when it is wanted.",
    cause,
  });
}

/** A blocked thread has to let the program's handlers of signals run. */
export function interrupted({ subject, awaited }: WaitDescription): FloeError {
  return new FloeError("FLOE_INTERRUPTED", {
    subject,
    wanted: awaited,
    found: "that a signal came",
    remedy: "Return to the event loop, so that the program's handlers run, or wait again.",
  });
}
