/**
 * Brute force: little random programs, enumerated without any of the explorer's machinery.
 *
 * The explorer leaves out executions of which it claims that they cannot be told apart from others.
 * Here the claim is tested: the outcomes (what each thread read, the memory at the end, who died)
 * that it reaches must be exactly those that a plain enumeration of all interleavings reaches, with
 * deaths anywhere. Programs are data, so this enumeration shares no code with the explorer.
 */

import {
  compareExchange,
  exchange,
  fetchAdd,
  fetchOr,
  loadAcquire,
  peek,
  storeRelease,
  type Words,
} from "floe/model";
import { explore } from "./explorer.ts";
import type { Scenario, ThreadControl } from "./scenario.ts";

const WORD_COUNT = 3;
const KINDS = ["load", "peek", "store", "exchange", "compareExchange", "add", "or", "all"] as const;

interface Instruction {
  readonly kind: (typeof KINDS)[number] | "wait" | "sleep";
  readonly word: number;
  readonly value: number;
}

interface Program {
  readonly threads: readonly (readonly Instruction[])[];
  /** Index of the thread that may die; the last thread starts when it has. -1: nobody dies. */
  readonly mortal: number;
}

/** A small generator with a seed (mulberry32), so that a failing program can be made again. */
function makeRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function makeProgram(seed: number): Program {
  const random = makeRandom(seed);
  const threadCount = 2 + random(2);
  const length = threadCount === 2 ? 5 : 3;
  const makeInstruction = (thread: number): Instruction => {
    const word = random(WORD_COUNT);
    // Only thread 1 waits, and thread 0's end is enough for it, so that no program blocks forever.
    // Thread 0 does not sleep: it has to come to its end.
    const mayWait = thread === 1 && random(3) === 0;
    const maySleep = thread > 0 && random(6) === 0;
    const kind = mayWait ? "wait" : maySleep ? "sleep" : KINDS[random(KINDS.length)]!;
    return { kind, word, value: random(3) };
  };
  const threads = Array.from({ length: threadCount }, (_, thread) =>
    Array.from({ length: length - random(2) }, () => makeInstruction(thread)),
  );
  return { threads, mortal: random(2) === 0 ? -1 : random(threadCount - 1) };
}

/** What an instruction does; `before` is the result of the thread's previous one. */
function run(words: Words, { kind, word, value }: Instruction, before: number): number {
  const written = (value + before) % 3;
  switch (kind) {
    case "load":
      return loadAcquire(words, word);
    case "peek":
      return peek(words, word);
    case "store":
      storeRelease(words, word, written);
      return 0;
    case "exchange":
      return exchange(words, word, written);
    case "compareExchange":
      return compareExchange(words, word, value, written);
    case "add":
      return fetchAdd(words, word, 1);
    case "or":
      return fetchOr(words, word, written);
    case "all":
      return readAll(words);
    case "sleep":
      return peek(words, word);
    case "wait":
      return 0;
  }
}

function readAll(words: Words): number {
  return peek(words, 0) + 8 * peek(words, 1) + 64 * peek(words, 2);
}

/** The same through the explorer, which has steps of its own for what takes more than one word. */
function runInModel(
  words: Words,
  instruction: Instruction,
  before: number,
  control: ThreadControl,
): number {
  const { kind, word } = instruction;
  if (kind === "all") return control.readTogether("all words", () => readAll(words));
  if (kind === "sleep") return control.sleepUntil("word", () => peek(words, word));
  if (kind === "wait") {
    control.waitUntil("word", (others) => peek(words, word) !== 0 || others.ended("0"));
  }
  return run(words, instruction, before);
}

function describe(results: readonly (readonly number[])[], words: Words, dead: number): string {
  return `${results.map((list) => list.join(",")).join("|")} [${words.join(",")}] ${dead}`;
}

/** Outcomes that plain enumeration reaches with at most `bound` preemptions. */
function enumerate(program: Program, bound: number): Set<string> {
  const outcomes = new Set<string>();
  const { threads, mortal } = program;
  const survivor = mortal < 0 ? -1 : threads.length - 1;
  const visit = (
    words: Words,
    results: readonly (readonly number[])[],
    dead: number,
    running: number,
    preemptions: number,
  ): void => {
    const hasEnded = (thread: number): boolean =>
      thread === dead || results[thread]!.length === threads[thread]!.length;
    const isEnabled = (thread: number): boolean => {
      if (hasEnded(thread) || (thread === survivor && dead < 0)) return false;
      const { kind, word } = threads[thread]![results[thread]!.length]!;
      if (kind !== "wait" && kind !== "sleep") return true;
      return words[word] !== 0 || (kind === "wait" && hasEnded(0));
    };
    const enabled = threads.map((_, thread) => thread).filter(isEnabled);
    if (enabled.length === 0) outcomes.add(describe(results, words, dead));
    for (const thread of enabled) {
      const cost = running >= 0 && thread !== running && isEnabled(running) ? 1 : 0;
      if (preemptions + cost > bound) continue;
      const list = results[thread]!;
      const copy = words.slice();
      const result = run(copy, threads[thread]![list.length]!, list.at(-1) ?? 0);
      visit(copy, results.with(thread, [...list, result]), dead, thread, preemptions + cost);
    }
    if (mortal >= 0 && dead < 0) visit(words, results, mortal, running, preemptions);
  };
  visit(
    new Int32Array(WORD_COUNT),
    threads.map(() => []),
    -1,
    -1,
    0,
  );
  return outcomes;
}

/** Outcomes that the explorer reaches. */
function collect(program: Program, bound: number | undefined): [Set<string>, number] {
  const outcomes = new Set<string>();
  const { threads, mortal } = program;
  const scenario: Scenario = {
    name: "random program",
    maxDeaths: 1,
    ...(bound !== undefined && { preemptionBound: bound }),
    build: () => {
      const words = new Int32Array(WORD_COUNT);
      return {
        threads: threads.map((instructions, index) => ({
          name: String(index),
          mortal: index === mortal,
          ...(mortal >= 0 && index === threads.length - 1 && { afterDeathOf: String(mortal) }),
          run: (control) => {
            let before = 0;
            for (const instruction of instructions) {
              before = runInModel(words, instruction, before, control);
              control.note("result", before);
            }
          },
        })),
        check: ({ values, died }) => {
          const results = threads.map((_, index) => values(String(index), "result"));
          const dead = mortal >= 0 && died(String(mortal)) ? mortal : -1;
          outcomes.add(describe(results, words, dead));
        },
      };
    },
  };
  const { failure, executions } = explore(scenario);
  if (failure !== undefined) throw failure.error;
  return [outcomes, executions];
}

/** Compares both for a number of programs; returns what differs, and how much was run. */
export function compareWithBruteForce(programCount: number): {
  differences: string[];
  executions: number;
  outcomes: number;
} {
  const differences: string[] = [];
  let executions = 0;
  let outcomeCount = 0;
  for (let seed = 1; seed <= programCount; seed += 1) {
    const program = makeProgram(seed);
    const all = enumerate(program, Number.POSITIVE_INFINITY);
    outcomeCount += all.size;
    for (const bound of [undefined, 0, 1, 2]) {
      const wanted = bound === undefined ? all : enumerate(program, bound);
      const [found, count] = collect(program, bound);
      executions += count;
      const missing = [...wanted].filter((outcome) => !found.has(outcome));
      const impossible = [...found].filter((outcome) => !all.has(outcome));
      if (missing.length + impossible.length > 0) {
        const text = JSON.stringify({ seed, bound, missing, impossible, program });
        differences.push(text);
      }
    }
  }
  return { differences, executions, outcomes: outcomeCount };
}
