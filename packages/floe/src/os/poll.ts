/**
 * Waiting for descriptors: until one of several can be read or written, without an event loop.
 *
 * It is for threads that may block; in the event loop a `DescriptorWatch` does the same. What is
 * said of blocking in `futex.ts` holds here too: no timer and no handler of a signal runs, and only
 * a signal or the time ends the wait early.
 */
import { loadShim } from "./shim.ts";
import { describeDescriptor, ERRNO, systemError } from "./system-error.ts";
import { toWaitNs } from "./waits.ts";

/** What a descriptor is ready for, as bits of one number. */
export const Ready = {
  /** There is something to read; also at the end of what there is to read. */
  readable: 1,
  /** There is room to write. */
  writable: 2,
  /** The other end is gone, or the descriptor has failed: a FIFO has no writer or no reader. */
  hangUp: 4,
} as const;

/** What to wait for. That the other end is gone is always told. */
export interface ReadinessInterest {
  readonly readable?: boolean;
  readonly writable?: boolean;
}

/** A descriptor and what to wait for. */
export interface PollRequest extends ReadinessInterest {
  readonly fd: number;
}

// The kernel's numbers, which are the same on x86_64 and aarch64.
const POLLIN = 0x01;
const POLLOUT = 0x04;
const POLLERR = 0x08;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;

/** An entry is the kernel's struct pollfd: the descriptor; events with the answer above them. */
const ENTRY_WORDS = 2;
const ANSWER_SHIFT = 16;

/**
 * Blocks until a request is met or `timeoutMs` are over: what is ready of each request, as bits of
 * {@link Ready} and in their order; or why nothing is.
 */
export function pollDescriptors(
  requests: readonly PollRequest[],
  timeoutMs: number | undefined,
): number[] | "interrupted" | "timed-out" {
  const entries = new Int32Array(requests.length * ENTRY_WORDS);
  for (const [index, { fd, readable, writable }] of requests.entries()) {
    // The kernel would pass over a negative one without a word.
    if (fd < 0) throw notOpen(fd);
    entries[index * ENTRY_WORDS] = fd;
    entries[index * ENTRY_WORDS + 1] = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
  }
  const result = loadShim().shim.ppoll(entries, requests.length, toWaitNs(timeoutMs));
  if (result === -ERRNO.EINTR) return "interrupted";
  if (result === 0) return timeoutMs === undefined ? "interrupted" : "timed-out";
  if (result < 0) {
    const wanted = `to wait for ${requests.length}`;
    throw systemError("ppoll", result, "file descriptors", { wanted });
  }
  return requests.map(({ fd }, index) => {
    const answer = entries[index * ENTRY_WORDS + 1]! >> ANSWER_SHIFT;
    if ((answer & POLLNVAL) !== 0) throw notOpen(fd);
    return toReady(answer);
  });
}

/** Throws FLOE_SYSTEM unless the descriptor is open. */
export function checkOpen(fd: number): void {
  pollDescriptors([{ fd }], 0);
}

function toReady(answer: number): number {
  return (
    ((answer & POLLIN) !== 0 ? Ready.readable : 0) |
    ((answer & POLLOUT) !== 0 ? Ready.writable : 0) |
    ((answer & (POLLERR | POLLHUP)) !== 0 ? Ready.hangUp : 0)
  );
}

function notOpen(fd: number): Error {
  return systemError("ppoll", "EBADF", describeDescriptor(fd), { wanted: "an open descriptor" });
}
