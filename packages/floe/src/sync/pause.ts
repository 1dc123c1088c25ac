/**
 * Pause: lets a control call wait a moment without spinning and without the event loop.
 *
 * Control calls are synchronous and rare; when another process holds the control lock, they try
 * again after a short sleep. The data path never comes here.
 */

const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps this thread for about `durationMs` milliseconds. */
export function pauseMs(durationMs: number): void {
  Atomics.wait(NEVER_NOTIFIED, 0, 0, durationMs);
}
