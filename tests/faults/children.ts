/**
 * Faults of children: processes that ours starts while it has everything open, and that outlive it.
 */
import assert from "node:assert/strict";
import { mappedFiles, openFiles } from "../support/resources.ts";
import { waitFor } from "../support/wait.ts";
import type { Actor } from "./actor.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Puppet } from "./puppet.ts";
import type { Scene } from "./scene.ts";
import type { Birth } from "./stunts.ts";

const EVERYTHING = ["publisher", "subscriber", "notifier", "listener"] as const;
const DEAD_EVENT = 9;

const BIRTHS: Readonly<Record<Birth, string>> = {
  spawn: "`spawn`",
  fork: "`child_process.fork`",
  cluster: "`cluster.fork`",
  detached: "a detached `spawn`",
};

/** A parent with everything open, messages under way and ports that have slept. */
async function parentWithEverything(
  scene: Scene,
): Promise<{ survivor: Actor; parent: Puppet; nodeId: string }> {
  const survivor = scene.actor();
  survivor.node();
  survivor.events({ deadEventId: DEAD_EVENT });
  survivor.open(...EVERYTHING);
  const parent = scene.puppet();
  const nodeId = await parent.call("node");
  await parent.call("open", ...EVERYTHING);
  await parent.call("nap");
  survivor.send(1);
  assert.equal(await parent.call("hold"), 1);
  await parent.call("loan");
  await parent.call("send", 2);
  return { survivor, parent, nodeId };
}

/** Kills the parent; its node must be dead although its child lives. */
async function assertDiesAlone(
  scene: Scene,
  { survivor, parent, nodeId }: Awaited<ReturnType<typeof parentWithEverything>>,
): Promise<void> {
  survivor.heard();
  const heard = survivor.hear();
  await parent.kill();
  assert.deepEqual(await heard, [{ eventId: DEAD_EVENT, count: 1 }]);
  scene.actor().clean();
  assert.ok(!scene.bench.entries().includes(`node.${nodeId}`), "the dead node was not removed");
  survivor.poll();
  assert.equal(survivor.send(3), 1);
  assert.deepEqual(survivor.poll(), [3]);
  survivor.close();
}

/** What a process holds of the domain, as soon as it runs its own program. */
async function holdingsOf(scene: Scene, pid: number, parent: Puppet): Promise<string[]> {
  const { root } = scene.bench;
  // Between fork and exec it still is its parent.
  await waitFor("the child's own program", () => mappedFiles(root, pid).length === 0);
  assert.notEqual(openFiles(root, parent.pid).length, 0, "the parent has files open");
  return openFiles(root, pid);
}

async function withChild(pid: number, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } finally {
    process.kill(pid, "SIGKILL");
  }
}

function survives(birth: Birth): Fault {
  return {
    fault: `a process starts a child by ${BIRTHS[birth]}, and is killed`,
    outcome:
      "The child has inherited no descriptor and no mapping, so it keeps nothing alive: the node " +
      "is dead at once, and cleaned up after.",
    prove: async (scene) => {
      const family = await parentWithEverything(scene);
      const pid = await family.parent.call("spawnChild", birth);
      await withChild(pid, async () => {
        assert.deepEqual(await holdingsOf(scene, pid, family.parent), []);
        await assertDiesAlone(scene, family);
      });
    },
  };
}

const underLock: Fault = {
  fault: "a process starts a child while it holds the lock of a service",
  outcome: "The lock does not pass to the child: the next one gets it at once.",
  prove: async (scene) => {
    const { survivor, parent } = await parentWithEverything(scene);
    await parent.call("spawnBefore", "/links");
    await parent.call("joinOnceMore", "publisher");
    const [pid] = await parent.call("childPids");
    await withChild(pid!, async () => {
      assert.deepEqual(await holdingsOf(scene, pid!, parent), []);
      survivor.joinOnceMore("subscriber");
      await parent.call("close");
    });
    survivor.close();
  },
};

const bequest: Fault = {
  fault: "a child inherits the `fileDescriptor` of a listener on purpose, and its parent is killed",
  outcome: "The child keeps that descriptor and nothing else: the node is dead at once.",
  prove: async (scene) => {
    const family = await parentWithEverything(scene);
    const pid = await family.parent.call("bequeath");
    await withChild(pid, async () => {
      const held = await holdingsOf(scene, pid, family.parent);
      assert.equal(held.length, 1, `${held}`);
      assert.match(held[0]!, /\/node\.[0-9a-f]+\/bell\.[0-9a-f]+$/);
      await assertDiesAlone(scene, family);
    });
  },
};

/** See the file's first paragraph. */
export const childFaults: Chapter = {
  title: "Children",
  text:
    "Every descriptor is closed when another program is executed, which is the only way in which " +
    "Node makes processes. A native addon that forks without executing a program hands its node " +
    "to the child as well: it then lives as long as either.",
  faults: [
    survives("spawn"),
    survives("fork"),
    survives("cluster"),
    survives("detached"),
    underLock,
    bequest,
  ],
};
