/**
 * Watchdog: ends this process when a test hangs, also when it hangs without ever letting the event
 * loop turn, which no timer of `node:test` notices.
 *
 * A thread of its own sleeps on a word of shared memory. It is woken when a test begins or ends;
 * when it wakes up by itself, the test's time is over, and it kills the process in plain words.
 */
import { Worker } from "node:worker_threads";

const PROGRAM = `
  const { workerData } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const { words } = workerData;
  for (;;) {
    const round = Atomics.load(words, 0);
    const limitMs = Atomics.load(words, 1);
    if (Atomics.wait(words, 0, round, limitMs === 0 ? Infinity : limitMs) !== "timed-out") continue;
    writeSync(2, "\\nwatchdog: a test took more than " + limitMs + " ms; the process is killed\\n");
    process.kill(process.pid, "SIGKILL");
  }
`;

/** Watches over one test at a time. */
export class Watchdog {
  readonly #words = new Int32Array(new SharedArrayBuffer(8));

  constructor() {
    const worker = new Worker(PROGRAM, { eval: true, workerData: { words: this.#words } });
    worker.unref();
  }

  /** From now on the process has `limitMs` milliseconds, until the next call. */
  begin(limitMs: number): void {
    this.#set(limitMs);
  }

  /** Nothing is under way. */
  end(): void {
    this.#set(0);
  }

  #set(limitMs: number): void {
    Atomics.store(this.#words, 1, limitMs);
    Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }
}
