/**
 * Many processes at once: every notification is counted at every listener.
 */
import assert from "node:assert/strict";
import { floeTest } from "../support/bench.ts";
import type { Assignment } from "./programs.ts";

const sendUrl = new URL("./programs/send-many.js", import.meta.url);
const countUrl = new URL("./programs/count-many.js", import.meta.url);
const pongUrl = new URL("./programs/pong.js", import.meta.url);

const WAYS = ["loop", "blocked", "poll", "loop"] as const;
const NOTIFIERS = 4;
const NOTIFICATIONS = 100_000;
const IDS = 64;

floeTest("100,000 notifications of 4 processes are counted exactly by 4 others", async (bench) => {
  const service = "exact";
  using node = bench.node();
  using _events = node.event(service, { eventIdMax: IDS });
  const assignment = { service, ids: IDS, notifications: NOTIFICATIONS / NOTIFIERS, listeners: 4 };
  const counters = WAYS.map((way) =>
    bench.start(countUrl, { data: { ...assignment, notifications: NOTIFICATIONS, way } }),
  );
  for (const counter of counters) await counter.next("listening");
  const senders = Array.from({ length: NOTIFIERS }, () =>
    bench.start(sendUrl, { data: assignment satisfies Assignment }),
  );
  for (const sender of senders) await sender.next("ready");
  for (const sender of senders) sender.tell({ say: "go" });
  for (const sender of senders) {
    const { reached } = await sender.next("sent");
    assert.equal(reached, assignment.notifications * WAYS.length);
  }
  // Each process sends its numbers modulo the ids.
  const expected = Array.from(
    { length: IDS },
    (_, eventId) => NOTIFIERS * Math.ceil((assignment.notifications - eventId) / IDS),
  );
  for (const [index, counter] of counters.entries()) {
    const { counts } = await counter.next("counted");
    assert.deepEqual(counts, expected, `by ${WAYS[index]}`);
  }
});

floeTest("two processes that answer each other go on, in the loop and blocking", async (bench) => {
  using node = bench.node();
  for (const way of ["loop", "blocked"] as const) {
    const name = `ping ${way}`;
    using events = node.event(name, { eventIdMax: 1 });
    using listener = events.listener();
    using notifier = events.notifier({ skipOwnNode: true });
    const child = bench.start(pongUrl, { data: { service: name, way, notifications: 300 } });
    await notifier.waitForListeners({ timeout: 30_000 });
    for (let turn = 0; turn < 300; turn += 1) {
      notifier.notify(0);
      const found =
        way === "loop"
          ? await listener.wait({ timeout: 30_000 })
          : listener.waitSync({ timeout: 30_000 });
      assert.deepEqual(found, [{ eventId: 1, count: 1 }]);
    }
    assert.deepEqual(await child.finish(), { code: 0, signal: null }, child.stderr);
  }
});

floeTest("notifiers that come and go all the time reach a listener that waits", async (bench) => {
  const service = "reconnecting";
  using node = bench.node();
  using events = node.event(service, { createdEventId: 1, droppedEventId: 2 });
  using listener = events.listener();
  const url = new URL("./programs/reconnect.js", import.meta.url);
  const children = [1, 2].map(() =>
    bench.start(url, { data: { service, notifications: 200 } satisfies Assignment }),
  );
  const counts = new Map<number, number>();
  while ((counts.get(2) ?? 0) < 400) {
    for (const { eventId, count } of await listener.wait({ timeout: 30_000 })) {
      counts.set(eventId, (counts.get(eventId) ?? 0) + count);
    }
  }
  for (const child of children) assert.equal((await child.finish()).code, 0, child.stderr);
  assert.deepEqual([...counts].sort(), [
    [0, 400],
    [1, 400],
    [2, 400],
  ]);
});

floeTest(
  "listeners that come and go all the time are reached by a busy notifier",
  async (bench) => {
    const service = "changing";
    using node = bench.node();
    using events = node.event(service);
    const child = bench.start(new URL("./programs/notify-busily.js", import.meta.url), {
      data: { service } satisfies Assignment,
    });
    await child.next("ready");
    for (let turn = 0; turn < 100; turn += 1) {
      using listener = events.listener();
      const found =
        turn % 2 === 0
          ? await listener.wait({ timeout: 30_000 })
          : listener.waitSync({ timeout: 30_000 });
      assert.ok(found!.length > 0);
      assert.ok(found!.every(({ eventId, count }) => eventId < 8 && count > 0));
    }
    assert.equal((await child.finish()).code, 0, child.stderr);
  },
);
