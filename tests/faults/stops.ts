/**
 * Faults of stopping: a process that stands still in the middle of something, as under a debugger,
 * in a frozen container or by SIGSTOP. It delays only who wants what it holds.
 */
import assert from "node:assert/strict";
import type { Expected } from "../support/assertions.ts";
import { waitUntilStopped } from "../support/processes.ts";
import { Actor } from "./actor.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Puppet } from "./puppet.ts";
import type { Scene } from "./scene.ts";

const LOCK_TIMEOUT_MS = 100;

/** An actor that does not wait long for locks. */
function hasty(scene: Scene): Actor {
  return scene.hold(new Actor({ ...scene.bench.domain, lockTimeout: LOCK_TIMEOUT_MS }));
}

/** Has a puppet stop where it next opens or renames such a path, while it does something. */
async function stopIn(
  puppet: Puppet,
  name: "openSync" | "renameSync",
  part: string,
  ...order: Parameters<Puppet["tell"]>
): Promise<void> {
  await puppet.call("stopBefore", name, part);
  puppet.tell(...order);
  await waitUntilStopped(puppet.pid);
}

const holder: Fault = {
  fault: "a process stands still while it joins, holding the lock of the service",
  outcome:
    "Joining and leaving throw after `lockTimeout` and name the process; messages between others " +
    "go on. When it goes on, all is well.",
  codes: ["FLOE_LOCK_TIMEOUT"],
  prove: async (scene) => {
    const here = hasty(scene);
    here.open("publisher", "subscriber");
    const other = hasty(scene);
    other.open();
    const puppet = scene.puppet();
    await puppet.call("open");
    await puppet.call("messages");
    await stopIn(puppet, "openSync", "/links", "publisher");
    const expected: Required<Expected> = {
      subject: /service\.publish-subscribe\.m$/,
      wanted: new RegExp(`lock within ${LOCK_TIMEOUT_MS} ms`),
      found: new RegExp(`held by process ${puppet.pid}$`),
      remedy: /stopped or stuck/,
    };
    scene.throws("FLOE_LOCK_TIMEOUT", expected, () => other.open("subscriber"));
    scene.throws("FLOE_LOCK_TIMEOUT", expected, () => here.closePart("subscriber"));
    for (let count = 1; count <= 100; count += 1) {
      assert.equal(here.send(count), 1);
      assert.deepEqual(here.poll(), [count]);
    }
    // Another service has another lock.
    other.open("notifier", "listener");
    assert.equal(other.notify(1), 1);
    puppet.signal("SIGCONT");
    await puppet.outcome();
    other.open("subscriber");
    assert.equal(await puppet.call("send", 7), 2);
    assert.deepEqual(here.poll(), [7]);
    assert.deepEqual(other.poll(), [7]);
  },
};

const nodeMaker: Fault = {
  fault: "a process stands still while it makes a node",
  outcome: "Nobody waits for it, and its unfinished node may be swept away: it makes it again.",
  prove: async (scene) => {
    const puppet = scene.puppet();
    await stopIn(puppet, "renameSync", "/.node.", "node");
    const here = scene.actor("publisher", "subscriber");
    assert.equal(here.send(1), 1);
    scene.actor().clean();
    puppet.signal("SIGCONT");
    await puppet.outcome();
    await puppet.call("open", "subscriber");
    assert.equal(here.send(2), 2);
    assert.deepEqual(await puppet.call("poll"), [2]);
  },
};

const serviceMaker: Fault = {
  fault: "a process stands still while it creates a service, before that has its name",
  outcome: "Another creates it meanwhile; the first opens that one when it goes on.",
  prove: async (scene) => {
    const puppet = scene.puppet();
    await puppet.call("node");
    await stopIn(puppet, "renameSync", "/.created.", "messages");
    const here = scene.actor("publisher", "subscriber");
    assert.equal(here.send(1), 1);
    puppet.signal("SIGCONT");
    await puppet.outcome();
    await puppet.call("open", "subscriber");
    assert.equal(here.send(2), 2);
    assert.deepEqual(await puppet.call("poll"), [2]);
    assert.deepEqual(here.poll(), [1, 2]);
  },
};

const receiver: Fault = {
  fault: "a subscriber stands still",
  outcome:
    "Its publishers overwrite the oldest of its messages, which it can tell by `missed`; others " +
    "get all of them.",
  prove: async (scene) => {
    const here = scene.actor("publisher", "subscriber");
    const puppet = scene.puppet();
    await puppet.call("open", "subscriber");
    await puppet.call("poll");
    puppet.signal("SIGSTOP");
    await waitUntilStopped(puppet.pid);
    for (let count = 1; count <= 100; count += 1) {
      assert.equal(here.send(count), 2);
      assert.deepEqual(here.poll(), [count]);
    }
    puppet.signal("SIGCONT");
    const counts = await puppet.call("poll");
    assert.deepEqual(counts, [93, 94, 95, 96, 97, 98, 99, 100]);
  },
};

/** See the file's first paragraph. */
export const stopFaults: Chapter = {
  title: "Processes that stand still",
  text:
    "A stopped process keeps its locks and its places. It can delay joining and leaving of one " +
    "service, never a message between others.",
  faults: [holder, nodeMaker, serviceMaker, receiver],
};
