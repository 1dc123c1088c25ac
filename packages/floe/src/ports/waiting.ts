/**
 * Waiting for a condition in the event loop: asks again at short, growing intervals.
 */

import { setTimeout as delay } from "node:timers/promises";
import { FloeError } from "../errors.ts";

/** How long to wait. */
export interface WaitOptions {
  /** Milliseconds; default: no limit. */
  readonly timeout?: number;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
}

const INTERVAL_MS_MAX = 1;
const IMMEDIATE_TURNS = 64;

/**
 * Resolves once `isDone` returns true.
 * Rejects with FLOE_TIMEOUT or FLOE_ABORTED, naming what was `awaited`.
 */
export async function pollUntil(
  isDone: () => boolean,
  awaited: string,
  options: WaitOptions,
): Promise<void> {
  const { timeout = Number.POSITIVE_INFINITY, signal } = options;
  const deadlineMs = performance.now() + timeout;
  for (let turn = 0; ; turn += 1) {
    if (signal?.aborted === true) throw ended("FLOE_ABORTED", awaited, "the signal", signal.reason);
    if (isDone()) return;
    if (performance.now() >= deadlineMs) throw ended("FLOE_TIMEOUT", awaited, `${timeout} ms`);
    if (turn < IMMEDIATE_TURNS) await new Promise<void>((resolve) => setImmediate(resolve));
    else await delay(INTERVAL_MS_MAX);
  }
}

function ended(
  code: "FLOE_TIMEOUT" | "FLOE_ABORTED",
  awaited: string,
  by: string,
  cause?: unknown,
): FloeError {
  return new FloeError(code, {
    subject: "wait",
    wanted: awaited,
    found: `the wait ended by ${by}`,
    remedy: "Start the other side, or wait longer.",
    cause,
  });
}
