/**
 * Notifications: each one is counted by its id at every listener, and none is ever lost.
 */
import assert from "node:assert/strict";
import type { EventActivation, Listener } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";

const once = (eventId: number): EventActivation[] => [{ eventId, count: 1 }];

floeTest("a notification arrives, whether its listener or its notifier was made first", (bench) => {
  using one = bench.node();
  using other = bench.node();
  using here = one.event("first");
  using there = other.event("first");
  {
    using listener = here.listener();
    using notifier = there.notifier();
    assert.equal(notifier.notify(4), 1);
    assert.deepEqual(listener.tryWait(), once(4));
  }
  using notifier = there.notifier();
  using listener = here.listener();
  assert.equal(notifier.notify(5), 1);
  assert.deepEqual(listener.tryWait(), once(5));
  assert.deepEqual(listener.tryWait(), []);
});

floeTest("every notifier reaches every listener, up to the limits of both", (bench) => {
  using node = bench.node();
  using events = node.event("many", { maxNotifiers: 5, maxListeners: 6 });
  const notifiers = Array.from({ length: 5 }, () => events.notifier());
  const listeners = Array.from({ length: 6 }, () => events.listener());
  for (const [index, notifier] of notifiers.entries()) {
    assert.equal(notifier.notify(index), 6);
    for (const listener of listeners) assert.deepEqual(listener.tryWait(), once(index));
  }
  for (const [index, notifier] of notifiers.entries()) {
    for (let turn = 0; turn <= index; turn += 1) notifier.notify(index);
  }
  const expected = notifiers.map((_, index) => ({ eventId: index, count: index + 1 }));
  for (const listener of listeners) assert.deepEqual(listener.tryWait(), expected);
  for (const port of [...notifiers, ...listeners]) port.close();
});

floeTest("ids go up to eventIdMax; beyond, nothing is sent", (bench) => {
  using node = bench.node();
  for (const eventIdMax of [0, 31, 32, 255, 65_535]) {
    using events = node.event(`max ${eventIdMax}`, { eventIdMax });
    using listener = events.listener();
    using notifier = events.notifier();
    notifier.notify(eventIdMax);
    assert.deepEqual(listener.tryWait(), once(eventIdMax));
    for (const wrong of [eventIdMax + 1, -1, 0.5, Number.NaN, "1" as unknown as number]) {
      const wanted = new RegExp(`0 to ${eventIdMax}`);
      throwsCode(() => notifier.notify(wrong), "FLOE_EVENT_ID_INVALID", { wanted });
    }
    assert.deepEqual(listener.tryWait(), []);
  }
});

floeTest("every id can be notified at the same time, and ids come in ascending order", (bench) => {
  using node = bench.node();
  using events = node.event("every");
  using listener = events.listener();
  using notifier = events.notifier();
  const ids = Array.from({ length: 256 }, (_, eventId) => eventId);
  for (const eventId of ids.toReversed()) notifier.notify(eventId);
  assert.deepEqual(
    listener.tryWait(),
    ids.map((eventId) => ({ eventId, count: 1 })),
  );
});

floeTest("notifications are counted, each id on its own", (bench) => {
  const random = new Random(seedOf(bench.t));
  using node = bench.node();
  using events = node.event("counted");
  using listener = events.listener();
  using notifiers = events.notifier();
  for (let round = 0; round < 20; round += 1) {
    const expected = new Map<number, number>();
    for (let turn = 0; turn < 1000; turn += 1) {
      const eventId = random.below(256);
      expected.set(eventId, (expected.get(eventId) ?? 0) + 1);
      notifiers.notify(eventId);
    }
    const found = new Map(listener.tryWait().map(({ eventId, count }) => [eventId, count]));
    assert.deepEqual(found, new Map([...expected].sort(([a], [b]) => a - b)));
  }
});

floeTest("a notifier may notify as often as it likes, whatever the listener does", (bench) => {
  using node = bench.node();
  using events = node.event("often");
  using listener = events.listener();
  using notifier = events.notifier();
  for (let turn = 0; turn < 200_000; turn += 1) assert.equal(notifier.notify(), 1);
  assert.deepEqual(listener.tryWait(), [{ eventId: 0, count: 200_000 }]);
});

floeTest("a notification without an id has the notifier's default", (bench) => {
  using node = bench.node();
  using events = node.event("default", { eventIdMax: 9 });
  using listener = events.listener();
  using usual = events.notifier();
  using special = events.notifier({ defaultEventId: 9 });
  assert.deepEqual([usual.defaultEventId, special.defaultEventId], [0, 9]);
  usual.notify();
  special.notify();
  special.notify(3);
  assert.deepEqual(
    listener.tryWait().map(({ eventId }) => eventId),
    [0, 3, 9],
  );
  throwsCode(() => events.notifier({ defaultEventId: 10 }), "FLOE_EVENT_ID_INVALID");
  assert.equal(events.notifiers().length, 2);
});

floeTest("one listener can be notified alone, with the default id or another", (bench) => {
  using node = bench.node();
  using events = node.event("single");
  using notifier = events.notifier({ defaultEventId: 2 });
  const listeners = Array.from({ length: 4 }, (_, index) => events.listener({ name: `${index}` }));
  const named = (name: string) => notifier.listeners().find((listener) => listener.name === name)!;
  notifier.notifyListener(named("1"));
  notifier.notifyListener(named("3"), 8);
  for (let turn = 0; turn < 5; turn += 1) notifier.notifyListener(named("2"), 7);
  assert.deepEqual(
    listeners.map((listener) => listener.tryWait()),
    [[], once(2), [{ eventId: 7, count: 5 }], once(8)],
  );
  const wrong = () => notifier.notifyListener(named("0"), 256);
  throwsCode(wrong, "FLOE_EVENT_ID_INVALID");
  assert.deepEqual(listeners[0]!.tryWait(), []);
  for (const listener of listeners) listener.close();
});

floeTest(
  "a listener that was closed cannot be notified, nor can its successor by mistake",
  (bench) => {
    using node = bench.node();
    using events = node.event("outdated", { maxListeners: 1 });
    using notifier = events.notifier();
    const closed = events.listener();
    const [outdated] = notifier.listeners();
    notifier.notifyListener(outdated!);
    closed.close();
    const expected = { subject: new RegExp(closed.id), found: /left/ };
    throwsCode(() => notifier.notifyListener(outdated!), "FLOE_PEER_GONE", expected);
    using successor = events.listener();
    assert.equal(notifier.listeners()[0]!.index, outdated!.index);
    throwsCode(() => notifier.notifyListener(outdated!), "FLOE_PEER_GONE", expected);
    assert.deepEqual(successor.tryWait(), []);
  },
);

floeTest("a notifier leaves out the listeners of its own node when it is asked to", (bench) => {
  using one = bench.node();
  using other = bench.node();
  using here = one.event("skip");
  using there = other.event("skip");
  using own = here.listener();
  using foreign = there.listener();
  using skipping = here.notifier({ skipOwnNode: true });
  using usual = here.notifier();
  assert.equal(skipping.notify(1), 1);
  assert.equal(skipping.listenerCount, 1);
  assert.deepEqual([own.tryWait(), foreign.tryWait()], [[], once(1)]);
  assert.equal(usual.notify(2), 2);
  assert.deepEqual([own.tryWait(), foreign.tryWait()], [once(2), once(2)]);
  skipping.notifyListener(usual.listeners().find(({ id }) => id === own.id)!, 3);
  assert.deepEqual(own.tryWait(), once(3));
});

floeTest("a listener is told nothing of what was notified before it came", (bench) => {
  using node = bench.node();
  using events = node.event("late", { maxListeners: 1 });
  using notifier = events.notifier();
  const before = events.listener();
  for (let eventId = 0; eventId < 256; eventId += 1) notifier.notify(eventId);
  before.close();
  assert.equal(notifier.notify(), 0);
  using after = events.listener();
  assert.deepEqual(after.tryWait(), []);
});

floeTest(
  "what a closed notifier has notified stays, and so does what nobody took in time",
  (bench) => {
    using node = bench.node();
    using other = bench.node();
    using events = node.event("stays");
    using elsewhere = other.event("stays");
    using listener = events.listener();
    for (let turn = 0; turn < 100; turn += 1) {
      using notifier = elsewhere.notifier();
      notifier.notify(turn % 2);
    }
    assert.deepEqual(listener.tryWait(), [
      { eventId: 0, count: 50 },
      { eventId: 1, count: 50 },
    ]);
  },
);

floeTest("a listener that goes does not disturb the others, nor its notifier", (bench) => {
  using node = bench.node();
  using events = node.event("goes");
  using notifier = events.notifier();
  using stays = events.listener();
  for (let turn = 0; turn < 50; turn += 1) {
    const goes = events.listener();
    assert.equal(notifier.notify(), 2);
    goes.close();
    assert.equal(notifier.notify(), 1);
  }
  assert.deepEqual(stays.tryWait(), [{ eventId: 0, count: 100 }]);
});

function pollAll(listener: Listener): [number, number][] {
  const found: [number, number][] = [];
  const idCount = listener.poll((eventId, count) => found.push([eventId, count]));
  assert.equal(idCount, found.length);
  return found;
}

floeTest("poll hands out what tryWait would, and nothing twice", (bench) => {
  using node = bench.node();
  using events = node.event("poll");
  using listener = events.listener();
  using notifier = events.notifier();
  assert.deepEqual(pollAll(listener), []);
  for (const eventId of [200, 7, 200]) notifier.notify(eventId);
  assert.deepEqual(pollAll(listener), [
    [7, 1],
    [200, 2],
  ]);
  assert.deepEqual(pollAll(listener), []);
  assert.deepEqual(listener.tryWait(), []);
});

floeTest("a handler that throws loses nothing that it has not been given", (bench) => {
  using node = bench.node();
  using events = node.event("throws");
  using listener = events.listener();
  using notifier = events.notifier();
  for (let eventId = 0; eventId < 100; eventId += 1) notifier.notify(eventId);
  for (let eventId = 0; eventId < 100; eventId += 1) {
    const fail = (found: number): void => {
      assert.equal(found, eventId);
      throw new RangeError("mine");
    };
    assert.throws(() => listener.poll(fail), { name: "RangeError" });
  }
  assert.deepEqual(pollAll(listener), []);
});

floeTest("a handler may close its port, and may not poll", (bench) => {
  using node = bench.node();
  using events = node.event("closes");
  using notifier = events.notifier();
  const listener = events.listener();
  notifier.notify(1);
  notifier.notify(2);
  const nested = () => listener.poll(() => void listener.poll(() => {}));
  notifier.notify(3);
  throwsCode(nested, "FLOE_OPTION_INVALID", { subject: /poll/, remedy: /tryWait/ });
  const seen: number[] = [];
  listener.poll((eventId) => {
    seen.push(eventId);
    listener.close();
  });
  assert.deepEqual(seen, [2, 3]);
  assert.deepEqual(events.listeners(), []);
  throwsCode(() => listener.poll(() => {}), "FLOE_CLOSED", { subject: /listener of "closes"/ });
  throwsCode(() => listener.tryWait(), "FLOE_CLOSED");
});
