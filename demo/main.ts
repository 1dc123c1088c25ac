/**
 * The demo: a camera and two consumers on floe, and the same on Unix sockets, side by side.
 *
 * What is compared: both cameras render the same frames and poses at the same fixed rates, all
 * consumers read every byte and check it. Latency runs from the moment a message was finished to
 * the moment its last byte was read, on the clock that all processes share. The rates are fixed and
 * moderate, so what tells the transports apart is latency and processor time; `--frames 1000` shows
 * what is left when there is no pause between frames. The two take turns of at most a second
 * (turns.ts says why). The socket side is written with care (socket-camera.ts), and by default both
 * sides keep as many messages for a slow consumer.
 *
 * This process starts the others, tells them whose turn it is, collects their numbers, and leaves
 * nothing behind however it ends: on its own, by Ctrl-C, by SIGTERM, or because a child has died.
 */

import { constants } from "node:os";
import { Failure } from "./failure.ts";
import { Family } from "./family.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import {
  checksumFailuresOf,
  describeRun,
  documentOf,
  type Line,
  lineOf,
  tableOf,
} from "./report.ts";
import { Scratch } from "./scratch.ts";
import { Screen } from "./screen.ts";
import { type Progress, runTurns, type TransportReports } from "./turns.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const BLANK: Line = [];

/** Rejects when the run has to end early: by a signal, or because nobody reads the output. */
function whenInterrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of SIGNALS) {
      // Stays installed: a second Ctrl-C must not cut the tidying short, which takes 3 s at most.
      const exitCode = 128 + constants.signals[signal];
      process.on(signal, () => reject(new Failure(`Interrupted by ${signal}.`, exitCode)));
    }
    process.stdout.on("error", () => reject(new Failure("The output was closed.")));
  });
}

/** Runs everything; when it returns or throws, all children have ended and all files are gone. */
async function run(options: Options, onProgress: (progress: Progress) => void) {
  const interrupted = whenInterrupted();
  const scratch = new Scratch();
  let family: Family | undefined;
  const tidyAtOnce = (): void => {
    family?.kill();
    scratch.remove();
  };
  // For the case that this program has an error that nobody catches.
  process.once("exit", tidyAtOnce);
  try {
    const failed = new Promise<never>((_, reject) => {
      family = new Family({ directory: scratch.path, ...options }, reject);
    });
    return await Promise.race([
      runTurns(family!, options.seconds, onProgress),
      interrupted,
      failed,
    ]);
  } finally {
    await family?.finish();
    scratch.remove();
  }
}

async function runOnScreen(options: Options): Promise<TransportReports> {
  const screen = new Screen(process.stdout);
  screen.print([...describeRun(options), BLANK]);
  const onProgress = (progress: Progress): void => {
    const { transport, roundNumber, roundCount, elapsedSeconds, reports } = progress;
    const seconds = elapsedSeconds.toFixed(1).padStart(5);
    if (!screen.isTerminal) {
      const text = `${seconds} s  ${lineOf(transport, reports[transport]!)}`;
      screen.print([[{ text, tone: "plain" }]]);
      return;
    }
    const state = `${seconds} s, round ${roundNumber} of ${roundCount}; the last turn of each:`;
    const other = transport === "floe" ? "socket" : "floe";
    const isLast = roundNumber === roundCount && transport === "socket";
    screen.draw([
      [{ text: state, tone: "faint" }],
      ...tableOf(reports, "turn", isLast ? undefined : other),
    ]);
  };
  try {
    const reports = await run(options, onProgress);
    const heading: Line = [{ text: "The whole run:", tone: "title" }];
    if (screen.isTerminal) screen.draw([heading, ...tableOf(reports, "total")]);
    else screen.print([BLANK, heading, ...tableOf(reports, "total")]);
    return reports;
  } finally {
    screen.release();
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.isHelp) {
    process.stdout.write(HELP);
    return;
  }
  let reports: TransportReports;
  if (options.isJson) {
    reports = await run(options, () => {});
    process.stdout.write(`${JSON.stringify(documentOf(options, reports), null, 2)}\n`);
  } else {
    reports = await runOnScreen(options);
  }
  const failures = checksumFailuresOf(reports);
  if (failures > 0) throw new Failure(`${failures} messages had a wrong checksum.`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
