/**
 * Memory bound: however foreign the numbers are that a process reads, it must not grow by them.
 */
import { readdirSync } from "node:fs";

/** Room for compiled code, garbage and the test's own notes. */
const GROWTH_BYTES_MAX = 256 * 1024 * 1024;

/** Descriptors of peers, FIFOs and segments that may be open between rounds. */
const DESCRIPTOR_GROWTH_MAX = 24;

export class MemoryBound {
  #memoryBytes: number | undefined;
  #descriptors = 0;

  /** What is beyond the bound now, in words; the first call sets where it begins. */
  offences(): string[] {
    const memoryBytes = process.memoryUsage.rss();
    const descriptors = readdirSync("/proc/self/fd").length;
    if (this.#memoryBytes === undefined) {
      this.#memoryBytes = memoryBytes;
      this.#descriptors = descriptors;
      return [];
    }
    const offences: string[] = [];
    if (memoryBytes - this.#memoryBytes > GROWTH_BYTES_MAX) {
      offences.push(`memory has grown from ${this.#memoryBytes} to ${memoryBytes} bytes`);
    }
    if (descriptors - this.#descriptors > DESCRIPTOR_GROWTH_MAX) {
      offences.push(`descriptors have grown from ${this.#descriptors} to ${descriptors}`);
    }
    return offences;
  }
}
