/**
 * A sender that loops looks at its receivers' bells each time, whatever the compiler makes of the
 * loop: the look is a plain read where an update is a fence, and must not be taken out of it.
 */
import assert from "node:assert/strict";
import { struct, u32 } from "floe";
import { floeTest } from "../support/bench.ts";

const Tick = struct("Tick", { count: u32 });
const hotLoopUrl = new URL("./programs/hot-loop.js", import.meta.url);
const MESSAGES = 10_000;

/** Below the time after which a blocked thread looks by itself. */
const WAIT_MS = 200;

floeTest("a publisher in a loop of its own wakes a subscriber that sleeps, each time", (bench) => {
  using node = bench.node();
  using ticks = node.publishSubscribe("hot", { payload: Tick, bufferSize: 64 });
  using subscriber = ticks.subscriber();
  bench.start(hotLoopUrl, { data: { messages: MESSAGES } });
  let late = 0;
  let waits = 0;
  let last = 0;
  // The first wait is for the process to start.
  for (let timeout = 20_000; last < MESSAGES; timeout = WAIT_MS) {
    using sample = subscriber.takeSync({ timeout });
    if (sample === undefined) {
      late += 1;
      assert.ok(late < 50, "nobody rings");
      continue;
    }
    waits += 1;
    last = sample.payload.count;
  }
  bench.t.diagnostic(`${waits} messages, ${late} waits in vain`);
  // A machine that is busy with other things may well stop the sender for that long, now and then.
  assert.ok(late < 5, `${late} waits of ${WAIT_MS} ms in vain`);
});
