/**
 * Lifecycle: a service tells of notifiers that come, go and die, and the places of the dead are
 * free again.
 */
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import type { Assignment } from "./programs.ts";

const notifyUrl = new URL("./programs/notify.js", import.meta.url);
const listenUrl = new URL("./programs/listen.js", import.meta.url);

/** Tests that kill: what a dead node leaves of itself is not the matter of an event service. */

/** Starts another process that has a notifier of a service, and waits until it has joined. */
async function startNotifier(bench: Bench, service: string): Promise<Child & { id: string }> {
  const child = bench.start(notifyUrl, { data: { service } satisfies Assignment });
  const { id } = await child.next("joined");
  return Object.assign(child, { id: id as string });
}

async function kill(child: Child): Promise<void> {
  child.kill();
  await child.ended;
}

function servicesLeft(bench: Bench): string[] {
  return bench.entries().filter((name) => name.startsWith("service."));
}

floeTest("a notifier emits nothing when no notices are configured", (bench) => {
  using node = bench.node();
  using events = node.event("silent");
  using listener = events.listener();
  events.notifier().close();
  assert.deepEqual(listener.tryWait(), []);
});

floeTest("a notifier emits the created and the dropped id, each exactly once", (bench) => {
  using node = bench.node();
  using events = node.event("told", { createdEventId: 21, droppedEventId: 31, deadEventId: 41 });
  using listener = events.listener();
  const notifier = events.notifier();
  assert.deepEqual(listener.tryWait(), [{ eventId: 21, count: 1 }]);
  notifier.close();
  notifier.close();
  assert.deepEqual(listener.tryWait(), [{ eventId: 31, count: 1 }]);
});

floeTest("a dead notifier is told of once, at once, in the event loop", async (bench) => {
  using node = bench.node();
  using events = node.event("loop", { deadEventId: 9, createdEventId: 1, droppedEventId: 2 });
  using listener = events.listener();
  const child = await startNotifier(bench, "loop");
  assert.deepEqual(await listener.wait(), [{ eventId: 1, count: 1 }]);
  const waiting = listener.wait({ timeout: 30_000 });
  child.kill();
  assert.deepEqual(await waiting, [{ eventId: 9, count: 1 }]);
  const dead = listener.findDeadNotifiers();
  assert.deepEqual(
    dead.map(({ id, name }) => ({ id, name })),
    [{ id: child.id, name: "remote" }],
  );
  assert.deepEqual(listener.findDeadNotifiers(), []);
  assert.deepEqual([events.notifiers(), listener.tryWait()], [[], []]);
  await child.ended;
});

floeTest("a dead notifier is told of once to each listener of each process", async (bench) => {
  const service = "everybody";
  using node = bench.node();
  using other = bench.node();
  using events = node.event(service, { deadEventId: 3 });
  using elsewhere = other.event(service);
  const listeners = [events.listener(), events.listener(), elsewhere.listener()];
  const child = await startNotifier(bench, service);
  const blocked = bench.start(listenUrl, { data: { service, way: "blocked" } });
  const looping = bench.start(listenUrl, { data: { service, way: "loop" } });
  for (const program of [blocked, looping]) await program.next("listening");
  const waits = listeners.map((listener) => listener.wait({ timeout: 30_000 }));
  await kill(child);
  for (const activations of await Promise.all(waits)) {
    assert.deepEqual(activations, [{ eventId: 3, count: 1 }]);
  }
  const heard = { say: "heard", activations: [{ eventId: 3, count: 1 }] };
  for (const program of [blocked, looping]) assert.deepEqual(await program.next("heard"), heard);
  for (const program of [blocked, looping]) await program.finish();
  for (const listener of listeners) {
    assert.deepEqual(listener.tryWait(), []);
    listener.close();
  }
});

floeTest(
  "a notifier that is killed as soon as it has come is told of, every time",
  async (bench) => {
    using node = bench.node();
    using events = node.event("brief", { createdEventId: 1, deadEventId: 2 });
    using listener = events.listener();
    for (let turn = 0; turn < 20; turn += 1) {
      const child = bench.start(notifyUrl, { data: { service: "brief" } satisfies Assignment });
      assert.deepEqual(await listener.wait({ timeout: 30_000 }), [{ eventId: 1, count: 1 }]);
      child.kill();
      assert.deepEqual(await listener.wait({ timeout: 30_000 }), [{ eventId: 2, count: 1 }]);
    }
  },
);

floeTest("a listener that blocks alone learns of a dead notifier", async (bench) => {
  using node = bench.node();
  using events = node.event("blocked", { deadEventId: 0 });
  using listener = events.listener();
  const child = await startNotifier(bench, "blocked");
  await kill(child);
  assert.deepEqual(listener.waitSync({ timeout: 30_000 }), [{ eventId: 0, count: 1 }]);
  assert.equal(listener.waitSync({ timeout: 300 }), undefined);
});

floeTest("a notifier that died before the wait began is told of, too", async (bench) => {
  using node = bench.node();
  using events = node.event("before", { deadEventId: 5 });
  using listener = events.listener();
  await kill(await startNotifier(bench, "before"));
  assert.deepEqual(listener.tryWait(), []);
  assert.deepEqual(await listener.wait({ timeout: 30_000 }), [{ eventId: 5, count: 1 }]);
});

floeTest("as many dead notifiers as there are, so many dead events", async (bench) => {
  using node = bench.node();
  using events = node.event("several", { deadEventId: 5 });
  using listener = events.listener();
  const children = await Promise.all([1, 2, 3].map(() => startNotifier(bench, "several")));
  await Promise.all(children.map(kill));
  const dead = listener.findDeadNotifiers().map(({ id }) => id);
  assert.deepEqual(dead.sort(), children.map(({ id }) => id).sort());
  assert.deepEqual(listener.tryWait(), [{ eventId: 5, count: 3 }]);
});

floeTest(
  "processes that clean up at the same time tell of each dead notifier once",
  async (bench) => {
    const service = "race";
    const deadCount = 6;
    using node = bench.node();
    using events = node.event(service, { deadEventId: 5 });
    using listener = events.listener();
    const children = Array.from({ length: deadCount }, () => startNotifier(bench, service));
    const doomed = await Promise.all(children);
    // Each of these is told of all of them, and ends: else the test does not.
    const counters = (["loop", "blocked", "loop", "poll"] as const).map((way) =>
      bench.start(new URL("./programs/count-many.js", import.meta.url), {
        data: { service, way, ids: 6, notifications: deadCount } satisfies Assignment,
      }),
    );
    for (const counter of counters) await counter.next("listening");
    let told = 0;
    const waiting = (async () => {
      while (told < deadCount) {
        for (const { count } of await listener.wait({ timeout: 30_000 })) told += count;
      }
    })();
    await Promise.all(doomed.map(kill));
    await waiting;
    const counts = [0, 0, 0, 0, 0, deadCount];
    for (const counter of counters) {
      assert.deepEqual(await counter.next("counted"), { say: "counted", counts });
      await counter.finish();
    }
    assert.equal(told, deadCount);
    assert.deepEqual(listener.tryWait(), []);
    assert.deepEqual(events.notifiers(), []);
  },
);

floeTest("without a dead event id the dead are found, and nobody is told", async (bench) => {
  using node = bench.node();
  using events = node.event("untold");
  using listener = events.listener();
  await kill(await startNotifier(bench, "untold"));
  assert.equal(listener.findDeadNotifiers().length, 1);
  assert.deepEqual(listener.tryWait(), []);
});

floeTest("places of the dead are free for others, of ports and of nodes", async (bench) => {
  const limits = { maxNotifiers: 1, maxListeners: 1, maxNodes: 2 };
  using node = bench.node();
  using other = bench.node();
  using events = node.event("places", limits);
  await kill(await startNotifier(bench, "places"));
  {
    using again = other.event("places");
    again.notifier().close();
  }
  const child = bench.start(listenUrl, { data: { service: "places", way: "loop" } });
  await child.next("listening");
  throwsCode(() => events.listener(), "FLOE_LIMIT_REACHED");
  using notifier = events.notifier();
  assert.equal(notifier.notify(), 1);
  await child.next("heard");
  await kill(child);
  using listener = events.listener();
  assert.equal(notifier.notify(7), 1);
  assert.deepEqual(listener.tryWait(), [{ eventId: 7, count: 1 }]);
});

floeTest("the last node that leaves removes a service, though others died in it", async (bench) => {
  const node = bench.node();
  const events = node.event("last");
  await kill(await startNotifier(bench, "last"));
  const child = bench.start(listenUrl, { data: { service: "last", way: "loop" } });
  await child.next("listening");
  await kill(child);
  events.close();
  assert.deepEqual(servicesLeft(bench), []);
  node.close();
});

floeTest("a service that only the dead had open is gone, whatever it was like", async (bench) => {
  using node = bench.node();
  await kill(await startNotifier(bench, "ghost"));
  assert.equal(servicesLeft(bench).length, 1);
  throwsCode(() => node.event("ghost", { mode: "open" }), "FLOE_SERVICE_NOT_FOUND");
  assert.equal(servicesLeft(bench).length, 0);
  for (const mode of ["create", "open-or-create"] as const) {
    await kill(await startNotifier(bench, "ghost"));
    using events = node.event("ghost", { mode, eventIdMax: 3, maxNodes: 1, deadEventId: 2 });
    assert.equal(events.limits.eventIdMax, 3);
    assert.equal(events.notifiers().length, 0);
  }
});

floeTest("a worker thread listens and notifies with a node of its own", async (bench) => {
  using node = bench.node();
  using events = node.event("worker", { deadEventId: 77 });
  using listener = events.listener();
  using notifier = events.notifier({ skipOwnNode: true });
  const worker = new Worker(new URL("./programs/worker.js", import.meta.url), {
    workerData: { domain: bench.domain, service: "worker" },
  });
  await notifier.waitForListeners({ timeout: 30_000 });
  for (let eventId = 0; eventId < 50; eventId += 1) {
    notifier.notify(eventId);
    assert.deepEqual(await listener.wait({ timeout: 30_000 }), [
      { eventId: 100 + eventId, count: 1 },
    ]);
  }
  const waiting = listener.wait({ timeout: 30_000 });
  await worker.terminate();
  assert.deepEqual(await waiting, [{ eventId: 77, count: 1 }]);
});
