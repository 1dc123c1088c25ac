/**
 * A short soak; `npm run soak` is the long one.
 */
import assert from "node:assert/strict";
import { floeTest } from "../support/bench.ts";
import { seedOf } from "../support/random.ts";
import { formatTable } from "./report.ts";
import { Soak } from "./soak.ts";

floeTest(
  "processes come, go and are killed, and nothing is lost, leaked or blocked",
  async ({ t }) => {
    const log = (line: string): void => t.diagnostic(line);
    const report = await new Soak({ minutes: 0.1, processes: 3, seed: seedOf(t), log }).run();
    assert.deepEqual(report.offences, [], formatTable(report));
    assert.ok(report.lives > 0 && report.kills > 0 && report.pairs > 0, formatTable(report));
    assert.ok(report.received > 0 && report.counted > 0, formatTable(report));
  },
  { limitMs: 300_000 },
);
