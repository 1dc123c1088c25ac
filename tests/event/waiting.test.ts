/**
 * Waiting for notifications: in the event loop, blocking, and by iterating.
 */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { EventActivation } from "floe";
import { rejectsCode, throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";
import type { Assignment } from "./programs.ts";

const notifyUrl = new URL("./programs/notify.js", import.meta.url);

floeTest("tryWait and poll do not block", (bench) => {
  using node = bench.node();
  using events = node.event("try");
  using listener = events.listener();
  assert.deepEqual(listener.tryWait(), []);
  assert.equal(
    listener.poll(() => {}),
    0,
  );
  assert.equal(listener.waitSync({ timeout: 0 }), undefined);
});

floeTest("a wait lasts at least as long as its timeout", async (bench) => {
  using node = bench.node();
  using events = node.event("timed");
  using listener = events.listener();
  const beginMs = performance.now();
  await rejectsCode(listener.wait({ timeout: 40 }), "FLOE_TIMEOUT", { found: /40 ms/ });
  assert.ok(performance.now() - beginMs >= 39);
  const syncMs = performance.now();
  assert.equal(listener.waitSync({ timeout: 40 }), undefined);
  assert.ok(performance.now() - syncMs >= 40);
});

floeTest("a wait collects everything that was notified before it", async (bench) => {
  using node = bench.node();
  using events = node.event("before");
  using listener = events.listener();
  using one = events.notifier();
  using two = events.notifier();
  const expected = [
    { eventId: 1, count: 2 },
    { eventId: 9, count: 1 },
    { eventId: 64, count: 1 },
  ];
  const waits = [
    () => listener.wait(),
    () => listener.wait({ timeout: 1000 }),
    async () => listener.waitSync(),
    async () => listener.waitSync({ timeout: 1000, spinUs: 10 }),
  ];
  for (const wait of waits) {
    for (const eventId of [9, 1]) one.notify(eventId);
    for (const eventId of [1, 64]) two.notify(eventId);
    assert.deepEqual(await wait(), expected);
    await rejectsCode(listener.wait({ timeout: 1 }), "FLOE_TIMEOUT");
  }
});

floeTest("a wait ends with the notification of another process, again and again", async (bench) => {
  using node = bench.node();
  using events = node.event("other");
  using listener = events.listener();
  const assignment = { service: "other" } satisfies Assignment;
  const child = bench.start(notifyUrl, { data: assignment });
  await child.next("joined");
  for (let eventId = 1; eventId <= 20; eventId += 1) {
    const waiting = listener.wait({ timeout: 30_000 });
    child.tell({ say: "notify", eventIds: [eventId] });
    assert.deepEqual(await waiting, [{ eventId, count: 1 }]);
  }
  for (let eventId = 1; eventId <= 20; eventId += 1) {
    child.tell({ say: "notify", eventIds: [eventId] });
    // What was told is sent by another thread of libuv or by the kernel alone: it needs a turn.
    await turn();
    assert.deepEqual(listener.waitSync({ timeout: 30_000 }), [{ eventId, count: 1 }]);
  }
});

floeTest("those who wait at one listener are served in order", async (bench) => {
  using node = bench.node();
  using events = node.event("order");
  using listener = events.listener();
  using notifier = events.notifier();
  const served: string[] = [];
  const wait = async (name: string): Promise<void> => {
    const [activation] = await listener.wait();
    served.push(`${name} ${activation!.eventId}`);
  };
  const waits = ["a", "b", "c"].map(wait);
  for (const eventId of [1, 2, 3]) {
    notifier.notify(eventId);
    while (served.length < eventId) await turn();
  }
  await Promise.all(waits);
  assert.deepEqual(served, ["a 1", "b 2", "c 3"]);
});

floeTest("a wait ends when its signal is aborted, and when its port is closed", async (bench) => {
  using node = bench.node();
  using events = node.event("ends");
  const listener = events.listener();
  const controller = new AbortController();
  const aborted = rejectsCode(listener.wait({ signal: controller.signal }), "FLOE_ABORTED");
  controller.abort();
  await aborted;
  const closed = rejectsCode(listener.wait(), "FLOE_CLOSED", { subject: /listener of "ends"/ });
  await turn();
  listener.close();
  await closed;
  await rejectsCode(listener.wait(), "FLOE_CLOSED");
  throwsCode(() => listener.waitSync(), "FLOE_CLOSED");
});

floeTest(
  "for await gives all that was notified at each wake-up, and ends with the port",
  async (bench) => {
    using node = bench.node();
    using events = node.event("iterate");
    const listener = events.listener();
    using notifier = events.notifier();
    const batches: EventActivation[][] = [];
    const finished = (async () => {
      for await (const batch of listener) {
        batches.push(batch);
        if (batches.length === 2) for (const eventId of [5, 6, 5]) notifier.notify(eventId);
        if (batches.length === 3) listener.close();
      }
    })();
    notifier.notify(1);
    while (batches.length < 1) await turn();
    notifier.notify(2);
    await finished;
    assert.deepEqual(batches, [
      [{ eventId: 1, count: 1 }],
      [{ eventId: 2, count: 1 }],
      [
        { eventId: 5, count: 2 },
        { eventId: 6, count: 1 },
      ],
    ]);
  },
);

floeTest("an iteration that is left takes nothing with it", async (bench) => {
  using node = bench.node();
  using events = node.event("left");
  using listener = events.listener();
  using notifier = events.notifier();
  const iterator = listener[Symbol.asyncIterator]();
  const next = iterator.next();
  await turn();
  await iterator.return!();
  assert.deepEqual(await next, { done: true, value: undefined });
  notifier.notify(3);
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  assert.deepEqual(listener.tryWait(), [{ eventId: 3, count: 1 }]);
});

floeTest("a fast notifier does not starve the event loop", async (bench) => {
  using node = bench.node();
  using events = node.event("starve");
  using listener = events.listener();
  using notifier = events.notifier();
  let hasTimerRun = false;
  setTimeout(() => {
    hasTimerRun = true;
  }, 1);
  notifier.notify();
  for await (const _batch of listener) {
    if (hasTimerRun) break;
    notifier.notify();
  }
});

floeTest("a notifier waits for listeners until they are there", async (bench) => {
  using node = bench.node();
  using other = bench.node();
  using events = node.event("listeners");
  using elsewhere = other.event("listeners");
  using notifier = events.notifier();
  await rejectsCode(notifier.waitForListeners({ timeout: 1 }), "FLOE_TIMEOUT", {
    subject: /notifier of "listeners"/,
    wanted: /1 listeners/,
  });
  const two = notifier.waitForListeners({ count: 2, timeout: 30_000 });
  const listeners = [elsewhere.listener(), elsewhere.listener()];
  assert.equal(await two, 2);
  assert.equal(notifier.notify(), 2);
  for (const listener of listeners) listener.close();
  assert.equal(notifier.listenerCount, 0);
});

floeTest("unref lets a process end although a listener waits", async (bench) => {
  const child = bench.start(new URL("./programs/wait-unref.js", import.meta.url), {
    data: { service: "unref" } satisfies Assignment,
  });
  await child.next("waiting");
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  bench.clean();
});
