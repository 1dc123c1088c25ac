/**
 * Killed processes in a publish-subscribe service: what they had sent is delivered, what was under
 * way to them returns, and their places are given to others, though nobody cleans up by hand.
 */
import assert from "node:assert/strict";
import {
  type BytesPublisher,
  type BytesSubscriber,
  type PublishSubscribeOptions,
  rawBytes,
  WaitSet,
} from "floe";
import { assertBytes, fillBytes } from "../publish-subscribe/payloads.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { waitFor } from "../support/wait.ts";
import { type Doings, LIMITS, SERVICE } from "./programs.ts";

const holdUrl = new URL("./programs/hold.js", import.meta.url);
const OPTIONS: PublishSubscribeOptions<typeof rawBytes> = { payload: rawBytes, ...LIMITS };

function start(bench: Bench, doings: Doings): Child {
  return bench.start(holdUrl, { data: doings });
}

async function kill(child: Child): Promise<void> {
  child.kill();
  await child.ended;
}

function open(bench: Bench) {
  const node = bench.node("survivor");
  const service = node.publishSubscribe(SERVICE, OPTIONS);
  return { node, service };
}

/** Takes everything that waits, and asserts that it is messages `first` to `last`, in order. */
function assertReceived(
  subscriber: BytesSubscriber,
  first: number,
  last: number,
  messageBytes: number,
): void {
  let count = first;
  while (subscriber.poll(1, (bytes) => assertBytes(bytes, count, messageBytes)) === 1) count += 1;
  assert.equal(count, last + 1, "the number of the message that should come next");
}

function dataFiles(bench: Bench): string[] {
  return bench.files().filter((path) => path.includes("/data."));
}

for (const messageBytes of [64, 100_000]) {
  floeTest(
    `what a killed publisher had sent is received, ${messageBytes} bytes each`,
    async (b) => {
      const { node, service } = open(b);
      const subscriber = service.subscriber();
      const victim = start(b, { sends: 5, messageBytes });
      await victim.next("holding");
      await kill(victim);
      // Nothing of it has been mapped so far.
      assertReceived(subscriber, 1, 5, messageBytes);
      service.clean();
      assert.equal(
        subscriber.poll(1, () => {}),
        0,
      );
      await waitFor("its files to be removed", () => {
        subscriber.poll(1, () => {});
        return dataFiles(b).length === 0;
      });
      for (const one of [subscriber, service, node]) one.close();
    },
  );
}

floeTest("a row of a dead publisher is kept until its messages are taken", async (bench) => {
  const { node, service } = open(bench);
  const subscriber = service.subscriber();
  const victim = start(bench, { sends: 3 });
  await victim.next("holding");
  await kill(victim);
  service.clean();
  service.clean();
  assert.equal(dataFiles(bench).length, 1);
  assert.equal(service.publishers().length, 0);
  using sample = subscriber.tryTake()!;
  assertBytes(sample.payload, 1, 64);
  assertReceived(subscriber, 2, 3, 64);
  service.clean();
  assert.equal(dataFiles(bench).length, 1, "a sample of it is still held");
  assertBytes(sample.payload, 1, 64);
  sample.release();
  subscriber.poll(1, () => {});
  service.clean();
  assert.deepEqual(dataFiles(bench), []);
  for (const one of [subscriber, service, node]) one.close();
});

floeTest(
  "a publisher that has died is told of, once, by who asks or misses a deadline",
  async (bench) => {
    const { node, service } = open(bench);
    const subscribers = [service.subscriber(), service.subscriber()] as const;
    const waits = new WaitSet();
    waits.attachDeadline(subscribers[1], 1);
    const victim = start(bench, { sends: 1 });
    await victim.next("holding");
    for (const one of subscribers) one.poll(1, () => {});
    const [publisher] = service.publishers();
    assert.equal(publisher?.name, "sender");
    assert.deepEqual(subscribers[0].findDeadPublishers(), []);
    await kill(victim);
    assert.deepEqual(subscribers[0].findDeadPublishers(), [publisher]);
    assert.deepEqual(subscribers[0].findDeadPublishers(), []);
    const [missed] = waits.waitSync({ timeout: 20_000 });
    assert.ok(missed?.kind === "deadline-missed");
    assert.deepEqual(missed.deadSenders, [publisher]);
    for (const one of [waits, ...subscribers, service, node]) one.close();
  },
);

floeTest("a closed publisher whose process is killed is drained all the same", async (bench) => {
  const { node, service } = open(bench);
  const subscriber = service.subscriber();
  const victim = start(bench, { sends: 8, closesPublisher: true });
  await victim.next("holding");
  await kill(victim);
  service.clean();
  assertReceived(subscriber, 1, 8, 64);
  for (const one of [subscriber, service, node]) one.close();
});

floeTest("what a killed subscriber held returns to a publisher that only sleeps", async (bench) => {
  const { node, service } = open(bench);
  const publisher = service.publisher();
  const victim = start(bench, { holds: 4 });
  await victim.next("joined");
  await publisher.waitForSubscribers({ timeout: 20_000 });
  for (let count = 1; count <= 30; count += 1)
    publisher.send(64, (bytes) => fillBytes(bytes, count));
  await victim.next("holding");
  await kill(victim);
  // Told by the end of its life: nobody joins, leaves, sends or cleans.
  await waitFor("the subscriber to be gone", () => publisher.subscriberCount === 0);
  assertFullCapacity(service.subscriber(), publisher);
  for (const one of [publisher, service, node]) one.close();
});

/** Sends and holds as much as may be held, and closes the subscriber. */
function assertFullCapacity(subscriber: BytesSubscriber, publisher: BytesPublisher): void {
  publisher.send(64, (bytes) => fillBytes(bytes, 0));
  subscriber.poll(1, () => {});
  const total = LIMITS.bufferSize + LIMITS.maxBorrowedSamples;
  const held = [];
  for (let count = 1; count <= total; count += 1) {
    publisher.send(64, (bytes) => fillBytes(bytes, count));
    if (count <= LIMITS.maxBorrowedSamples) held.push(subscriber.tryTake()!);
  }
  const loans = Array.from({ length: LIMITS.maxLoanedSamples }, () => publisher.tryLoan(64)!);
  for (const [index, sample] of held.entries()) assertBytes(sample.payload, index + 1, 64);
  for (const one of [...held, ...loans]) one[Symbol.dispose]();
  assertReceived(subscriber, LIMITS.maxBorrowedSamples + 1, total, 64);
  subscriber.close();
}

floeTest("the places of killed publishers are given to others", async (bench) => {
  const { node, service } = open(bench);
  const subscriber = service.subscriber();
  for (let round = 0; round < 3; round += 1) {
    const victims = [start(bench, { sends: 1 }), start(bench, { sends: 1 })];
    for (const victim of victims) await victim.next("holding");
    assert.throws(() => service.publisher(), { code: "FLOE_LIMIT_REACHED" });
    for (const victim of victims) await kill(victim);
    service.publisher().close();
    // Once more than there are messages: then it has seen that nothing is left of their rows.
    for (let received = 0; received < 2; ) {
      received += subscriber.poll(1, (bytes) => assertBytes(bytes, 1, 64));
    }
    subscriber.poll(1, () => {});
  }
  for (const one of [subscriber, service, node]) one.close();
});

floeTest("the places of killed subscribers are given to others", async (bench) => {
  const { node, service } = open(bench);
  const victims = [start(bench, { holds: 0 }), start(bench, { holds: 0 })];
  for (const victim of victims) {
    await victim.next("joined");
    await victim.next("holding");
  }
  assert.throws(() => service.subscriber(), { code: "FLOE_LIMIT_REACHED" });
  for (const victim of victims) await kill(victim);
  service.subscriber().close();
  for (const one of [service, node]) one.close();
});

floeTest("the places of killed nodes are given to others", async (bench) => {
  const { node, service } = open(bench);
  const victim = start(bench, { furtherNodes: LIMITS.maxNodes - 2 });
  await victim.next("holding");
  const other = bench.node("other");
  const reopen = () => other.publishSubscribe(SERVICE, OPTIONS);
  assert.throws(reopen, { code: "FLOE_LIMIT_REACHED" });
  await kill(victim);
  reopen().close();
  for (const one of [other, service, node]) one.close();
});

floeTest("a service that only a killed process had open is made anew", async (bench) => {
  const victim = start(bench, { furtherNodes: 1 });
  await victim.next("holding");
  const node = bench.node();
  const create = () =>
    node.publishSubscribe(SERVICE, { payload: rawBytes, bufferSize: 3, mode: "create" });
  assert.throws(create, { code: "FLOE_SERVICE_EXISTS" });
  await kill(victim);
  const service = create();
  assert.equal(service.quality.bufferSize, 3);
  for (const one of [service, node]) one.close();
});

floeTest("a subscriber that sleeps learns that its publisher has died", async (bench) => {
  const { node, service } = open(bench);
  const subscriber = service.subscriber();
  const victim = start(bench, { sends: 1 });
  (await subscriber.take({ timeout: 20_000 })).release();
  await victim.next("holding");
  const wait = subscriber.take({ timeout: 60_000 });
  await kill(victim);
  await waitFor("its row to be free", () => service.publishers().length === 0);
  const publisher = service.publisher();
  publisher.send(64, (bytes) => fillBytes(bytes, 7));
  (await wait).release();
  for (const one of [publisher, subscriber, service, node]) one.close();
});
