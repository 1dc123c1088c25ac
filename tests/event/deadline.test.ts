/**
 * Deadlines: a notification that comes too late is delivered, and everybody can tell.
 */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { floeTest } from "../support/bench.ts";
import { waitFor } from "../support/wait.ts";

floeTest("a deadline is known to all ports, and so is that there is none", (bench) => {
  using node = bench.node();
  for (const deadline of [400, null]) {
    using events = node.event(`deadline ${deadline}`, { deadline });
    using listener = events.listener();
    using notifier = events.notifier();
    assert.equal(events.notices.deadline, deadline);
    assert.equal(listener.deadline, deadline);
    assert.equal(notifier.deadline, deadline);
    assert.equal(listener.elapsedMs === null, deadline === null);
    notifier.notify();
    assert.equal(notifier.lastElapsedMs === null, deadline === null);
  }
});

floeTest("a notification in time is not late, whoever sent the one before", (bench) => {
  using node = bench.node();
  using events = node.event("in time", { deadline: 60_000 });
  using listener = events.listener();
  const notifiers = [events.notifier(), events.notifier()];
  for (let turn = 0; turn < 100; turn += 1) notifiers[turn % 2]!.notify();
  for (const notifier of notifiers) {
    assert.equal(notifier.missedDeadlineCount, 0);
    assert.ok(notifier.lastElapsedMs! < 60_000);
    notifier.close();
  }
  assert.deepEqual(listener.tryWait(), [{ eventId: 0, count: 100 }]);
});

floeTest(
  "a notification that misses the deadline is delivered, counted and told",
  async (bench) => {
    using node = bench.node();
    using events = node.event("late", { deadline: 5 });
    using listener = events.listener();
    using notifier = events.notifier();
    const told: unknown[] = [];
    const note = (message: unknown): void => void told.push(message);
    subscribe("floe:deadline:missed", note);
    try {
      for (let missed = 1; missed <= 3; missed += 1) {
        await waitFor("the deadline to pass", () => listener.elapsedMs! > 6);
        assert.equal(notifier.notify(missed), 1);
        assert.equal(notifier.missedDeadlineCount, missed);
        assert.ok(notifier.lastElapsedMs! > 5);
        assert.ok(listener.elapsedMs! < notifier.lastElapsedMs! + 60_000);
        assert.deepEqual(listener.tryWait(), [{ eventId: missed, count: 1 }]);
      }
      const [first] = told as { service: string; notifierId: string; elapsedMs: number }[];
      assert.equal(told.length, 3);
      assert.ok(first!.elapsedMs > 5);
      assert.deepEqual(first, {
        service: "late",
        notifierId: notifier.id,
        elapsedMs: first!.elapsedMs,
        deadlineMs: 5,
      });
    } finally {
      unsubscribe("floe:deadline:missed", note);
    }
  },
);

floeTest(
  "any notifier's notification begins the deadline anew, a single one's too",
  async (bench) => {
    using node = bench.node();
    using other = bench.node();
    using events = node.event("anew", { deadline: 60_000 });
    using elsewhere = other.event("anew");
    using listener = events.listener();
    using notifier = elsewhere.notifier();
    const [target] = notifier.listeners();
    for (const notify of [() => notifier.notify(), () => notifier.notifyListener(target!)]) {
      await waitFor("some time to pass", () => listener.elapsedMs! >= 3);
      notify();
      assert.ok(notifier.lastElapsedMs! >= 3);
      assert.ok(listener.elapsedMs! < notifier.lastElapsedMs!);
    }
  },
);
