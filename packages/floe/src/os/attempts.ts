/**
 * How a call is made: again when a signal interrupted it, and with a FloeError when it fails.
 *
 * `node:fs` throws its answers and the shim returns them, so there is one function for each way.
 */
import { crashPoint } from "#crash-points";
import { describeDescriptor, ERRNO, systemError } from "./system-error.ts";

/** Runs a call of the shim until no signal interrupts it. */
export function untilUninterrupted(call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -ERRNO.EINTR) return result;
  }
}

/** Runs one call of `node:fs` and turns what it throws into a FloeError about `subject`. */
export function attempt<Result>(
  subject: string | number,
  wanted: string,
  call: () => Result,
): Result {
  for (;;) {
    try {
      return call();
    } catch (cause) {
      const { code, errno, syscall } = cause as NodeJS.ErrnoException;
      if (code === "EINTR") continue;
      // Anything without a code is a mistake in the arguments, which no remedy of ours describes.
      if (code === undefined) throw cause;
      const path = typeof subject === "number" ? describeDescriptor(subject) : subject;
      throw systemError(syscall ?? "node:fs", errno ?? code, path, { wanted, cause });
    }
  }
}

/** The same for a call that changes what other processes see, before which this one may die. */
export function attemptChange<Result>(
  subject: string | number,
  wanted: string,
  call: () => Result,
): Result {
  crashPoint(wanted);
  return attempt(subject, wanted, call);
}

/** Runs `call`; an error whose errno is one of `codes` becomes the value `otherwise`. */
export function unless<Result, Otherwise>(
  codes: readonly string[],
  otherwise: Otherwise,
  call: () => Result,
): Result | Otherwise {
  try {
    return call();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException) : undefined;
    if (cause?.code !== undefined && codes.includes(cause.code)) return otherwise;
    throw error;
  }
}
