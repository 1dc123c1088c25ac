/**
 * Waiting in tests: never for a time, always for a condition, and never for ever.
 *
 * A sleep is either too short on a busy machine or too long on all others. The event loop turns
 * between two looks, so that timers, children and ports go on meanwhile.
 */
import { setImmediate as turn } from "node:timers/promises";

/** No condition of a test may take longer; most take milliseconds. */
export const WAIT_MS_MAX = 30_000;

/** Resolves once `condition` is true; rejects, naming `what`, when that takes too long. */
export async function waitFor(what: string, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${WAIT_MS_MAX} ms for ${what}`);
    await turn();
  }
}
