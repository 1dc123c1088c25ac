/**
 * Faults of clocks: the time of day is set, or processes have clocks that are far apart.
 */
import assert from "node:assert/strict";
import type { Expected } from "../support/assertions.ts";
import type { Chapter, Fault } from "./fault.ts";
import { clockProblem, clockWrapper } from "./namespaces.ts";

const AHEAD_SECONDS = 100_000;
const EVERYTHING = ["publisher", "subscriber", "notifier", "listener"] as const;

const tooLate: Required<Expected> = {
  subject: /of "[me]"$/,
  wanted: /a (message|notification)/,
  found: /nothing within 20 ms/,
  remedy: /wait longer/,
};

const wallClock: Fault = {
  fault: "the time of day is set forward or back",
  outcome:
    "Nothing looks at it: timeouts, deadlines and waits go by the monotonic clock. (In the proof " +
    "every use of `Date` throws; a rule of the house bans it from the sources.)",
  codes: ["FLOE_TIMEOUT"],
  prove: async (scene) => {
    const puppet = scene.puppet();
    await puppet.call("forgetDate");
    await puppet.call("node");
    await puppet.call("events", { deadline: 10 });
    await puppet.call("open", ...EVERYTHING);
    await scene.rejects("FLOE_TIMEOUT", tooLate, puppet.call("take", 20));
    await scene.rejects("FLOE_TIMEOUT", tooLate, puppet.call("hear", 20));
    assert.equal(await puppet.call("takeSync", 20), null);
    assert.equal(await puppet.call("hearSync", 20), null);
    assert.equal(await puppet.call("missDeadline", 5), true);
    await puppet.call("send", 1);
    await puppet.call("notify", 1);
    assert.equal(await puppet.call("take"), 1);
    assert.deepEqual(await puppet.call("hear"), [{ eventId: 1, count: 1 }]);
    assert.deepEqual(await puppet.call("clean"), []);
  },
};

/** Two processes whose monotonic clocks are far apart; `isAhead` says whether the puppet's is. */
function apart(who: "notifies" | "listens"): Fault {
  return {
    fault: `the monotonic clock of who ${who} is 100,000 s ahead (a time namespace)`,
    outcome:
      "Messages, notifications, wake-ups, timeouts and deadlines of wait sets are right. What is " +
      "told of others' times is not: `elapsedMs`, `lastElapsedMs` and missed deadlines of " +
      "notifiers mean something within one time namespace only.",
    codes: ["FLOE_TIMEOUT"],
    skip: clockProblem,
    prove: async (scene) => {
      const ahead = scene.puppet({ wrapper: clockWrapper(AHEAD_SECONDS) });
      const present = scene.puppet();
      const [sender, receiver] = who === "notifies" ? [ahead, present] : [present, ahead];
      for (const puppet of [sender, receiver]) {
        await puppet.call("node");
        await puppet.call("events", { deadline: 50 });
      }
      await sender.call("open", "publisher", "notifier");
      await receiver.call("open", "subscriber", "listener");
      for (let count = 1; count <= 20; count += 1) {
        // Asleep in the event loop, then blocked, in turn.
        const act = count % 2 === 0 ? "take" : "takeSync";
        receiver.tell(act);
        assert.equal(await sender.call("send", count), 1);
        assert.equal(await receiver.outcome(), count);
        receiver.tell(count % 2 === 0 ? "hear" : "hearSync");
        assert.equal(await sender.call("notify", count), 1);
        assert.deepEqual(await receiver.outcome(), [{ eventId: count, count: 1 }]);
        const elapsedMs = await receiver.call("elapsedMs");
        assert.ok(elapsedMs !== null && elapsedMs >= 0 && elapsedMs < 2 ** 32, `${elapsedMs} ms`);
      }
      await scene.rejects("FLOE_TIMEOUT", tooLate, receiver.call("take", 20));
      await scene.rejects("FLOE_TIMEOUT", tooLate, receiver.call("hear", 20));
      assert.equal(await receiver.call("takeSync", 20), null);
      assert.equal(await receiver.call("missDeadline", 5), true);
    },
  };
}

/** See the file's first paragraph. */
export const clockFaults: Chapter = {
  title: "Clocks",
  text: "All times are differences of the monotonic clock, which nobody can set.",
  faults: [wallClock, apart("notifies"), apart("listens")],
};
