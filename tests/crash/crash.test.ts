/**
 * A sample of what `npm run test:crash` does in full, and proof that it can fail.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seedOf } from "../support/random.ts";
import { Watchdog } from "../support/watchdog.ts";
import { runCampaign } from "./campaign.ts";
import { inParallel, Killer } from "./harness.ts";
import { nameOf } from "./role.ts";
import { FRAUDS } from "./roles/frauds.ts";
import { ROLES, roleNamed } from "./roles.ts";
import { playRounds } from "./rounds.ts";

const PARALLEL = 2;
const SAMPLE = 40;
const ROUNDS = 12;

/** Starting a victim takes a tenth of a second; the rest is for busy machines. */
const LIMIT_MS = 120_000;

const watchdog = new Watchdog();

test("nothing is lost, leaked or blocked, at whichever of many steps a process dies", async (t) => {
  const seed = seedOf(t);
  watchdog.begin(LIMIT_MS);
  const reports = await runCampaign({
    roles: ROLES,
    parallel: PARALLEL,
    sample: { count: SAMPLE, seed },
    onReport: () => {},
    onFinding: () => watchdog.begin(LIMIT_MS),
  });
  watchdog.end();
  const failures = reports.flatMap((report) => report.failures);
  assert.deepEqual(failures, [], `seed ${seed}`);
  const deaths = reports.reduce((sum, report) => sum + report.deaths, 0);
  assert.ok(deaths >= SAMPLE, `${deaths} deaths`);
  t.diagnostic(`${deaths} deaths in ${reports.length} roles`);
});

test("a domain lives on through rounds of dying and starting again", async (t) => {
  const seed = seedOf(t);
  watchdog.begin(LIMIT_MS);
  const { killedInside, completed } = await playRounds({
    roles: ROLES,
    rounds: ROUNDS,
    seed,
    parallel: PARALLEL,
    onRound: () => watchdog.begin(LIMIT_MS),
  });
  watchdog.end();
  assert.equal(killedInside + completed, ROUNDS);
});

test("the harness finds every fraud, by the invariant that it breaks", async () => {
  const killer = new Killer(PARALLEL);
  try {
    await inParallel(PARALLEL, FRAUDS, async (fraud) => {
      watchdog.begin(LIMIT_MS);
      const { error } = await killer.kill(fraud, 0);
      assert.ok(error instanceof Error, `not found: ${nameOf(fraud)}`);
      assert.ok(error.message.includes(`invariant ${fraud.breaks}`), error.message);
    });
  } finally {
    watchdog.end();
    await killer.close();
  }
});

test("the names of roles are unique, and those that roles refer to exist", () => {
  assert.equal(new Set(ROLES.map(nameOf)).size, ROLES.length);
  for (const { corpses = [], accomplice } of ROLES) {
    for (const { role } of accomplice === undefined ? corpses : [...corpses, accomplice]) {
      assert.equal(nameOf(roleNamed(role)), role);
    }
  }
});
