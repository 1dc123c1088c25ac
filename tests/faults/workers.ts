/**
 * Faults of workers: a worker thread is terminated in the middle of something, and its process
 * lives on.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openFiles } from "../support/resources.ts";
import { waitFor } from "../support/wait.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

const workerUrl = new URL("./programs/worker.js", import.meta.url);
const EVERYTHING = ["publisher", "subscriber", "notifier", "listener"] as const;
const DEAD_EVENT = 9;

const BUSINESSES = [
  "holds a loan",
  "fills a message",
  "handles a message",
  "holds samples",
  "blocks in `takeSync`",
  "blocks in `waitSync`",
  "awaits",
  "waits in a wait set",
  "has a listener's descriptor",
  "holds the lock of the service",
  "makes a node",
] as const;

/** What a worker does when it is terminated. */
export type Business = (typeof BUSINESSES)[number];

/** Starts a worker; resolves with its node's id when it does what it was told. */
async function startWorker(
  scene: Scene,
  business: Business,
): Promise<{ readonly worker: Worker; readonly nodeId: string }> {
  const workerData = { domain: scene.bench.domain, business };
  const worker = new Worker(workerUrl, { workerData });
  const [nodeId] = (await once(worker, "message")) as [string];
  return { worker, nodeId };
}

function terminated(business: Business): Fault {
  return {
    fault: `a worker is terminated while it ${business}`,
    outcome: "Its node is dead at once: others are told, get its places, and go on.",
    prove: async (scene) => {
      const survivor = scene.actor();
      survivor.node();
      survivor.events({ deadEventId: DEAD_EVENT });
      survivor.open(...EVERYTHING);
      const openBefore = openFiles(scene.bench.root).length;
      const { worker, nodeId } = await startWorker(scene, business);
      const heard = survivor.hear();
      await worker.terminate();
      assert.deepEqual(await heard, [{ eventId: DEAD_EVENT, count: 1 }]);
      scene.actor().clean();
      assert.deepEqual(
        scene.bench.entries().filter((name) => name.includes("node.")).length,
        1,
        `the node ${nodeId} was not removed`,
      );
      await waitFor("its descriptors to be closed", () => {
        return openFiles(scene.bench.root).length <= openBefore + WATCHED;
      });
      survivor.poll();
      for (let count = 1; count <= 100; count += 1) {
        assert.equal(survivor.send(count), 1);
        assert.deepEqual(survivor.poll(), [count]);
      }
      survivor.close();
    },
  };
}

/** The survivor's own bell, which it opened to wait. */
const WATCHED = 1;

const untracked: Fault = {
  fault: "a worker with `trackUnmanagedFds: false` is terminated",
  outcome:
    "Node leaves its descriptors open, so its node lives, for all others, until the process " +
    "ends. Do not start workers that way.",
  prove: async (scene) => {
    const puppet = scene.puppet();
    const survivor = scene.actor();
    survivor.node();
    survivor.events({ deadEventId: DEAD_EVENT });
    survivor.open("listener");
    const nodeId = await puppet.call("terminateUntracked");
    assert.deepEqual(scene.actor().clean(), []);
    assert.ok(scene.bench.entries().includes(`node.${nodeId}`));
    assert.deepEqual(survivor.heard(), []);
    const heard = survivor.hear();
    await puppet.kill();
    assert.deepEqual(await heard, [{ eventId: DEAD_EVENT, count: 1 }]);
    scene.actor().clean();
    survivor.close();
  },
};

/** See the file's first paragraph. */
export const workerFaults: Chapter = {
  title: "Terminated workers",
  text:
    "`worker.terminate()` is the death of a node whose process lives. Node closes the " +
    "descriptors of a worker that ends, and with them its locks; its memory is unmapped.",
  faults: [...BUSINESSES.map(terminated), untracked],
};
