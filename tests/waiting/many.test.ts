/**
 * Many services awaited by one process: descriptors do not grow with them, being idle costs
 * nothing, and waking finds the right one.
 */
import assert from "node:assert/strict";
import { struct, u32 } from "floe";
import { floeTest } from "../support/bench.ts";

const Tick = struct("Tick", { count: u32 });
const SERVICES = 1000;
const manyUrl = new URL("./programs/many.js", import.meta.url);

floeTest(`a process that awaits ${SERVICES} services has a handful of descriptors`, async (b) => {
  using node = b.node();
  const child = b.start(manyUrl, { data: { services: SERVICES } });
  const { descriptors } = await child.next("waiting");
  b.t.diagnostic(`${descriptors} descriptors for ${SERVICES} services`);
  assert.ok((descriptors as number) <= 8, `${descriptors} descriptors`);

  using pongs = node.publishSubscribe("pong", { payload: Tick });
  using pong = pongs.subscriber();
  for (const index of [0, SERVICES / 2, SERVICES - 1]) {
    using pings = node.publishSubscribe(`ping ${index}`, { payload: Tick });
    using ping = pings.publisher();
    await ping.waitForSubscribers({ timeout: 20_000 });
    ping.send((tick) => void (tick.count = index));
    using sample = await pong.take({ timeout: 20_000 });
    assert.equal(sample.payload.count, index);
  }

  // The first seconds may still compile; a stretch in which the process did nothing must come.
  const usage = async (): Promise<number> => {
    child.tell({ say: "usage" });
    return (await child.next("usage")).processorUs as number;
  };
  let leastUs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const beforeUs = await usage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    leastUs = Math.min(leastUs, (await usage()) - beforeUs);
  }
  b.t.diagnostic(`${leastUs} us of processor time in 300 ms, the asking included`);
  assert.ok(leastUs < 30_000, `${leastUs} us in 300 ms`);
  child.tell({ say: "end" });
});
