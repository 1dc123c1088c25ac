/**
 * The records that the `struct` measure reads, and how their reading is timed.
 *
 * 32 bytes each, five fields, as C would lay them out:
 *
 *     struct Record { double stamp, x, y; uint32_t id, flags; };
 *
 * There are many records, in shared memory, and all fields go into a checksum: one record read over
 * and over would let the compiler lift the loads out of the loop and measure an empty one.
 */
import type { ProgramArguments } from "../../protocol.ts";
import { median } from "../../statistics.ts";
import { emit } from "./program.ts";

export const RECORD_BYTES = 32;
/** 32 KiB: fits a first-level cache, so that the accessors are measured and not the memory. */
export const RECORD_COUNT = 1_024;

/** Small integers in every field, so that the checksum is exact in a double. */
export function createRecords(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(RECORD_BYTES * RECORD_COUNT);
  const doubles = new Float64Array(memory);
  const words = new Uint32Array(memory);
  for (let record = 0; record < RECORD_COUNT; record++) {
    doubles[record * 4] = record;
    doubles[record * 4 + 1] = record * 2;
    doubles[record * 4 + 2] = record * 3;
    words[record * 8 + 6] = record * 5;
    words[record * 8 + 7] = record & 7;
  }
  return memory;
}

const EXPECTED_SUM = (() => {
  let sum = 0;
  for (let record = 0; record < RECORD_COUNT; record++) sum += record * 11 + (record & 7);
  return sum;
})();

/** Times `sumAll`, which reads every field of every record once, and reports ns per record. */
export function measureReading(run: ProgramArguments, sumAll: () => number): void {
  const nsPerRecord: number[] = [];
  for (let pass = 0; pass < run.warmupRounds + run.rounds; pass++) {
    const startMs = performance.now();
    let sum = 0;
    for (let repeat = 0; repeat < run.blockRounds; repeat++) sum += sumAll();
    const elapsedMs = performance.now() - startMs;
    if (sum !== EXPECTED_SUM * run.blockRounds) throw new Error("a field was read wrongly");
    if (pass < run.warmupRounds) continue;
    nsPerRecord.push((elapsedMs * 1e6) / run.blockRounds / RECORD_COUNT);
  }
  emit({ event: "result", value: median(nsPerRecord) });
}
