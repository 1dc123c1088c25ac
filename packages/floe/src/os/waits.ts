/**
 * How long a blocking call may take, from the milliseconds of programs to the kernel's nanoseconds.
 *
 * A call without a limit is given one of 104 days all the same. The kernel repeats a futex wait
 * without a limit by itself after a signal (SA_RESTART, which Node asks for), so a caller could
 * never be told of it; one with a limit ends. The end of those days is then one more interruption.
 */

/** The longest wait: the nanoseconds that a number can count, 104 days. */
export const WAIT_NS_MAX: number = Number.MAX_SAFE_INTEGER;

/** A limit in nanoseconds, rounded up so that no wait is too short; 0 for what is no limit. */
export function toWaitNs(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined) return WAIT_NS_MAX;
  return timeoutMs > 0 ? Math.min(Math.ceil(timeoutMs * 1e6), WAIT_NS_MAX) : 0;
}
