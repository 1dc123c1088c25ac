/**
 * What is run, how often, and for how long.
 *
 * Every case gets about the same time, so a fast subject does many rounds and a slow one few. The
 * counts follow from a rough guess per subject and not from a trial run: a trial on a busy moment
 * would give the subjects different numbers of rounds from one day to the next.
 */
import {
  LATENCY_BUFFER_SIZE,
  type Measure,
  type ProgramArguments,
  type ProgramMeasure,
  THROUGHPUT_BUFFER_SIZE,
  touchedBytesOf,
  WAKE_PAUSE_NS,
  WAYS,
  type Wake,
  WHATS,
  type What,
} from "./protocol.ts";
import type { Subject } from "./subjects.ts";

const KIB = 1_024;
const MIB = KIB * KIB;

const PAYLOAD_BYTES: Readonly<Record<Exclude<Measure, "wake">, readonly number[]>> = {
  latency: [64, 4 * KIB, 64 * KIB, MIB, 64 * MIB],
  throughput: [64, 4 * KIB],
  // What is in use of memory by who is killed: the system takes it back first.
  death: [0, 256 * MIB],
  struct: [32],
  startup: [64],
};

/** An event has an id and no payload. */
const WAKE_PAYLOAD_BYTES: Readonly<Record<What, number>> = {
  event: 0,
  "publish-subscribe": 64,
  "one-of-1000": 64,
};

export type Effort = {
  readonly repetitions: number;
  /** Time that a run should take once its programs are up. */
  readonly runMs: number;
};

export const FULL_EFFORT: Effort = { repetitions: 7, runMs: 1000 };
export const QUICK_EFFORT: Effort = { repetitions: 3, runMs: 250 };

/** What all subjects are asked alike, if they can answer it. */
type Question = {
  readonly measure: Measure;
  readonly payloadBytes: number;
  /** Of the measure `wake`, and of no other. */
  readonly wake?: Wake;
};

/** One cell of the tables: one subject asked for one measure with one payload. */
export type Case = Question & { readonly subject: Subject };

/** What a run does, apart from who plays which role and where. */
export type Workload = Omit<ProgramArguments, "role" | "directory">;

/** Subjects that are asked the same stand side by side, so that drift hits all alike. */
export function planCases(measures: readonly Measure[], subjects: readonly Subject[]): Case[] {
  const cases: Case[] = [];
  for (const question of measures.flatMap(questionsOf)) {
    for (const subject of subjects) {
      if (canAnswer(subject, question)) cases.push({ ...question, subject });
    }
  }
  return cases;
}

function questionsOf(measure: Measure): Question[] {
  if (measure !== "wake") {
    return PAYLOAD_BYTES[measure].map((payloadBytes) => ({ measure, payloadBytes }));
  }
  return WHATS.flatMap((what) =>
    WAYS.map((way) => ({
      measure,
      payloadBytes: WAKE_PAYLOAD_BYTES[what],
      wake: { way, what },
    })),
  );
}

function canAnswer(subject: Subject, { measure, payloadBytes, wake }: Question): boolean {
  if (!subject.measures.includes(measure) || payloadBytes > subject.payloadBytesMax) return false;
  if (wake === undefined) return true;
  return subject.wakes?.some(({ way, what }) => way === wake.way && what === wake.what) ?? false;
}

/** Enough rounds per block to make two clock readings disappear. */
const BLOCK_ROUNDS = 32;
const ROUNDS_MIN = 4;
/** There are many rows of it, and round trips enough in less time. */
const WAKE_TIME_SHARE = 0.5;
const RECORD_TABLE_READS_PER_BLOCK = 200;
const RECORD_TABLE_READ_GUESS_NS = 5_000;

export function workloadOf(oneCase: Case, effort: Effort): Workload {
  const { measure, payloadBytes } = oneCase;
  const shared = {
    payloadBytes,
    touchedBytes: touchedBytesOf(payloadBytes),
    pauseNs: measure === "wake" ? WAKE_PAUSE_NS : 0,
    way: oneCase.wake?.way ?? "any",
    what: oneCase.wake?.what ?? "publish-subscribe",
  } as const;
  if (measure === "struct") return { ...shared, ...structCounts(effort), measure, bufferSize: 1 };
  const bufferSize = measure === "throughput" ? THROUGHPUT_BUFFER_SIZE : LATENCY_BUFFER_SIZE;
  if (measure === "startup") {
    const counts = { rounds: 1, blockRounds: 1, warmupRounds: 1 };
    return { ...shared, ...counts, measure: "latency", bufferSize };
  }
  if (measure === "death") {
    return { ...shared, ...deathCounts(payloadBytes, effort), measure, bufferSize };
  }
  if (measure === "wake") return { ...shared, ...wakeCounts(oneCase, effort), measure, bufferSize };
  return { ...shared, ...pacedCounts(oneCase, measure, effort), measure, bufferSize };
}

type Counts = Pick<ProgramArguments, "rounds" | "blockRounds" | "warmupRounds">;

function pacedCounts(oneCase: Case, measure: ProgramMeasure, effort: Effort): Counts {
  const guessNs = oneCase.subject.guessNs(measure, oneCase.payloadBytes);
  // Half a share of warm-up; then two passes of round trips for latency, one for throughput.
  const nsPerRound = measure === "throughput" ? guessNs * 1.5 : guessNs * 2 * 2.5;
  const affordable = Math.floor((effort.runMs * 1e6) / nsPerRound);
  const blockRounds = measure === "latency" && affordable >= BLOCK_ROUNDS * 16 ? BLOCK_ROUNDS : 1;
  const rounds = Math.max(ROUNDS_MIN, affordable - (affordable % blockRounds));
  const warmupRounds = Math.max(1, Math.floor(rounds / 2));
  return { rounds, blockRounds, warmupRounds };
}

function wakeCounts({ subject, payloadBytes }: Case, effort: Effort): Counts {
  const roundNs = 2 * subject.guessNs("wake", payloadBytes);
  // Two passes with pauses, and two shares of warm-up without: few rounds, but compiled ones.
  const nsPerRound = 2 * (roundNs + WAKE_PAUSE_NS) + 2 * roundNs;
  const affordable = Math.floor((effort.runMs * WAKE_TIME_SHARE * 1e6) / nsPerRound);
  const rounds = Math.max(ROUNDS_MIN, affordable);
  return { rounds, blockRounds: 1, warmupRounds: 2 * rounds };
}

/** Each kill takes the start of a process, whoever is asked; 200 of them in a whole benchmark. */
const DEATHS_PER_EFFORT_SECOND = 29;
/** Writing much memory takes longer than starting. */
const LARGE_DEATHS_PER_EFFORT_SECOND = 10;

function deathCounts(heldBytes: number, effort: Effort): Counts {
  const perSecond = heldBytes === 0 ? DEATHS_PER_EFFORT_SECOND : LARGE_DEATHS_PER_EFFORT_SECOND;
  const rounds = Math.max(2, Math.round((effort.runMs / 1e3) * perSecond));
  return { rounds, blockRounds: 1, warmupRounds: 1 };
}

function structCounts(effort: Effort): Counts {
  const passNs = RECORD_TABLE_READS_PER_BLOCK * RECORD_TABLE_READ_GUESS_NS;
  const rounds = Math.max(ROUNDS_MIN, Math.floor((effort.runMs * 1e6) / passNs / 1.5));
  const warmupRounds = Math.floor(rounds / 2);
  return { rounds, blockRounds: RECORD_TABLE_READS_PER_BLOCK, warmupRounds };
}
