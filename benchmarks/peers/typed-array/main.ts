/**
 * The yardstick of the `struct` measure: the same records, read with bare typed arrays.
 *
 * This is what one would write by hand if only speed counted: two views over one memory, indices
 * worked out from the layout, no names, no checks but those of the engine.
 */

import { endOfInput, readArguments } from "../shared/program.ts";
import { createRecords, measureReading, RECORD_BYTES, RECORD_COUNT } from "../shared/records.ts";

const memory = createRecords();
const doubles = new Float64Array(memory);
const words = new Uint32Array(memory);

measureReading(readArguments(), () => {
  let sum = 0;
  for (let record = 0; record < RECORD_COUNT; record++) {
    const double = record * (RECORD_BYTES / 8);
    const word = record * (RECORD_BYTES / 4);
    sum += doubles[double]! + doubles[double + 1]! + doubles[double + 2]!;
    sum += words[word + 6]! + words[word + 7]!;
  }
  return sum;
});
await endOfInput();
