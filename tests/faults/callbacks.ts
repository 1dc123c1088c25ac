/**
 * Faults in callbacks: the program's functions that floe calls end the process or throw, in the
 * middle of a message.
 */
import assert from "node:assert/strict";
import type { Actor } from "./actor.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";
import { type Callback, EXIT_CODE, ON_PURPOSE, Stunts } from "./stunts.ts";

const EVERYTHING = ["publisher", "subscriber", "notifier", "listener"] as const;
const DEAD_EVENT = 9;

const CALLBACKS: Readonly<Record<Callback, string>> = {
  fill: "the function that fills a message",
  poll: "a handler of messages",
  listener: "a handler of notifications",
  "wait set": "a loop over a wait set",
};

/** More messages than any pool has chunks, so that one that was not given back is missed. */
const MANY = 200;

/** Gives every callback something to do. */
function feed(sender: Actor): void {
  sender.send(1);
  sender.notify(1);
}

function assertUsable(actor: Actor): void {
  actor.poll();
  actor.heard();
  for (let count = 1; count <= MANY; count += 1) {
    assert.equal(actor.send(count), 1);
    assert.deepEqual(actor.poll(), [count]);
    assert.equal(actor.notify(2), 1);
    assert.deepEqual(actor.heard(), [{ eventId: 2, count: 1 }]);
  }
}

function caught(callback: Callback): Fault {
  return {
    fault: `${CALLBACKS[callback]} throws, and the program catches it`,
    outcome: "It is thrown on; the port is as usable as before, and holds nothing.",
    prove: async (scene) => {
      const actor = scene.hold(new Stunts(scene.bench.domain));
      actor.open(...EVERYTHING);
      // More often than chunks and borrowed samples there are.
      for (let round = 0; round < 20; round += 1) {
        feed(actor);
        const thrown = actor.within(callback, () => {
          throw new Error(ON_PURPOSE);
        });
        await assert.rejects(thrown, new Error(ON_PURPOSE));
      }
      assertUsable(actor);
      // No lock is held: others can join and leave.
      const other = scene.puppet();
      await other.call("open", ...EVERYTHING);
      await other.call("close");
    },
  };
}

/** Who has lost a partner is told, cleans up after it, and goes on. */
async function assertRecovered(scene: Scene, survivor: Actor, nodeId: string): Promise<void> {
  const heard = await survivor.hear();
  assert.ok(
    heard.some(({ eventId }) => eventId === DEAD_EVENT),
    `the dead notifier is not told of: ${JSON.stringify(heard)}`,
  );
  scene.actor().clean();
  assert.ok(!scene.bench.entries().includes(`node.${nodeId}`), "the dead node was not removed");
  assertUsable(survivor);
  survivor.close();
}

function ends(callback: Callback, how: "exit" | "throw"): Fault {
  const what = how === "exit" ? "calls `process.exit`" : "throws, and nobody catches it";
  return {
    fault: `${CALLBACKS[callback]} ${what}`,
    outcome: "The process ends as Node ends it. Survivors are told, get its places, and go on.",
    prove: async (scene) => {
      const survivor = scene.actor();
      survivor.node();
      survivor.events({ deadEventId: DEAD_EVENT });
      survivor.open(...EVERYTHING);
      const puppet = scene.puppet();
      const nodeId = await puppet.call("node");
      await puppet.call("open", ...EVERYTHING);
      feed(survivor);
      survivor.heard();
      puppet.isDoomed = true;
      puppet.tell("endWithin", callback, how);
      const { code } = await puppet.child.ended;
      assert.equal(code, how === "exit" ? EXIT_CODE : 1, puppet.child.stderr);
      if (how === "throw") assert.match(puppet.child.stderr, new RegExp(ON_PURPOSE));
      await assertRecovered(scene, survivor, nodeId);
    },
  };
}

const rejection: Fault = {
  fault: "a promise of the program is rejected and nobody handles it, while messages are held",
  outcome: "The process ends as Node ends it. Survivors are told, get its places, and go on.",
  prove: async (scene) => {
    const survivor = scene.actor();
    survivor.node();
    survivor.events({ deadEventId: DEAD_EVENT });
    survivor.open(...EVERYTHING);
    const puppet = scene.puppet();
    const nodeId = await puppet.call("node");
    await puppet.call("open", ...EVERYTHING);
    survivor.send(5);
    assert.equal(await puppet.call("hold"), 5);
    await puppet.call("loan");
    puppet.isDoomed = true;
    puppet.tell("reject");
    assert.equal((await puppet.child.ended).code, 1, puppet.child.stderr);
    await assertRecovered(scene, survivor, nodeId);
  },
};

const names = Object.keys(CALLBACKS) as Callback[];

/** See the file's first paragraph. */
export const callbackFaults: Chapter = {
  title: "Callbacks that throw or end the process",
  text: "floe calls functions of the program while it has a message in hand.",
  faults: [
    ...names.map(caught),
    ...names.map((name) => ends(name, "exit")),
    ...names.map((name) => ends(name, "throw")),
    rejection,
  ],
};
