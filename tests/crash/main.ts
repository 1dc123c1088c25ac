/**
 * `npm run test:crash -- [options]`: kills a process at every step of everything that it can do,
 * and looks each time whether anything was lost, leaked or blocked.
 *
 *     --role TEXT      only roles whose name contains the text
 *     --point K        only point K; 0 is the end of the operation
 *     --sample N       only N random points; --seed S makes the same ones again
 *     --parallel P     so many victims at a time, 2 if not said
 *     --json           prints one value of JSON instead of a table
 *     --rounds N       instead: N rounds of dying and starting again, in one domain that lives on
 */
import { parseArgs } from "node:util";
import { Watchdog } from "../support/watchdog.ts";
import { type Report, runCampaign } from "./campaign.ts";
import { nameOf } from "./role.ts";
import { ROLES } from "./roles.ts";
import { playRounds } from "./rounds.ts";

/** No death takes longer, with all that is looked at after it. */
const DEATH_LIMIT_MS = 120_000;

/** How often rounds are told of. */
const PROGRESS_ROUNDS = 50;

const { values } = parseArgs({
  options: {
    role: { type: "string", default: "" },
    point: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 0x7fff_ffff) },
    parallel: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    rounds: { type: "string" },
  },
});

const OPERATION_WIDTH = 76;

function printRow(cells: readonly (string | number)[]): void {
  const widths = [18, OPERATION_WIDTH, 6, 6];
  const padded = cells.map((cell, column) => {
    const width = widths[column] ?? 0;
    return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
  });
  console.log(padded.join("  ").trimEnd());
}

function printReport({ subject, operation, points, deaths, failures }: Report): void {
  printRow([subject, operation, points ?? "-", deaths, failures.length === 0 ? "yes" : "NO"]);
  for (const { ordinal, label, message, command } of failures) {
    console.log(`\n  point ${ordinal}, ${label}\n  ${message}\n  again: ${command}\n`);
  }
}

const watchdog = new Watchdog();
const roles = ROLES.filter((role) => nameOf(role).includes(values.role));
const parallel = Number(values.parallel);
const seed = Number(values.seed);
const started = performance.now();

function secondsSinceStart(): number {
  return (performance.now() - started) / 1000;
}

/** Kills at points; returns whether everything held. */
async function killEverywhere(): Promise<boolean> {
  if (!values.json) printRow(["role", "operation", "points", "deaths", "passed"]);
  const reports = await runCampaign({
    roles,
    parallel,
    ...(values.point === undefined ? {} : { point: Number(values.point) }),
    ...(values.sample === undefined ? {} : { sample: { count: Number(values.sample), seed } }),
    onReport: values.json ? () => {} : printReport,
    onFinding: () => watchdog.begin(DEATH_LIMIT_MS),
  });
  const seconds = secondsSinceStart();
  const deaths = reports.reduce((sum, report) => sum + report.deaths, 0);
  const failures = reports.reduce((sum, report) => sum + report.failures.length, 0);
  if (values.json) {
    console.log(JSON.stringify({ seed, seconds, deaths, failures, reports }, null, 2));
  } else {
    const sampled = values.sample === undefined ? "" : `, seed ${seed}`;
    console.log(
      `\n${deaths} deaths in ${reports.length} roles in ${seconds.toFixed(1)} s, ` +
        `${failures} after which something did not hold${sampled}`,
    );
  }
  return failures === 0 && deaths > 0;
}

/** Kills and starts again in one domain; returns whether everything held. */
async function killAndStartAgain(rounds: number): Promise<boolean> {
  const say = values.json ? () => {} : console.log;
  say(`${rounds} rounds, ${parallel} at a time, seed ${seed}`);
  const onRound = (count: number): void => {
    watchdog.begin(DEATH_LIMIT_MS);
    if (count % PROGRESS_ROUNDS !== 0) return;
    say(`${count} rounds, ${(count / secondsSinceStart()).toFixed(1)} a second`);
  };
  try {
    const report = await playRounds({ roles, rounds, seed, parallel, onRound });
    const seconds = secondsSinceStart();
    if (values.json) console.log(JSON.stringify({ seed, seconds, rounds, ...report }, null, 2));
    const { killedInside, completed } = report;
    say(
      `\n${rounds} rounds in ${seconds.toFixed(1)} s: ${killedInside} died in the middle, ` +
        `${completed} after it; nothing was lost, leaked or blocked`,
    );
    return true;
  } catch (error) {
    console.error(error);
    console.error(`again: npm run test:crash -- --rounds ${rounds} --seed ${seed}`);
    return false;
  }
}

watchdog.begin(DEATH_LIMIT_MS);
const hasPassed = await (values.rounds === undefined
  ? killEverywhere()
  : killAndStartAgain(Number(values.rounds)));
// What survivors of a failure still hold must not keep this process alive.
process.exit(hasPassed ? 0 : 1);
