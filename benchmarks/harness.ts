/**
 * Runs the plan: all cases once, then all again, and so on.
 *
 * The order is the point. Machines drift (heat, neighbours, other jobs); had each subject its own
 * stretch of time, the drift would end up in the ratios. Interleaved, it hits all subjects alike,
 * and turning the order around every other time takes away what is left to gain by coming first.
 */
import { type Child, type Command, Nursery, Scratch } from "./children.ts";
import type { Placement } from "./machine.ts";
import { type Case, type Effort, type Workload, workloadOf } from "./plan.ts";
import {
  encodeArguments,
  type Measure,
  type ResultEvent,
  type Role,
  type Way,
  type What,
} from "./protocol.ts";
import { median, summarize } from "./statistics.ts";
import type { Cores, Subject, SubjectName } from "./subjects.ts";

export type Row = {
  readonly measure: Measure;
  /** Which stretch of time, for the measure that has several. */
  readonly part?: StartupPart;
  /** How the receiver slept, and what woke it, for the measure `wake`. */
  readonly way?: Way;
  readonly what?: What;
  readonly subject: SubjectName;
  readonly payloadBytes: number;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Median over the repetitions of each repetition's 99th percentile. */
  readonly p99?: number;
  readonly repetitions: number;
  /** What a receiver with safe overflow did not get; part of the messages sent. */
  readonly missed?: number;
  readonly missedShare?: number;
  /** What the sender sent in the same time, received or not. */
  readonly sentPerSecond?: number;
  readonly touchedBytes?: number;
};

/** From the start of a process to its first line, through its imports, to its first message. */
export type StartupPart = "process" | "import" | "first-message";

export type Skipped = { readonly subject: SubjectName; readonly reason: string };

export type Outcome = { readonly rows: Row[]; readonly failures: Skipped[] };

/** One run of one case: its result, and when its programs were started. */
type Sample = ResultEvent & { readonly spawnedMs: number };

const RUN_TIMEOUT_MS = 30_000;
const EXIT_TIMEOUT_MS = 5_000;

export class Harness {
  readonly #placement: Placement;
  readonly #effort: Effort;
  readonly #log: (text: string) => void;
  readonly #nursery = new Nursery();
  readonly #scratch = new Scratch();

  constructor(placement: Placement, effort: Effort, log: (text: string) => void) {
    this.#placement = placement;
    this.#effort = effort;
    this.#log = log;
  }

  async run(cases: readonly Case[]): Promise<Outcome> {
    const samples = new Map<Case, Sample[]>(cases.map((oneCase) => [oneCase, []]));
    const failures: Skipped[] = [];
    const failed = new Set<Case>();
    for (let repetition = 1; repetition <= this.#effort.repetitions; repetition++) {
      this.#log(`repetition ${repetition} of ${this.#effort.repetitions}`);
      const order = repetition % 2 === 1 ? cases : cases.toReversed();
      for (const oneCase of order) {
        if (failed.has(oneCase)) continue;
        try {
          samples.get(oneCase)!.push(await this.#runCase(oneCase));
        } catch (error) {
          const reason = `${nameOf(oneCase)} failed: ${(error as Error).message}`;
          this.#log(`${oneCase.subject.name}: ${reason}`);
          failed.add(oneCase);
          failures.push({ subject: oneCase.subject.name, reason });
        }
      }
    }
    // A case that failed once gets no row: part of a series must not pass for all of it.
    const complete = cases.filter((oneCase) => !failed.has(oneCase));
    return { rows: complete.flatMap((one) => rowsOf(one, samples.get(one)!)), failures };
  }

  get scratchDirectory(): string {
    return this.#scratch.directory;
  }

  /** Safe at any moment, also in the middle of a run, and more than once. */
  async [Symbol.asyncDispose](): Promise<void> {
    // First the programs, then their files: a living one could make a new file after the removal.
    await this.#nursery.close();
    this.#scratch[Symbol.dispose]();
  }

  async #runCase(oneCase: Case): Promise<Sample> {
    const directory = this.#scratch.createRunDirectory();
    const workload = workloadOf(oneCase, this.#effort);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      const seconds = RUN_TIMEOUT_MS / 1e3;
      timer = setTimeout(() => reject(new Error(`no result in ${seconds} s`)), RUN_TIMEOUT_MS);
    });
    const started: Child[] = [];
    try {
      const running = this.#converse(oneCase.subject, workload, directory, started);
      return await Promise.race([running, deadline]);
    } finally {
      clearTimeout(timer);
      await endAll(started);
      this.#scratch.removeRunDirectory(directory);
    }
  }

  async #converse(
    subject: Subject,
    workload: Workload,
    directory: string,
    started: Child[],
  ): Promise<Sample> {
    const cores = subject.cores(workload.measure);
    const start = (role: Role): Child => {
      const { file, args, environment } = subject.command;
      const run = encodeArguments({ ...workload, role, directory });
      const words = [...placingWords(role, cores, this.#placement), file, ...args, ...run];
      const child = this.#nursery.spawn(commandOf(words, environment));
      started.push(child);
      return child;
    };
    // These run in one process, even for subjects that use two for all else.
    const isSolo = workload.measure === "struct" || workload.measure === "death";
    if (subject.processes === 1 || isSolo) {
      const solo = start("solo");
      return { ...(await solo.result), spawnedMs: solo.spawnedMs };
    }
    const reflector = start("reflector");
    await reflector.ready;
    const initiator = start("initiator");
    // Whoever has the result; or whoever dies first, since then there will be none.
    const result = await Promise.race([reflector.result, initiator.result]);
    return { ...result, spawnedMs: initiator.spawnedMs };
  }
}

/** Lets the programs go in peace, then makes sure that they are gone. */
async function endAll(children: readonly Child[]): Promise<void> {
  for (const child of children) child.finish();
  const timer = setTimeout(() => {
    for (const child of children) child.kill();
  }, EXIT_TIMEOUT_MS);
  await Promise.all(children.map((child) => child.exited));
  clearTimeout(timer);
}

/** The commands that start another command on its core and tie its life to ours. */
function placingWords(role: Role, cores: Cores, placement: Placement): string[] {
  const words = placement.canTieLives ? ["setpriv", "--pdeathsig", "KILL"] : [];
  const { pair } = placement;
  if (pair === undefined) return words;
  const both = `${pair.initiator},${pair.reflector}`;
  const own = String(role === "reflector" ? pair.reflector : pair.initiator);
  return [...words, "taskset", "-c", cores === "shared" ? both : own];
}

function commandOf(words: readonly string[], environment: Command["environment"]): Command {
  const [file, ...args] = words as readonly [string, ...string[]];
  return environment === undefined ? { file, args } : { file, args, environment };
}

function nameOf(oneCase: Case): string {
  const { measure, wake, payloadBytes } = oneCase;
  const name = wake === undefined ? measure : `${measure} (${wake.what}, ${wake.way})`;
  return `${name} of ${payloadBytes} B`;
}

const UNITS = {
  latency: "ns",
  throughput: "messages/s",
  wake: "ns",
  death: "ns",
  struct: "ns/record",
  startup: "ms",
} as const;

function rowsOf(oneCase: Case, samples: readonly Sample[]): Row[] {
  if (oneCase.measure === "startup") return startupRows(oneCase, samples);
  const row = rowOf(
    oneCase,
    samples.map((sample) => sample.value),
  );
  const p99s = samples.flatMap((sample) => sample.p99 ?? []);
  const misses = samples.flatMap((sample) => sample.missed ?? []);
  const rates = samples.flatMap(({ value, missed, received }) =>
    missed === undefined || received === undefined ? [] : value * (1 + missed / received),
  );
  const shares = samples.flatMap(({ missed, received }) =>
    missed === undefined || received === undefined ? [] : missed / (missed + received),
  );
  return [
    {
      ...row,
      ...(p99s.length > 0 ? { p99: median(p99s) } : {}),
      ...(misses.length === 0
        ? {}
        : {
            missed: median(misses),
            missedShare: median(shares),
            sentPerSecond: median(rates),
          }),
      ...extremesOf(samples),
      ...(oneCase.measure === "struct" || oneCase.measure === "death"
        ? {}
        : { touchedBytes: workloadOf(oneCase, { repetitions: 1, runMs: 1 }).touchedBytes }),
    },
  ];
}

/** The extremes of single rounds, if the runs have told them. */
function extremesOf(samples: readonly Sample[]): { min?: number; max?: number } {
  const least = samples.flatMap((sample) => sample.least ?? []);
  const greatest = samples.flatMap((sample) => sample.greatest ?? []);
  if (least.length === 0 || greatest.length === 0) return {};
  return { min: Math.min(...least), max: Math.max(...greatest) };
}

function rowOf(oneCase: Case, values: readonly number[], part?: StartupPart): Row {
  return {
    measure: oneCase.measure,
    ...(part === undefined ? {} : { part }),
    ...oneCase.wake,
    subject: oneCase.subject.name,
    payloadBytes: oneCase.payloadBytes,
    unit: UNITS[oneCase.measure],
    ...summarize(values),
    repetitions: values.length,
  };
}

/** From the start of the process to its first line, through its imports, to the first echo. */
function startupRows(oneCase: Case, samples: readonly Sample[]): Row[] {
  const complete = samples.filter(hasStamps);
  if (complete.length < samples.length) throw new Error("a startup run came without stamps");
  const rows = [
    rowOf(
      oneCase,
      complete.map((sample) => sample.startedMs - sample.spawnedMs),
      "process",
    ),
    rowOf(
      oneCase,
      complete.map((sample) => sample.firstMessageMs - sample.importedMs),
      "first-message",
    ),
  ];
  if (oneCase.subject.hasImports) {
    const values = complete.map((sample) => sample.importedMs - sample.startedMs);
    rows.splice(1, 0, rowOf(oneCase, values, "import"));
  }
  return rows;
}

function hasStamps(sample: Sample): sample is Sample & Required<ResultEvent> {
  return (
    sample.startedMs !== undefined &&
    sample.importedMs !== undefined &&
    sample.firstMessageMs !== undefined
  );
}
