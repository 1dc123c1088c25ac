/**
 * A sample of `npm run test:corruption`: whatever stands in memory that a peer can write, calls
 * return values or throw FloeErrors, and everything can be made again.
 */
import assert from "node:assert/strict";
import { floeTest } from "../support/bench.ts";
import { seedOf } from "../support/random.ts";
import { ARRANGEMENTS, play } from "./run.ts";
import { describeOffence, Tally } from "./tally.ts";

const WRITES = { alone: 8000, "a third process": 1200, "a peer": 1200 } as const;

for (const arrangement of ARRANGEMENTS) {
  floeTest(
    `${WRITES[arrangement]} wrong words do no harm, written by: ${arrangement}`,
    async (bench) => {
      const tally = new Tally();
      const plan = { arrangement, seed: seedOf(bench.t), firstRound: 0 };
      const rounds = Number.MAX_SAFE_INTEGER;
      await play(bench, { ...plan, rounds, writes: WRITES[arrangement] }, tally);
      assert.equal(tally.offences.length, 0, tally.offences.map(describeOffence).join("\n"));
      assert.ok(tally.writes >= WRITES[arrangement], `${tally.writes} writes`);
      assert.ok(tally.errorCount > 0, "nothing that was written has been noticed");
    },
    { mayLeaveFiles: true, limitMs: 300_000 },
  );
}
