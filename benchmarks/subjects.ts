/**
 * Who is compared: for each subject how its program is built and started, what it can be asked, and
 * roughly how long it takes, so that every run can be given about the same time.
 *
 * A subject that cannot run here (no compiler, no network for its package) is not an error. It says
 * why, and the tables say so too: a missing rival must never look like a beaten one.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "./children.ts";
import { type Measure, touchedBytesOf, WAYS, type Wake, WHATS, type What } from "./protocol.ts";

export type SubjectName =
  | "floe"
  | "iceoryx2"
  | "zeromq"
  | "node-net"
  | "worker"
  | "c-floor"
  | "typed-array";

/** `split`: a core for each process. `shared`: both cores for both, as the scheduler likes. */
export type Cores = "split" | "shared";

export type Subject = {
  readonly name: SubjectName;
  readonly processes: 1 | 2;
  /** Where its processes run; whichever was faster for the subject, except in `wake`: all apart. */
  cores(measure: Measure): Cores;
  readonly measures: readonly Measure[];
  /** What it can be asked of the measure `wake`, if it is among its measures. */
  readonly wakes?: readonly Wake[];
  readonly payloadBytesMax: number;
  /** A program without imports has no import time to report. */
  readonly hasImports: boolean;
  /** A rough guess, in ns: one way for latency and wake, one message for throughput. */
  guessNs(measure: Measure, payloadBytes: number): number;
  /** Builds what needs building; returns the reason why this subject cannot run, if so. */
  prepare(): Promise<string | undefined>;
  readonly command: Command;
};

/** This module runs from build/benchmarks/, two folders below the root. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = join(ROOT, "benchmarks", "peers");
const PROGRAMS = join(ROOT, "build", "benchmarks", "peers");

function nodeProgram(name: SubjectName, environment: Record<string, string> = {}): Command {
  return { file: process.execPath, args: [join(PROGRAMS, name, "main.js")], environment };
}

function wakesOf(whats: readonly What[]): readonly Wake[] {
  return whats.flatMap((what) => WAYS.map((way) => ({ way, what })));
}

const USUAL_WAKES = wakesOf(["event", "publish-subscribe"]);

/** Nearly all of it is the system's, whoever asks for it. */
const WAKE_GUESS_NS = 25_000;

async function alwaysReady(): Promise<undefined> {}

const floe: Subject = {
  name: "floe",
  processes: 2,
  // Who watches has to be on another core than who is killed.
  cores: (measure) => (measure === "death" ? "shared" : "split"),
  measures: ["latency", "throughput", "wake", "death", "struct", "startup"],
  wakes: wakesOf(WHATS),
  payloadBytesMax: Number.POSITIVE_INFINITY,
  hasImports: true,
  guessNs: (measure, payloadBytes) =>
    measure === "wake"
      ? WAKE_GUESS_NS
      : (measure === "throughput" ? 60 : 200) + touchedBytesOf(payloadBytes) / 8,
  prepare: alwaysReady,
  command: nodeProgram("floe"),
};

const typedArray: Subject = {
  name: "typed-array",
  processes: 1,
  cores: () => "split",
  measures: ["struct"],
  payloadBytesMax: 64,
  hasImports: false,
  guessNs: () => 5,
  prepare: alwaysReady,
  command: nodeProgram("typed-array"),
};

const iceoryx2: Subject = {
  name: "iceoryx2",
  processes: 2,
  cores: () => "split",
  measures: ["latency", "throughput", "wake", "startup"],
  wakes: USUAL_WAKES,
  payloadBytesMax: 2 ** 26,
  hasImports: false,
  guessNs: (measure, payloadBytes) =>
    measure === "wake" ? WAKE_GUESS_NS : 250 + touchedBytesOf(payloadBytes) / 20,
  prepare: buildIceoryx2,
  command: {
    file: join(SOURCES, "iceoryx2", "target", "release", "floe-bench-iceoryx2"),
    args: [],
  },
};

const zeromq: Subject = {
  name: "zeromq",
  processes: 2,
  // In a stream its I/O thread earns a core of its own; in a ping-pong the threads of a process
  // take turns, and waking one on the same core costs less than waking another core.
  cores: (measure) => (measure === "throughput" ? "shared" : "split"),
  measures: ["latency", "throughput", "startup"],
  payloadBytesMax: Number.POSITIVE_INFINITY,
  hasImports: true,
  guessNs: (measure, payloadBytes) =>
    measure === "throughput" ? 3_000 + payloadBytes : 40_000 + payloadBytes / 2,
  prepare: installZeromq,
  command: nodeProgram("zeromq", { FLOE_BENCH_ZEROMQ_HOME: join(SOURCES, "zeromq") }),
};

const nodeNet: Subject = {
  name: "node-net",
  processes: 2,
  // Left to choose, the scheduler puts a ping-pong on one core, which spares waking the other one;
  // waking it is what `wake` is about.
  cores: (measure) => (measure === "throughput" || measure === "wake" ? "split" : "shared"),
  measures: ["latency", "throughput", "wake", "death", "startup"],
  wakes: [{ way: "event-loop", what: "publish-subscribe" }],
  payloadBytesMax: Number.POSITIVE_INFINITY,
  hasImports: true,
  guessNs(measure, payloadBytes) {
    if (measure === "throughput") return 300 + payloadBytes;
    return (measure === "wake" ? WAKE_GUESS_NS : 15_000) + payloadBytes;
  },
  prepare: alwaysReady,
  command: nodeProgram("node-net"),
};

const worker: Subject = {
  name: "worker",
  processes: 1,
  cores: () => "shared",
  measures: ["latency", "throughput", "startup"],
  payloadBytesMax: Number.POSITIVE_INFINITY,
  hasImports: true,
  guessNs: (_, payloadBytes) => 3_000 + touchedBytesOf(payloadBytes) / 2,
  prepare: alwaysReady,
  command: nodeProgram("worker"),
};

const C_FLOOR_PROGRAM = join(PROGRAMS, "c-floor", "floor");

const cFloor: Subject = {
  name: "c-floor",
  processes: 2,
  cores: () => "split",
  measures: ["latency", "wake"],
  wakes: USUAL_WAKES,
  payloadBytesMax: 64,
  hasImports: false,
  guessNs: (measure) => (measure === "wake" ? WAKE_GUESS_NS : 150),
  prepare: buildCFloor,
  command: { file: C_FLOOR_PROGRAM, args: [] },
};

/** In the order of the tables: floe, its rivals from the closest, then the yardsticks. */
export const SUBJECTS: readonly Subject[] = [
  floe,
  iceoryx2,
  worker,
  nodeNet,
  zeromq,
  cFloor,
  typedArray,
];

async function buildIceoryx2(): Promise<string | undefined> {
  const output = await runTool("cargo", ["build", "--release", "--locked", "--quiet"], "iceoryx2");
  if (output === undefined) return undefined;
  if (/libclang/i.test(output)) return "libclang is missing (Debian: apt-get install libclang-dev)";
  return `cargo build failed: ${lastLine(output)}`;
}

async function installZeromq(): Promise<string | undefined> {
  if (existsSync(join(SOURCES, "zeromq", "node_modules", "zeromq"))) return undefined;
  // The package brings its binaries, so no script has to run, and none may.
  const output = await runTool("npm", ["ci", "--ignore-scripts", "--no-audit"], "zeromq");
  return output === undefined ? undefined : `npm ci failed: ${lastLine(output)}`;
}

async function buildCFloor(): Promise<string | undefined> {
  mkdirSync(join(PROGRAMS, "c-floor"), { recursive: true });
  const output = await runTool("cc", ["-O2", "-o", C_FLOOR_PROGRAM, "main.c"], "c-floor");
  return output === undefined ? undefined : `cc failed: ${lastLine(output)}`;
}

/** Runs a tool in a subject's source folder; returns undefined for success, else what it said. */
function runTool(file: string, args: readonly string[], folder: string) {
  return new Promise<string | undefined>((resolve) => {
    execFile(file, args, { cwd: join(SOURCES, folder) }, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else if (error.code === "ENOENT") resolve(`${file} is not installed`);
      else resolve(stderr.trim() === "" ? error.message : stderr);
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)!.trim();
}
