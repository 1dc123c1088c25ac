/**
 * A thousand times: create, communicate, let go of everything in a random order. Afterwards the
 * domain is empty and the process holds what it held at the start.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rawBytes } from "floe";
import { type Bench, floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";
import { resourcesHeld } from "../support/resources.ts";

const CYCLES = 1_000;

function cycle(bench: Bench, random: Random): void {
  const nodes = Array.from({ length: 1 + random.below(3) }, () => bench.node());
  const services = nodes.map((node) => node.publishSubscribe("cycle", { payload: rawBytes }));
  const publishers = Array.from({ length: 1 + random.below(2) }, () =>
    random.pick(services).publisher(),
  );
  const subscribers = Array.from({ length: 1 + random.below(3) }, () =>
    random.pick(services).subscriber(),
  );
  const held: { close(): void }[] = [...nodes, ...services, ...publishers, ...subscribers];
  for (let count = 0; count < 6; count += 1) {
    const publisher = random.pick(publishers);
    assert.equal(
      publisher.send(1 << random.below(17), (bytes) => bytes.fill(count, 0, 1)),
      subscribers.length,
    );
    if (random.below(3) > 0) continue;
    const loan = publisher.tryLoan(random.below(500));
    if (loan !== undefined) held.push({ close: () => loan[Symbol.dispose]() });
    const sample = random.pick(subscribers).tryTake();
    if (sample !== undefined) held.push({ close: () => sample.release() });
  }
  for (const subscriber of subscribers) subscriber.poll(random.below(9), () => {});
  for (const one of random.shuffled(held)) one.close();
}

function virtualAreas(): number {
  return readFileSync("/proc/self/maps", "utf8").split("\n").length;
}

floeTest(
  "a thousand cycles leave nothing: no file, no descriptor, no mapping",
  (bench) => {
    const random = new Random(seedOf(bench.t));
    cycle(bench, random);
    const before = resourcesHeld(bench.root);
    let areasMost = 0;
    for (let count = 0; count < CYCLES; count += 1) {
      cycle(bench, random);
      assert.deepEqual(bench.entries(), [], `after cycle ${count}`);
      if (count % 50 === 0) areasMost = Math.max(areasMost, virtualAreas());
    }
    assert.deepEqual(resourcesHeld(bench.root), before);
    // What was given back waits for the garbage collector as an empty range of addresses.
    bench.t.diagnostic(`at most ${areasMost} ranges of addresses at once`);
    assert.ok(areasMost < 30_000, `${areasMost} ranges of addresses, of 65530 that Linux allows`);
  },
  { limitMs: 120_000 },
);

floeTest("ten services with all their ports go in any order", (bench) => {
  const random = new Random(seedOf(bench.t));
  const nodes = [bench.node(), bench.node(), bench.node()];
  const held: { close(): void }[] = [...nodes];
  for (let index = 0; index < 10; index += 1) {
    for (const node of nodes) {
      const service = node.publishSubscribe(`service ${index}`, { payload: rawBytes });
      const publisher = service.publisher();
      const subscriber = service.subscriber();
      publisher.sendCopy(Uint8Array.of(index));
      held.push(service, publisher, subscriber);
    }
  }
  for (const one of random.shuffled(held)) {
    assert.notDeepEqual(bench.entries(), []);
    one.close();
  }
  assert.deepEqual(bench.entries(), []);
});
