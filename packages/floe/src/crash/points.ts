/**
 * Crash points: the steps at which a process may die, as production sees them, which is not at all.
 *
 * The first line of every function that changes a file, a lock or a FIFO names what is about to
 * happen. Here that does nothing, and a compiler leaves it out. Under the import condition
 * `floe-crash` the name `#crash-points` means `points.crash.ts` instead, which counts.
 */

/** Says that the next step changes something that other processes can see. */
export function crashPoint(_operation: string): void {}
