/**
 * What the subject programs written in TypeScript have in common: reading their arguments, taking
 * time, filling and checking payloads, and reporting.
 *
 * A payload is a run of 32-bit words that all hold the number of the message. Writing it therefore
 * touches every byte, and adding the words up on the other side both reads every byte and notices a
 * message that was torn, mixed up or stale.
 */
import {
  decodeArguments,
  type ProgramArguments,
  type ProgramEvent,
  type Stamps,
} from "../../protocol.ts";
import { median, quantileOfSorted } from "../../statistics.ts";

export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

export function readArguments(): ProgramArguments {
  return decodeArguments(process.argv.slice(2));
}

export function emit(event: ProgramEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** The harness closes our standard input when both sides have said all they had to say. */
export function endOfInput(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once("end", resolve);
    process.stdin.once("error", () => resolve());
    process.stdin.resume();
  });
}

/** Word views need an address that is a multiple of four; a few peers do not promise one. */
export function wordsOf(bytes: Uint8Array, touchedBytes: number): Int32Array {
  if (bytes.byteOffset % 4 === 0) {
    return new Int32Array(bytes.buffer, bytes.byteOffset, touchedBytes >> 2);
  }
  return new Int32Array(bytes.slice(0, touchedBytes).buffer);
}

/**
 * A plain loop, because `fill` is no faster on shared memory. Four words a turn, here and below: a
 * turn costs V8 more than a word does. `count` is a multiple of four.
 */
export function writeWords(words: Int32Array, count: number, counter: number): void {
  for (let index = 0; index < count; index += 4) {
    words[index] = counter;
    words[index + 1] = counter;
    words[index + 2] = counter;
    words[index + 3] = counter;
  }
}

/** Reads `count` words from `start` and returns the number of the message they carry. */
export function readWords(words: Int32Array, start: number, count: number): number {
  const counter = words[start]!;
  const end = start + count;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let index = start; index < end; index += 4) {
    sum0 = (sum0 + words[index]!) | 0;
    sum1 = (sum1 + words[index + 1]!) | 0;
    sum2 = (sum2 + words[index + 2]!) | 0;
    sum3 = (sum3 + words[index + 3]!) | 0;
  }
  if (((sum0 + sum1 + sum2 + sum3) | 0) !== Math.imul(counter, count)) {
    throw new Error(`message ${counter} is torn`);
  }
  return counter;
}

/** Numbers the echoes and records when the first one arrived. */
export class LatencyRecorder {
  readonly #run: ProgramArguments;
  readonly #startedMs: number;
  readonly #importedMs: number;
  #firstMessageMs = 0;

  constructor(run: ProgramArguments, startedMs: number, importedMs: number) {
    this.#run = run;
    this.#startedMs = startedMs;
    this.#importedMs = importedMs;
  }

  /** For subjects that busy poll, or block: `round` sends, waits for the echo and checks it. */
  measureSync(round: () => void): void {
    for (let index = 0; index < this.#run.warmupRounds; index++) {
      round();
      if (index === 0) this.#firstMessageMs = epochMs();
    }
    const { blockRounds } = this.#run;
    this.#report(timeBlocks(this.#run, blockRounds, round), timeBlocks(this.#run, 1, round));
  }

  /** For subjects that live on the event loop. */
  async measureAsync(round: () => Promise<void>): Promise<void> {
    for (let index = 0; index < this.#run.warmupRounds; index++) {
      await round();
      if (index === 0) this.#firstMessageMs = epochMs();
    }
    const blocks = await timeBlocksAsync(this.#run, this.#run.blockRounds, round);
    this.#report(blocks, await timeBlocksAsync(this.#run, 1, round));
  }

  #report(blocksNs: Float64Array, singlesNs: Float64Array): void {
    const stamps: Stamps = {
      startedMs: this.#startedMs,
      importedMs: this.#importedMs,
      firstMessageMs: this.#firstMessageMs,
    };
    const p99 = quantileOfSorted(singlesNs.sort(), 0.99);
    emit({ event: "result", value: median(blocksNs), p99, ...stamps });
  }
}

const NS_PER_MS = 1e6;

type Pace = Pick<ProgramArguments, "rounds" | "pauseNs">;

/** Busy, because who sends is awake; the other side goes to sleep meanwhile. */
function spend(pauseNs: number): void {
  if (pauseNs === 0) return;
  const endMs = performance.now() + pauseNs / NS_PER_MS;
  while (performance.now() < endMs);
}

function timeBlocks(run: Pace, blockRounds: number, round: () => void): Float64Array {
  const oneWayNs = new Float64Array(Math.floor(run.rounds / blockRounds));
  for (let block = 0; block < oneWayNs.length; block++) {
    spend(run.pauseNs);
    const startMs = performance.now();
    for (let index = 0; index < blockRounds; index++) round();
    oneWayNs[block] = ((performance.now() - startMs) * NS_PER_MS) / blockRounds / 2;
  }
  return oneWayNs;
}

async function timeBlocksAsync(
  run: Pace,
  blockRounds: number,
  round: () => Promise<void>,
): Promise<Float64Array> {
  const oneWayNs = new Float64Array(Math.floor(run.rounds / blockRounds));
  for (let block = 0; block < oneWayNs.length; block++) {
    spend(run.pauseNs);
    const startMs = performance.now();
    for (let index = 0; index < blockRounds; index++) await round();
    oneWayNs[block] = ((performance.now() - startMs) * NS_PER_MS) / blockRounds / 2;
  }
  return oneWayNs;
}

/** Follows the numbers of a stream on the receiving side and reports once the last has come. */
export class StreamMeter {
  readonly #warmup: number;
  readonly #last: number;
  #previous = 0;
  #received = 0;
  #firstCounted = 0;
  #startMs = 0;

  constructor(run: ProgramArguments) {
    this.#warmup = run.warmupRounds;
    this.#last = run.warmupRounds + run.rounds;
  }

  get done(): boolean {
    return this.#previous >= this.#last;
  }

  /** Takes the number of the message just read; gaps are counted, steps back are errors. */
  count(counter: number): void {
    if (counter <= this.#previous) {
      throw new Error(`message ${counter} came after ${this.#previous}`);
    }
    this.#previous = counter;
    if (this.#startMs !== 0) {
      this.#received++;
    } else if (counter >= this.#warmup) {
      this.#firstCounted = counter;
      this.#startMs = performance.now();
    }
    if (counter === this.#last) this.#report();
  }

  #report(): void {
    const seconds = (performance.now() - this.#startMs) / 1e3;
    emit({
      event: "result",
      value: this.#received / seconds,
      received: this.#received,
      missed: this.#last - this.#firstCounted - this.#received,
    });
  }
}
