/**
 * `npm run test:model`: every scenario of every structure, through every interleaving.
 *
 * Prints a table and, for each scenario that fails, the interleaving and the command that runs it
 * again. With arguments it runs only matching scenarios:
 *
 *     node --conditions=floe-model build/tests/model/main.js [text] [--replay "0 0 1 0 1x"]
 */

import { COMPLETION_QUEUE_SCENARIOS } from "./completion-queue.model.ts";
import { DOORBELL_SCENARIOS } from "./doorbell.model.ts";
import { EVENT_COUNTS_SCENARIOS } from "./event-counts.model.ts";
import { type Exploration, explore, replay } from "./explorer.ts";
import type { Scenario } from "./scenario.ts";
import { SUBMISSION_QUEUE_SCENARIOS } from "./submission-queue.model.ts";

const STRUCTURES: readonly { name: string; scenarios: readonly Scenario[] }[] = [
  { name: "submission-queue", scenarios: SUBMISSION_QUEUE_SCENARIOS },
  { name: "completion-queue", scenarios: COMPLETION_QUEUE_SCENARIOS },
  { name: "doorbell", scenarios: DOORBELL_SCENARIOS },
  { name: "event-counts", scenarios: EVENT_COUNTS_SCENARIOS },
];

const WIDTHS = [18, 30, 11, 9, 8, 9];

function printRow(cells: readonly (string | number)[]): void {
  const padded = cells.map((cell, column) => {
    const width = WIDTHS[column] ?? 0;
    return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
  });
  console.log(padded.join("  ").trimEnd());
}

function printFailure(label: string, exploration: Exploration): void {
  const { failure } = exploration;
  if (failure === undefined) return;
  const { error } = failure;
  console.log(`\n${error instanceof Error ? error.stack : String(error)}\n\n${failure.trace}\n`);
  const command = "node --conditions=floe-model build/tests/model/main.js";
  console.log(`again: ${command} "${label}" --replay "${failure.schedule}"\n`);
}

const replayIndex = process.argv.indexOf("--replay");
const schedule = replayIndex < 0 ? undefined : process.argv[replayIndex + 1];
const filter = process.argv.slice(2).find((_, index) => index + 2 !== replayIndex) ?? "";
const started = performance.now();
let failures = 0;
let executions = 0;

printRow(["structure", "scenario", " executions", "   deaths", "      ms", "passed"]);
for (const { name, scenarios } of STRUCTURES) {
  for (const scenario of scenarios) {
    const label = `${name}: ${scenario.name}`;
    if (!label.includes(filter)) continue;
    const exploration = schedule === undefined ? explore(scenario) : replay(scenario, schedule);
    const passed = exploration.failure === undefined;
    const milliseconds = Math.round(exploration.milliseconds);
    printRow([
      name,
      scenario.name,
      exploration.executions,
      exploration.executionsWithDeath,
      milliseconds,
      passed ? "yes" : "NO",
    ]);
    printFailure(label, exploration);
    if (!passed) failures += 1;
    executions += exploration.executions;
  }
}
const seconds = (performance.now() - started) / 1000;
console.log(`\n${executions} executions in ${seconds.toFixed(1)} s, ${failures} scenarios failed`);
process.exitCode = failures === 0 ? 0 : 1;
