/**
 * Options: what can be said on the command line, and what is answered when it makes no sense.
 */

import { parseArgs } from "node:util";
import { Failure } from "./failure.ts";

export interface Options {
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly posesPerSecond: number;
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

export const HELP = `Usage: npm run demo -- [options]

A camera sends 1920x1080 frames and poses to two consumers, of which one joins late: through floe's
shared memory, and for comparison over Unix sockets. Every consumer reads and checks every byte.

Options:
  --seconds N   how long to run, from 1 to 3600; default 10
  --frames N    frames a second, from 1 to 1000; default 30
  --poses N     poses a second, from 1 to 10000; default 1000
  --json        print one JSON document at the end and nothing else
  --help        print this

The transports take turns, so that neither disturbs the other: each has half of the time.
`;

const EXIT_CODE = 2;

/** Reads the arguments. Throws a Failure with exit code 2. */
export function readOptions(args: readonly string[]): Options {
  const values = parsed(args);
  return {
    seconds: numberOption("seconds", values.seconds, 1, 3600),
    framesPerSecond: numberOption("frames", values.frames, 1, 1000),
    posesPerSecond: numberOption("poses", values.poses, 1, 10_000),
    isJson: values.json,
    isHelp: values.help,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        seconds: { type: "string", default: "10" },
        frames: { type: "string", default: "30" },
        poses: { type: "string", default: "1000" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

function numberOption(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw unusable(`--${name}: wanted a number from ${least} to ${most}, found "${text}".`);
}

function unusable(message: string): Failure {
  return new Failure(`${message}\nTry --help.`, EXIT_CODE);
}
