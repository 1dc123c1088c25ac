/**
 * Invariants: what must hold after a death, in the words and numbers of `spec/recovery.md`.
 */

/** The invariants, by what they are about. */
export const Invariant = {
  sent: "1 (what was sent arrives)",
  survivors: "2 (survivors go on)",
  places: "3 (places come back)",
  memory: "4 (memory comes back)",
  blocking: "5 (nothing blocks)",
  notices: "6 (deaths are told of)",
  remains: "7 (nothing remains)",
  holding: "8 (nobody holds on to the dead)",
} as const;

/** One of {@link Invariant}. */
export type Invariant = (typeof Invariant)[keyof typeof Invariant];

/** An invariant does not hold. */
export class InvariantError extends Error {
  constructor(invariant: Invariant, found: string, cause?: unknown) {
    super(`invariant ${invariant} does not hold: ${found}`, { cause });
    this.name = "InvariantError";
  }
}

/** Throws unless `isTrue`. */
export function mustHold(invariant: Invariant, isTrue: boolean, found: () => string): void {
  if (!isTrue) throw new InvariantError(invariant, found());
}

/** Runs a step; whatever it throws, a wait that took too long among it, breaks the invariant. */
export async function upholding<Result>(
  invariant: Invariant,
  step: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    throw new InvariantError(invariant, error instanceof Error ? error.message : `${error}`, error);
  }
}
