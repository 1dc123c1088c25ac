/**
 * Steady state of events: once the ports are warm, a notification of a listener that is awake costs
 * no system call and no garbage-collected memory, and neither does a poll.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Bench, floeTest } from "../support/bench.ts";
import { callsBetweenMarkers, NODE_OPTIONS, SYSTEM_CALLS_MAX, skipTrace } from "./trace.ts";

const NOTIFICATIONS = 1_000_000;
const runUrl = new URL("./programs/run-events.js", import.meta.url);

/** Reading the clock makes an array, which the compiler mostly does without. */
const CLOCK_BYTES = 100;

async function run(bench: Bench, deadline: number | null, tracePath?: string): Promise<number> {
  const child = bench.start(runUrl, {
    data: { deadline, notifications: NOTIFICATIONS },
    nodeOptions: NODE_OPTIONS,
    ...(tracePath === undefined ? {} : { wrapper: ["strace", "-f", "-o", tracePath] }),
  });
  const { grownBytes, collections, received, pid } = await child.next("measured");
  bench.t.diagnostic(`${grownBytes} bytes, ${collections} collections`);
  assert.equal(received, NOTIFICATIONS + 200_000);
  assert.equal(collections, 0);
  const bytesMax = NOTIFICATIONS * (deadline === null ? 1 : CLOCK_BYTES);
  assert.ok((grownBytes as number) < bytesMax, `${grownBytes} bytes`);
  assert.equal((await child.finish()).code, 0, child.stderr);
  return pid as number;
}

floeTest("a million notifications allocate nothing", async (bench) => {
  await run(bench, null);
});

floeTest(
  "a million notifications that keep a deadline allocate a reading of the clock at most",
  async (bench) => {
    await run(bench, 60_000);
  },
);

floeTest(
  "a million notifications make no system call",
  async (bench) => {
    const tracePath = join(bench.root, "trace");
    const calls = callsBetweenMarkers(tracePath, await run(bench, null, tracePath));
    bench.t.diagnostic(`${calls.length} system calls`);
    assert.ok(calls.length <= SYSTEM_CALLS_MAX, calls.slice(0, 50).join("\n"));
  },
  { skip: skipTrace() },
);
