/**
 * Runs the seeded bugs, and the comparison with brute force, under the condition `floe-model`.
 * Prints a line of JSON for each bug and a last one for the comparison.
 */

import { compareWithBruteForce } from "./brute-force.ts";
import { explore, replay } from "./explorer.ts";
import { SEEDED_BUGS } from "./seeded-bugs.ts";

/** What is printed last. */
export type BruteForceReport = ReturnType<typeof compareWithBruteForce>;

/** What is printed for a bug. */
export interface SeededBugReport {
  readonly name: string;
  readonly expected?: string;
  readonly executions: number;
  readonly executionsWithDeath: number;
  readonly message?: string;
  readonly trace?: string;
  /** The message that the replayed schedule failed with. */
  readonly replayed?: string;
}

for (const { scenario, expected } of SEEDED_BUGS) {
  const { executions, executionsWithDeath, failure } = explore(scenario);
  const found = failure && {
    message: String(failure.error),
    trace: failure.trace,
    replayed: String(replay(scenario, failure.schedule).failure?.error),
  };
  const report: SeededBugReport = {
    name: scenario.name,
    ...(expected !== undefined && { expected }),
    executions,
    executionsWithDeath,
    ...found,
  };
  console.log(JSON.stringify(report));
}

console.log(JSON.stringify(compareWithBruteForce(1000)));
