/**
 * Crash points that count: the k-th kills the process, as a machine out of memory would.
 *
 * Under the import condition `floe-crash`, every operation on shared memory that changes a word
 * (`sync/words.crash.ts`) and every system call that changes a file, a lock or a FIFO (`os/`) comes
 * here first. While points are armed they are numbered from 1, and the process kills itself with
 * SIGKILL at the one that was chosen: no handler runs, nothing is flushed, the kernel tidies up
 * alone. So for every k there is a run that dies after exactly k - 1 changes.
 *
 * Steps that only look are no points: a death after them leaves what a death before them leaves.
 * Nor are plain writes of words (`words[i] = x`, `fill`): nobody reads them before the release that
 * follows, and that is a point. Each thread counts for itself.
 */

/** A step before which a process may die. */
export interface CrashPoint {
  /** Counts from 1, since the points were armed. */
  readonly ordinal: number;
  /** What was about to be done: the name of an operation of `sync/`, or the wish of a call. */
  readonly operation: string;
  /** The functions of the library that wanted it, innermost first. */
  readonly place: string;
}

const PLACE_FRAMES_MAX = 4;

/** Frames above the function that is of interest: this file, the seams, and wrappers. */
const UNINTERESTING = /points\.crash|words\.crash|os\/attempts|node:|untilUninterrupted/;

let fatalOrdinal = 0;
let count = 0;
let isArmed = false;
let lastWords: (point: CrashPoint) => void = () => {};

/**
 * Counts from now on, and kills the process before point `ordinal`, once `sayLastWords` has
 * returned. With 0 it only counts.
 */
export function armCrashPoints(
  ordinal: number,
  sayLastWords: (point: CrashPoint) => void = () => {},
): void {
  fatalOrdinal = ordinal;
  count = 0;
  lastWords = sayLastWords;
  isArmed = true;
}

/** Counts no more; returns how many points there were. */
export function disarmCrashPoints(): number {
  isArmed = false;
  return count;
}

/** Says that the next step changes something that other processes can see. */
export function crashPoint(operation: string): void {
  if (!isArmed) return;
  count += 1;
  if (count !== fatalOrdinal) return;
  isArmed = false;
  lastWords({ ordinal: count, operation, place: placeOfCall() });
  process.kill(process.pid, "SIGKILL");
}

/** The functions that have led here, innermost first. */
function placeOfCall(): string {
  const limitBefore = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limitBefore;
  const names = stack
    .split("\n")
    .slice(1)
    .filter((line) => !UNINTERESTING.test(line))
    .map((line) => /at (?:new )?(?:async )?([^\s(]+) \(/.exec(line)?.[1])
    .filter((name) => name !== undefined && name !== "<anonymous>");
  return names.slice(0, PLACE_FRAMES_MAX).join(" < ");
}
