/**
 * Meters: how long a process took part, what it cost, and what it received.
 *
 * Everything is kept twice, for the current turn and for the whole run: the live view shows the
 * one, the summary the other.
 */

import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Reading } from "./messages.ts";
import type { Effort, Latency, StreamNumbers } from "./protocol.ts";

const NS_PER_MS = 1e6;

/** Measures time and processor time between begin and end. */
export class EffortMeter {
  #beganMs = 0;
  #cpuAtBegin = process.cpuUsage();
  #isRunning = false;
  #totalActiveMs = 0;
  #totalCpuMs = 0;

  begin(): void {
    this.#isRunning = true;
    this.#beganMs = performance.now();
    this.#cpuAtBegin = process.cpuUsage();
  }

  /** The turn's numbers and the run's; zero for a turn in which this process did not take part. */
  end(): { readonly turn: Effort; readonly total: Effort } {
    const cpu = process.cpuUsage(this.#cpuAtBegin);
    const activeMs = this.#isRunning ? performance.now() - this.#beganMs : 0;
    const cpuMs = this.#isRunning ? (cpu.user + cpu.system) / 1000 : 0;
    this.#isRunning = false;
    this.#totalActiveMs += activeMs;
    this.#totalCpuMs += cpuMs;
    return {
      turn: { activeMs, cpuMs },
      total: { activeMs: this.#totalActiveMs, cpuMs: this.#totalCpuMs },
    };
  }
}

/** Counts the messages of one kind that come. */
export class StreamMeter {
  readonly #total = new Tally();
  #turn = new Tally();

  note(reading: Reading, lengthBytes: number, missed: number): void {
    this.#turn.note(reading, lengthBytes, missed);
    this.#total.note(reading, lengthBytes, missed);
  }

  /** The turn's numbers and the run's; what follows belongs to the next turn. */
  endTurn(): { readonly turn: StreamNumbers; readonly total: StreamNumbers } {
    const turn = this.#turn.numbers();
    this.#turn = new Tally();
    return { turn, total: this.#total.numbers() };
  }
}

class Tally {
  #received = 0;
  #receivedBytes = 0;
  #missed = 0;
  #checksumFailures = 0;
  readonly #latencyNs = createHistogram();

  note(reading: Reading, lengthBytes: number, missed: number): void {
    this.#received += 1;
    this.#receivedBytes += lengthBytes;
    this.#missed += missed;
    if (!reading.isIntact) this.#checksumFailures += 1;
    // A torn message may carry any stamp; its latency would only spoil the others'.
    else this.#latencyNs.record(Math.max(1, reading.latencyNs));
  }

  numbers(): StreamNumbers {
    return {
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      missed: this.#missed,
      checksumFailures: this.#checksumFailures,
      latency: latencyOf(this.#latencyNs),
    };
  }
}

function latencyOf(histogramNs: RecordableHistogram): Latency | null {
  if (histogramNs.count === 0) return null;
  return {
    p50Ms: histogramNs.percentile(50) / NS_PER_MS,
    p99Ms: histogramNs.percentile(99) / NS_PER_MS,
    maxMs: histogramNs.max / NS_PER_MS,
  };
}
