/**
 * Faults of removal: directories that vanish under a running system. What is mapped and open needs
 * no name and goes on; whatever needs one says what is gone.
 */
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Expected } from "../support/assertions.ts";
import { openFiles } from "../support/resources.ts";
import type { Actor } from "./actor.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Puppet } from "./puppet.ts";
import type { Scene } from "./scene.ts";

const CODES = ["FLOE_SERVICE_CORRUPT"] as const;
const EVERYTHING = ["publisher", "subscriber", "notifier", "listener"] as const;

const serviceGone: Required<Expected> = {
  subject: /^service "[me]"$/,
  wanted: /its directory \//,
  found: /removed while in use/,
  remedy: /open it again/,
};

const nodeGone: Required<Expected> = {
  subject: /node\.[0-9a-f]{32}\/alive$/,
  wanted: /this node lives/,
  found: /somebody has removed it/,
  remedy: /make a new node/,
};

const pathGone: Required<Expected> = {
  subject: /^\//,
  wanted: /to (create|make)/,
  found: /ENOENT/,
  remedy: /close everything/,
};

/** Whether a process has its own bell open, and that of the other one. */
function hasBothBells(scene: Scene, pid: number | "self"): boolean {
  return openFiles(scene.bench.root, pid).filter((path) => path.endsWith("/bell")).length === 2;
}

/** Two processes with everything, each of which has woken the other once. */
async function runningSystem(scene: Scene): Promise<{ here: Actor; there: Puppet }> {
  const here = scene.actor(...EVERYTHING);
  const there = scene.puppet();
  await there.call("open", ...EVERYTHING);
  await assertGoesOn(here, there, 1);
  assert.ok(hasBothBells(scene, "self") && hasBothBells(scene, there.pid), "nobody was asleep");
  return { here, there };
}

/** Each end wakes the other one, which sleeps. */
async function assertGoesOn(
  here: Actor,
  there: Puppet,
  count: number,
  listenerCount: number = 2,
): Promise<void> {
  const taken = here.take();
  const heard = here.hear();
  assert.equal(await there.call("send", count), 2);
  assert.equal(await there.call("notify", count), listenerCount);
  assert.equal(await taken, count);
  assert.deepEqual(await heard, [{ eventId: count, count: 1 }]);
  assert.deepEqual(await there.call("poll"), [count]);
  await there.call("heard");
  await there.call("beginTake");
  here.send(count + 100);
  assert.equal(await there.call("taken"), count + 100);
  await there.call("beginHear");
  here.notify(count + 100);
  assert.deepEqual(await there.call("heardAsleep"), [{ eventId: count + 100, count: 1 }]);
  here.poll();
  here.heard();
}

const domainRemoved: Fault = {
  fault: "the domain's directory is removed while everything runs",
  outcome:
    "Connected ports go on, asleep or awake. Joining, opening, growing and the first sleep of a " +
    "node throw. Closing is clean, and a new node makes the domain anew.",
  codes: CODES,
  prove: async (scene) => {
    const { here, there } = await runningSystem(scene);
    const awake = scene.actor("listener");
    rmSync(scene.bench.directory, { recursive: true });
    await assertGoesOn(here, there, 2, 3);
    for (const part of EVERYTHING) {
      scene.throws("FLOE_SERVICE_CORRUPT", serviceGone, () => here.joinOnceMore(part));
    }
    scene.throws("FLOE_SERVICE_CORRUPT", nodeGone, () => here.createOther());
    scene.throws("FLOE_SERVICE_CORRUPT", serviceGone, () => here.send(3, 100_000));
    awake.heard();
    await scene.rejects("FLOE_SERVICE_CORRUPT", pathGone, awake.hear());
    await assertGoesOn(here, there, 4, 3);
    const later = scene.actor(...EVERYTHING);
    assert.equal(later.send(5), 1);
    assert.deepEqual(later.poll(), [5]);
    assert.deepEqual(here.poll(), [], "the new domain is another one");
    awake.close();
    here.close();
    await there.call("close");
    assert.equal(later.send(6), 1);
    later.close();
  },
};

const serviceRemoved: Fault = {
  fault: "a service's directory is removed while it is in use",
  outcome:
    "Connected ports go on, joining throws, closing is clean. Another node that opens the " +
    "service makes it anew.",
  codes: CODES,
  prove: async (scene) => {
    const { here, there } = await runningSystem(scene);
    rmSync(join(scene.bench.directory, "service.publish-subscribe.m"), { recursive: true });
    rmSync(join(scene.bench.directory, "service.event.e"), { recursive: true });
    await assertGoesOn(here, there, 2);
    for (const part of EVERYTHING) {
      scene.throws("FLOE_SERVICE_CORRUPT", serviceGone, () => here.joinOnceMore(part));
    }
    const later = scene.actor(...EVERYTHING);
    assert.equal(later.send(5), 1);
    here.close();
    await there.call("close");
    assert.deepEqual(later.poll(), [5]);
    assert.equal(later.send(6), 1);
    later.close();
  },
};

const sleeperRemoved: Fault = {
  fault: "the domain's directory is removed while a port sleeps that nobody has woken before",
  outcome:
    "Its bell has no name any more: blocked it is woken, in the event loop only its timeout " +
    "wakes it. What was sent to it waits.",
  prove: async (scene) => {
    const listener = scene.actor("listener");
    await listener.nap();
    const puppet = scene.puppet();
    await puppet.call("open", "notifier");
    rmSync(scene.bench.directory, { recursive: true });
    puppet.tell("notify", 1);
    assert.deepEqual(listener.hearSync(), [{ eventId: 1, count: 1 }]);
    assert.equal(await puppet.outcome(), 1);
    const asleep = listener.hear(100);
    await puppet.call("notify", 2);
    assert.deepEqual(await asleep, [{ eventId: 2, count: 1 }]);
    await puppet.call("close");
    listener.close();
  },
};

const nodeRemoved: Fault = {
  fault: "the directory of a living node is removed",
  outcome:
    "For all others it is dead, and its ports are cleaned up after. It may open nothing more; " +
    "its closing disturbs nobody who has its places by then.",
  codes: CODES,
  prove: async (scene) => {
    const here = scene.actor(...EVERYTHING);
    for (const name of readdirSync(scene.bench.directory)) {
      if (name.startsWith("node.")) rmSync(join(scene.bench.directory, name), { recursive: true });
    }
    const others = scene.actor(...EVERYTHING);
    scene.throws("FLOE_SERVICE_CORRUPT", nodeGone, () => here.createOther());
    assert.equal(others.send(1), 1, "the subscriber of the dead one is gone");
    here.close();
    assert.equal(others.send(2), 1);
    assert.deepEqual(others.poll(), [1, 2]);
    assert.equal(others.notify(3), 1);
    assert.deepEqual(others.heard(), [{ eventId: 3, count: 1 }]);
    others.close();
  },
};

/** See the file's first paragraph. */
export const removalFaults: Chapter = {
  title: "Removed directories",
  text: "Somebody runs `rm -rf` on what is in use.",
  faults: [domainRemoved, serviceRemoved, nodeRemoved, sleeperRemoved],
};
