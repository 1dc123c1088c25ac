/**
 * Faults of descriptors: a process that may open no more files. Whatever needs one fails in words
 * and leaves none open; what has been sent is not lost, and whoever sleeps is woken in the end.
 */
import assert from "node:assert/strict";
import type { Expected } from "../support/assertions.ts";
import { waitFor } from "../support/wait.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Puppet } from "./puppet.ts";
import type { Scene } from "./scene.ts";
import type { Stunts } from "./stunts.ts";

const CODES = ["FLOE_TOO_MANY_FILES"] as const;

/** Few enough to be used up quickly, enough for Node itself. */
const WRAPPER = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"];

const LONG_MS = 600_000;

/** How long a blocked thread sleeps at most before it looks. */
const BLOCKED_SLICE_MS = 250;

const tooMany: Required<Expected> = {
  subject: /^\//,
  wanted: /./,
  found: /EMFILE \(too many open files\)/,
  remedy: /ulimit -n/,
};

const ejected: Required<Expected> = {
  subject: /subscriber of "m"/,
  wanted: /./,
  found: /ejectAfter/,
  remedy: /new subscriber/,
};

async function starving(scene: Scene, ...parts: Parameters<Stunts["open"]>): Promise<Puppet> {
  const puppet = scene.puppet({ wrapper: WRAPPER });
  await puppet.call("open", ...parts);
  return puppet;
}

/** Asserts that an act is refused until there are descriptors, and leaves none open meanwhile. */
async function assertRefused(
  scene: Scene,
  puppet: Puppet,
  act: Parameters<Stunts["starve"]>[0],
  ...args: unknown[]
): Promise<void> {
  const refusals = await puppet.call("starve", act, ...args);
  assert.ok(refusals.length > 0, "it succeeds without any descriptor");
  for (const refusal of refusals) scene.note(refusal, "FLOE_TOO_MANY_FILES", tooMany);
}

function refused(
  who: string,
  act: Parameters<Stunts["starve"]>[0],
  args: readonly unknown[],
  parts: Parameters<Stunts["open"]>,
  prepare: (puppet: Puppet) => Promise<unknown> = async () => {},
): Fault {
  return {
    fault: `there is no descriptor left when ${who}`,
    outcome: "It throws and leaves no descriptor open. With enough of them, it works.",
    codes: CODES,
    prove: async (scene) => {
      const puppet = await starving(scene, ...parts);
      await prepare(puppet);
      await assertRefused(scene, puppet, act, ...args);
      await puppet.call("close");
    },
  };
}

const growth: Fault = {
  fault: "there is no descriptor left when a publisher's pool grows",
  outcome: "`send` throws; what was sent before arrives, and a message of a usual size still goes.",
  codes: CODES,
  prove: async (scene) => {
    const subscriber = scene.actor("subscriber");
    const puppet = await starving(scene, "publisher");
    await puppet.call("send", 1);
    await assertRefused(scene, puppet, "send", 2, 100_000);
    assert.deepEqual(subscriber.poll(), [1, 2]);
    await puppet.call("leaveDescriptors", 0);
    assert.equal(await puppet.call("send", 3), 1);
    assert.deepEqual(subscriber.poll(), [3]);
  },
};

const mapping: Fault = {
  fault: "there is no descriptor left when a subscriber has to map a data segment",
  outcome:
    "`poll` throws, as often as it is tried; the message stays and others are heard. With a " +
    "descriptor it is taken, in order and once.",
  codes: CODES,
  prove: async (scene) => {
    const puppet = await starving(scene, "subscriber");
    const publisher = scene.actor("publisher");
    const other = scene.actor("publisher");
    publisher.send(1);
    other.send(100);
    assert.deepEqual((await puppet.call("poll")).sort(), [1, 100].sort());
    // A further data segment, which the subscriber has to map.
    await puppet.call("leaveDescriptors", 0);
    publisher.send(2, 100_000);
    publisher.send(3, 100_000);
    other.send(101);
    const heard: number[] = [];
    for (let look = 0; look < 4; look += 1) {
      const { counts, error } = await puppet.call("tryPoll");
      heard.push(...counts);
      if (error !== null) scene.note(error, "FLOE_TOO_MANY_FILES", tooMany);
    }
    assert.deepEqual(heard, [101], "one publisher is heard, the other waits");
    await puppet.call("freeDescriptors");
    assert.deepEqual(await puppet.call("poll"), [2, 3]);
    publisher.send(4, 100_000);
    assert.deepEqual(await puppet.call("poll"), [4]);
  },
};

const ringing: Fault = {
  fault: "there is no descriptor left when a sender has to wake a sleeper",
  outcome:
    "The message is sent and a warning is emitted; the sender tries again until the sleeper is " +
    "awake, also if nothing more is sent.",
  prove: async (scene) => {
    const sleeper = scene.actor("subscriber", "listener");
    const puppet = await starving(scene, "publisher", "notifier");
    await puppet.call("send", 4);
    await puppet.call("notify", 4);
    assert.deepEqual(sleeper.poll(), [4]);
    assert.deepEqual(sleeper.heard(), [{ eventId: 4, count: 1 }]);
    await puppet.call("noteWarnings");
    // Longer than this test may last, for the end of a timeout wakes as well.
    const woken: unknown[] = [];
    for (const wait of [sleeper.take(LONG_MS), sleeper.hear(LONG_MS)]) {
      wait.then((found: unknown) => woken.push(found)).catch(() => {});
    }
    await puppet.call("leaveDescriptors", 0);
    assert.equal(await puppet.call("send", 5), 1);
    assert.equal(await puppet.call("notify", 6), 1);
    const [warning] = await puppet.call("warnings");
    assert.match(warning ?? "", /EMFILE.*\[FLOE_TOO_MANY_FILES\]/);
    await puppet.call("freeDescriptors");
    await waitFor("the sleepers to be woken", () => woken.length === 2);
    assert.deepEqual(new Set(woken), new Set([5, [{ eventId: 6, count: 1 }]]));
  },
};

const watching: Fault = {
  fault: "there is no descriptor left when a sleeper has to watch the lives of its senders",
  outcome:
    "It sleeps and is woken all the same, and a warning is emitted. It tries again to watch, so " +
    "that it is told of their deaths.",
  prove: async (scene) => {
    const puppet = await starving(scene);
    await puppet.call("events", { deadEventId: 9 });
    await puppet.call("open", "listener");
    await puppet.call("nap");
    await puppet.call("noteWarnings");
    const sender = scene.puppet();
    await sender.call("open", "notifier");
    await puppet.call("leaveDescriptors", 0);
    await puppet.call("nap");
    puppet.tell("hear");
    assert.equal(await sender.call("notify", 1), 1);
    assert.deepEqual(await puppet.outcome(), [{ eventId: 1, count: 1 }]);
    const [warning] = await puppet.call("warnings");
    assert.match(warning ?? "", /EMFILE.*\[FLOE_TOO_MANY_FILES\]/);
    await puppet.call("freeDescriptors");
    puppet.tell("hear");
    await sender.kill();
    assert.deepEqual(await puppet.outcome(), [{ eventId: 9, count: 1 }]);
    await waitFor("the sender's node to be cleaned up after", () => {
      scene.actor().clean();
      return scene.bench.entries().filter((name) => name.startsWith("node.")).length === 1;
    });
  },
};

/** With none, not even the lock is had; with one, the lock, and no look at a node. */
const FEW = [0, 1] as const;

const looking: Fault = {
  fault: "there is no descriptor left when a blocked thread looks whether its senders live",
  outcome: "It looks again in growing intervals, so that it is told of their deaths.",
  prove: async (scene) => {
    for (const freeCount of FEW) {
      const puppet = await starving(scene);
      await puppet.call("events", { deadEventId: 9 });
      await puppet.call("open", "listener");
      await puppet.call("noteWarnings");
      const sender = scene.puppet();
      await sender.call("open", "notifier");
      await sender.kill();
      const heard = await puppet.call("hearSyncStarved", freeCount, 2 * BLOCKED_SLICE_MS);
      assert.deepEqual(heard, [{ eventId: 9, count: 1 }], `with ${freeCount} descriptors`);
      await puppet.call("close");
    }
  },
};

const EJECT_AFTER_MS = 20;

const ejecting: Fault = {
  fault: "there is no descriptor left when a publisher ejects a subscriber",
  outcome:
    "`send` sends and wakes whoever sleeps. The publisher tries again every 10 ms while it " +
    "sends, and ejects it when there are descriptors.",
  prove: async (scene) => {
    const stalled = scene.actor("subscriber");
    const puppet = await starving(scene);
    await puppet.call("node");
    await puppet.call("messages");
    await puppet.call("publisher", { ejectAfter: EJECT_AFTER_MS });
    const sleeper = scene.actor("subscriber");
    let count = 0;
    const sendToSleeper = async (): Promise<number> => {
      const taking = sleeper.take();
      count += 1;
      const reached = await puppet.call("send", count);
      assert.equal(await taking, count, "the sleeper is woken by the message");
      return reached;
    };
    await sendToSleeper();
    await puppet.call("leaveDescriptors", 0);
    const begunMs = performance.now();
    while (performance.now() - begunMs < 5 * EJECT_AFTER_MS) {
      assert.equal(await sendToSleeper(), 2);
    }
    await puppet.call("freeDescriptors");
    while ((await sendToSleeper()) !== 1);
    scene.throws("FLOE_EJECTED", ejected, () => stalled.poll());
    await puppet.call("closePart", "publisher");
    await puppet.call("publisher");
    await puppet.call("close");
  },
  codes: ["FLOE_EJECTED"],
};

const closing: Fault = {
  fault: "there is no descriptor left when a port is closed",
  outcome: "It throws, because leaving takes the lock of the service; it may be closed once more.",
  codes: CODES,
  prove: async (scene) => {
    const puppet = await starving(scene, "publisher", "subscriber", "notifier", "listener");
    for (const part of ["publisher", "subscriber", "notifier", "listener"] as const) {
      await assertRefused(scene, puppet, "closePart", part);
    }
  },
};

const leaving: Fault = {
  fault: "there is one descriptor left when a port is closed",
  outcome:
    "It is enough for the lock: the port leaves, and its peers see that it has. What else is to " +
    "be cleaned up is left to the next that changes the service.",
  prove: async (scene) => {
    const other = scene.actor("publisher", "subscriber", "notifier", "listener");
    for (const part of ["publisher", "subscriber", "notifier", "listener"] as const) {
      const puppet = await starving(scene, part);
      if (part === "publisher") await puppet.call("send", 1);
      const before = other.portCount();
      await puppet.call("leaveDescriptors", 1);
      await puppet.call("closePart", part);
      await puppet.call("freeDescriptors");
      assert.equal(other.portCount(), before - 1, `the ${part} has left`);
      await puppet.call("close");
    }
    await waitFor("the files of the publisher to go", () => {
      other.poll();
      other.joinOnceMore("subscriber");
      return dataFiles(scene).length === 0;
    });
  },
};

function dataFiles(scene: Scene): string[] {
  return scene.bench.files().filter((path) => path.includes("/data."));
}

/** See the file's first paragraph. */
export const descriptorFaults: Chapter = {
  title: "No descriptor left",
  text:
    "`EMFILE`: the process has as many files open as it may. Connected ports need no further " +
    "descriptor to exchange messages, but for data segments that they see for the first time.",
  faults: [
    refused("a node is created", "second", ["node"], []),
    refused("a service is created", "createOther", [], ["publisher"]),
    refused("a service is opened", "second", ["messages"], ["publisher"], (puppet) =>
      puppet.call("second", "node"),
    ),
    refused("a publisher joins", "publisher", [], ["subscriber"]),
    refused("a subscriber joins", "subscriber", [], ["publisher"]),
    refused("a notifier joins", "notifier", [], ["listener"]),
    refused("a listener joins", "listener", [], ["notifier"]),
    refused("a port first waits in the event loop", "nap", [], ["listener"]),
    refused("a wait set first waits", "napInSet", [], ["listener"]),
    refused("a listener's descriptor is asked for", "descriptor", [], ["listener"]),
    growth,
    mapping,
    ringing,
    watching,
    looking,
    ejecting,
    closing,
    leaving,
  ],
};
