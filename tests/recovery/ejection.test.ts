/**
 * The living dead: a subscriber that is stopped or stuck is ejected if a publisher wishes so. It
 * holds up nobody then, what it was reading stays as it was, and it is told when it goes on.
 */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type BytesPublisher, type PublishSubscribeOptions, rawBytes, WaitSet } from "floe";
import { assertBytes, fillBytes } from "../publish-subscribe/payloads.ts";
import { rejectsCode, throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import { waitFor } from "../support/wait.ts";
import { LIMITS, SERVICE } from "./programs.ts";

const stallUrl = new URL("./programs/stall.js", import.meta.url);
const OPTIONS: PublishSubscribeOptions<typeof rawBytes> = { payload: rawBytes, ...LIMITS };
const EJECT_AFTER_MS = 20;
const ALL = LIMITS.bufferSize + LIMITS.maxBorrowedSamples;
const TIMEOUT_MS = 20_000;

function open(bench: Bench) {
  const node = bench.node();
  const service = node.publishSubscribe(SERVICE, OPTIONS);
  const publisher = service.publisher({ ejectAfter: EJECT_AFTER_MS });
  return { node, service, publisher };
}

/** Sends numbered messages until somebody is ejected; returns the number of the last. */
async function sendUntilEjected(publisher: BytesPublisher, wanted: number): Promise<number> {
  let count = 0;
  await waitFor("the ejection", () => {
    count += 1;
    publisher.send(64, (bytes) => fillBytes(bytes, count));
    return publisher.subscriberCount === wanted;
  });
  return count;
}

floeTest("a stopped subscriber is ejected, and told so when it goes on", async (bench) => {
  const { node, service, publisher } = open(bench);
  const told: unknown[] = [];
  const note = (message: unknown): void => void told.push(message);
  subscribe("floe:subscriber:ejected", note);
  const child = bench.start(stallUrl, { data: { holds: LIMITS.maxBorrowedSamples } });
  await publisher.waitForSubscribers({ timeout: TIMEOUT_MS });
  const [details] = service.subscribers();
  for (let count = 1; count <= LIMITS.maxBorrowedSamples; count += 1) {
    publisher.send(64, (bytes) => fillBytes(bytes, count));
  }
  await child.next("holding");
  process.kill(child.pid, "SIGSTOP");
  const awake = service.subscriber();
  let received = 0;
  let sent = LIMITS.maxBorrowedSamples;
  await waitFor("the ejection", () => {
    sent += 1;
    publisher.send(64, (bytes) => fillBytes(bytes, sent));
    awake.poll(9, (bytes) => {
      received += 1;
      assertBytes(bytes, LIMITS.maxBorrowedSamples + received, 64);
    });
    return publisher.subscriberCount === 1;
  });
  assert.equal(received, sent - LIMITS.maxBorrowedSamples, "others get everything meanwhile");
  assert.deepEqual(told, [{ service: SERVICE, subscriber: details, publisherId: publisher.id }]);
  unsubscribe("floe:subscriber:ejected", note);
  assert.equal(service.subscribers().length, 1);
  // Its place is its own until it is gone.
  throwsCode(() => service.subscriber(), "FLOE_LIMIT_REACHED");
  // A great many messages must not change what it was reading when it was stopped.
  for (let count = 0; count < 1000; count += 1) {
    publisher.send(64, (bytes) => fillBytes(bytes, 77));
    awake.poll(9, () => {});
  }
  process.kill(child.pid, "SIGCONT");
  child.tell({ say: "go on" });
  assert.deepEqual((await child.next("told")).code, "FLOE_EJECTED");
  await child.next("closed");
  await waitFor("its place to be free", () => {
    publisher.send(64, (bytes) => fillBytes(bytes, 1));
    awake.poll(9, () => {});
    return service.subscribers().length === 1;
  });
  service.subscriber().close();
  child.tell({ say: "end" });
  for (const one of [awake, publisher, service, node]) one.close();
});

floeTest("what an ejected subscriber had taken returns when it has died", async (bench) => {
  const { node, service, publisher } = open(bench);
  const child = bench.start(stallUrl, { data: { holds: LIMITS.maxBorrowedSamples } });
  await publisher.waitForSubscribers({ timeout: TIMEOUT_MS });
  for (let count = 1; count <= LIMITS.maxBorrowedSamples; count += 1) {
    publisher.send(64, (bytes) => fillBytes(bytes, count));
  }
  await child.next("holding");
  await sendUntilEjected(publisher, 0);
  child.kill();
  await child.ended;
  service.clean();
  const memoryBytes = bench.memoryBytes();
  // All that may be lent and sent at once fits into the memory that there is.
  const subscribers = [service.subscriber(), service.subscriber()];
  for (let round = 0; round < 3; round += 1) {
    for (let count = 0; count < ALL; count += 1) {
      publisher.send(64, (bytes) => fillBytes(bytes, 5));
      for (const one of subscribers) one.poll(1, () => {});
    }
  }
  assert.ok(bench.memoryBytes() <= memoryBytes + 2 * 4096 * 8, "no more memory is used");
  for (const one of [...subscribers, publisher, service, node]) one.close();
});

floeTest("an ejected subscriber reports it, whatever it does next", async (bench) => {
  const { node, service, publisher } = open(bench);
  const subscriber = service.subscriber();
  publisher.send(64, (bytes) => fillBytes(bytes, 9));
  const held = subscriber.tryTake()!;
  const waits = new WaitSet();
  const attachment = waits.attach(subscriber);
  await sendUntilEjected(publisher, 0);
  for (let again = 0; again < 2; again += 1) {
    throwsCode(() => subscriber.tryTake(), "FLOE_EJECTED", {
      subject: /subscriber of "bytes"/,
      found: /ejectAfter/,
      remedy: /new subscriber/,
    });
    throwsCode(() => subscriber.poll(1, () => {}), "FLOE_EJECTED");
    throwsCode(() => subscriber.takeSync({ timeout: 1000 }), "FLOE_EJECTED");
    await rejectsCode(subscriber.take({ timeout: 1000 }), "FLOE_EJECTED");
    await rejectsCode(subscriber[Symbol.asyncIterator]().next(), "FLOE_EJECTED");
    assert.equal((await waits.wait({ timeout: 1000 }))[0]?.attachment, attachment);
  }
  assert.equal(subscriber.publisherCount, 0);
  assertBytes(held.payload, 9, 64);
  waits.close();
  subscriber.close();
  assertBytes(held.payload, 9, 64);
  held.release();
  const next = service.subscriber();
  publisher.send(64, (bytes) => fillBytes(bytes, 3));
  assert.equal(
    next.poll(2, (bytes) => assertBytes(bytes, 3, 64)),
    1,
  );
  for (const one of [next, publisher, service, node]) one.close();
});

floeTest("a subscriber that takes a message now and then is not ejected", async (bench) => {
  const node = bench.node();
  const service = node.publishSubscribe(SERVICE, OPTIONS);
  // So long that nothing but a stop of this very process could keep it from taking one.
  const publisher = service.publisher({ ejectAfter: 1000 });
  const subscriber = service.subscriber();
  const begunMs = performance.now();
  let received = 0;
  for (let count = 1; performance.now() - begunMs < 2000; count += 1) {
    publisher.send(64, (bytes) => fillBytes(bytes, count));
    if (count % 100 === 0) received += subscriber.poll(1, () => {});
  }
  assert.equal(publisher.subscriberCount, 1);
  assert.ok(received > 0);
  for (const one of [subscriber, publisher, service, node]) one.close();
});

floeTest("a publisher without the option ejects nobody", (bench) => {
  const node = bench.node();
  const service = node.publishSubscribe(SERVICE, OPTIONS);
  const publisher = service.publisher();
  const subscriber = service.subscriber();
  const begunMs = performance.now();
  while (performance.now() - begunMs < 4 * EJECT_AFTER_MS) publisher.sendCopy(Uint8Array.of(1));
  assert.equal(publisher.subscriberCount, 1);
  assert.equal(
    subscriber.poll(1, () => {}),
    1,
  );
  for (const one of [subscriber, publisher, service, node]) one.close();
});
