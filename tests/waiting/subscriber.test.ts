/**
 * Waiting at one port: promises that are served in order, loops that release what they got, waits
 * that block, and what ends each of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Node, type PublishSubscribe, type Sample, struct, u32 } from "floe";
import { rejectsCode, throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";

const Tick = struct("Tick", { count: u32 });

function openTicks(node: Node): PublishSubscribe<typeof Tick> {
  return node.publishSubscribe("ticks", {
    payload: Tick,
    bufferSize: 512,
    maxBorrowedSamples: 512,
  });
}

function countOf(sample: Sample<{ readonly count: number }>): number {
  using held = sample;
  return held.payload.count;
}

floeTest("those who wait at the same time are served in order", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  const taken: number[] = [];
  const takers = [0, 1, 2, 3, 4].map(async (place) => {
    using sample = await subscriber.take({ timeout: 20_000 });
    taken.push(place * 10 + sample.payload.count);
  });
  await turn();
  for (let count = 0; count < 5; count += 1) publisher.send((tick) => void (tick.count = count));
  await Promise.all(takers);
  assert.deepEqual(taken, [0, 11, 22, 33, 44]);
});

floeTest("who waits goes before who comes later, though a message is there", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  const first = subscriber.take().then(countOf);
  await turn();
  publisher.send((tick) => void (tick.count = 1));
  const second = subscriber.take().then(countOf);
  publisher.send((tick) => void (tick.count = 2));
  assert.deepEqual(await Promise.all([first, second]), [1, 2]);
});

floeTest("a wait that times out or is aborted leaves the others waiting", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  const control = new AbortController();
  const aborted = subscriber.take({ signal: control.signal });
  const late = subscriber.take({ timeout: 1 });
  const patient = subscriber.take().then(countOf);
  await rejectsCode(late, "FLOE_TIMEOUT", { wanted: /message/ });
  control.abort(new Error("enough"));
  await rejectsCode(aborted, "FLOE_ABORTED");
  publisher.send((tick) => void (tick.count = 7));
  assert.equal(await patient, 7);
});

floeTest("closing a port ends waits with FLOE_CLOSED and loops quietly", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  const subscriber = ticks.subscriber();
  const waits = [subscriber.take(), subscriber.waitForPublishers({ count: 3 })];
  const loop = (async () => {
    for await (const _ of subscriber) assert.fail("there is no message");
    return "over";
  })();
  await turn();
  subscriber.close();
  for (const wait of waits) await rejectsCode(wait as Promise<unknown>, "FLOE_CLOSED");
  assert.equal(await loop, "over");
});

floeTest("leaving a loop releases the sample and keeps the port open", async (bench) => {
  using node = bench.node();
  using ticks = node.publishSubscribe("few", { payload: Tick, maxBorrowedSamples: 1 });
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  for (let round = 0; round < 20; round += 1) {
    publisher.send((tick) => void (tick.count = round));
    for await (const sample of subscriber) {
      assert.equal(sample.payload.count, round);
      break;
    }
  }
});

floeTest("an error in a loop's body releases the sample", async (bench) => {
  using node = bench.node();
  using ticks = node.publishSubscribe("few", { payload: Tick, maxBorrowedSamples: 1 });
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  publisher.send((tick) => void (tick.count = 1));
  await assert.rejects(async () => {
    for await (const _ of subscriber) throw new Error("the body's");
  }, /the body's/);
  publisher.send((tick) => void (tick.count = 2));
  assert.equal(countOf(subscriber.tryTake()!), 2);
});

floeTest("an iterator that is left while it waits takes nothing any more", async (bench) => {
  using node = bench.node();
  using ticks = node.publishSubscribe("few", { payload: Tick, maxBorrowedSamples: 1 });
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  const iterator = subscriber[Symbol.asyncIterator]();
  const pending = iterator.next();
  await turn();
  await iterator.return!();
  assert.deepEqual(await pending, { done: true, value: undefined });
  publisher.send((tick) => void (tick.count = 1));
  await turn();
  assert.equal(countOf(subscriber.tryTake()!), 1);
});

for (const maxBorrowedSamples of [1, 8]) {
  floeTest(
    `a loop lets the event loop turn in between: ${maxBorrowedSamples} held`,
    async (bench) => {
      using node = bench.node();
      const quality = { bufferSize: 1024, maxBorrowedSamples };
      using ticks = node.publishSubscribe("many", { payload: Tick, ...quality });
      using subscriber = ticks.subscriber();
      using publisher = ticks.publisher();
      for (let count = 0; count < 1000; count += 1)
        publisher.send((tick) => void (tick.count = count));
      const seenAtTurns: number[] = [];
      let seen = 0;
      const watcher = setInterval(() => {}, 1000);
      const note = (): void => {
        seenAtTurns.push(seen);
        if (seen < 1000) setImmediate(note);
      };
      setImmediate(note);
      for await (const sample of subscriber) {
        seen += 1;
        if (sample.payload.count === 999) break;
      }
      clearInterval(watcher);
      for (const [index, atTurn] of seenAtTurns.entries()) {
        const before = index === 0 ? 0 : seenAtTurns[index - 1]!;
        assert.ok(atTurn - before <= 257, `${atTurn - before} messages in one turn`);
      }
      assert.ok(seenAtTurns.length >= 3);
    },
  );
}

floeTest("takeSync returns what is there, blocks for what comes, and undefined late", (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  publisher.send((tick) => void (tick.count = 3));
  assert.equal(countOf(subscriber.takeSync()!), 3);
  const begunMs = performance.now();
  assert.equal(subscriber.takeSync({ timeout: 30 }), undefined);
  assert.ok(performance.now() - begunMs >= 29);
  assert.equal(subscriber.takeSync({ timeout: 0 }), undefined);
  assert.equal(subscriber.takeSync({ timeout: 1, spinUs: 100 }), undefined);
});

floeTest("takeSync and promises may be mixed at one port", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  const patient = subscriber.take().then(countOf);
  await turn();
  assert.equal(subscriber.takeSync({ timeout: 1 }), undefined);
  publisher.send((tick) => void (tick.count = 1));
  publisher.send((tick) => void (tick.count = 2));
  assert.equal(countOf(subscriber.takeSync()!), 1);
  assert.equal(await patient, 2);
});

floeTest("options of waits are checked", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  await rejectsCode(subscriber.take({ timeout: -1 }), "FLOE_OPTION_INVALID");
  await rejectsCode(subscriber.take({ spinUs: Number.NaN }), "FLOE_OPTION_INVALID");
  throwsCode(() => subscriber.takeSync({ timeout: "5" as never }), "FLOE_OPTION_INVALID");
});

floeTest("spinning finds a message without sleeping", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  publisher.send((tick) => void (tick.count = 4));
  assert.equal(countOf(await subscriber.take({ spinUs: 1000, timeout: 1000 })), 4);
  await rejectsCode(subscriber.take({ spinUs: 100, timeout: 0 }), "FLOE_TIMEOUT");
});

floeTest("a closed publisher goes although its subscriber only waits", async (bench) => {
  using node = bench.node();
  using ticks = node.publishSubscribe("rows", { payload: Tick, maxPublishers: 1 });
  using subscriber = ticks.subscriber();
  const pending = subscriber.take().then(countOf);
  await turn();
  // More than there are rows: each must go before the next but one can come.
  for (let round = 0; round < 8; round += 1) {
    ticks.publisher().close();
    await turn();
    await turn();
  }
  using publisher = ticks.publisher();
  publisher.send((tick) => void (tick.count = 9));
  assert.equal(await pending, 9);
});

floeTest("waits for publishers end when as many are open", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  const two = subscriber.waitForPublishers({ count: 2, timeout: 20_000 });
  using first = ticks.publisher();
  assert.equal(await subscriber.waitForPublishers({ timeout: 20_000 }), 1);
  using second = ticks.publisher();
  assert.equal(await two, 2);
  assert.notEqual(first.id, second.id);
});

floeTest("ports have names, which must be short", (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using publisher = ticks.publisher({ name: "left wheel" });
  using subscriber = ticks.subscriber();
  assert.equal(publisher.name, "left wheel");
  assert.equal(subscriber.name, "");
  throwsCode(() => ticks.subscriber({ name: "ä".repeat(33) }), "FLOE_NAME_INVALID", {
    wanted: /64 bytes/,
    found: /66/,
  });
});

test("the tests above leave no timer or descriptor behind", () => {
  const left = process.getActiveResourcesInfo().filter((name) => name.includes("Timeout"));
  assert.deepEqual(left, []);
});
