/**
 * Faults of memory: a file system that has no room left, in bytes or in files. Refused where memory
 * is asked for, never a signal when it is used.
 */
import assert from "node:assert/strict";
import type { Expected } from "../support/assertions.ts";
import type { Chapter, Fault } from "./fault.ts";
import { mountProblem, tmpfsWrapper } from "./namespaces.ts";
import type { Puppet } from "./puppet.ts";
import type { Scene } from "./scene.ts";

const runOutUrl = new URL("./programs/run-out-of-memory.js", import.meta.url);
const CODES = ["FLOE_OUT_OF_MEMORY"] as const;
const PAGE_BYTES = 4096;

const noRoom: Required<Expected> = {
  subject: /^\//,
  wanted: /\d+ bytes|to make|to create/,
  found: /ENOSPC/,
  remedy: /tmpfs.*FLOE_ROOT/,
};

/** A process that has everything open, in a file system of its own. */
async function insider(scene: Scene, options: string): Promise<Puppet> {
  const puppet = scene.puppet({ wrapper: tmpfsWrapper(scene.bench.root, options) });
  await puppet.call("node");
  // So large that each link takes pages of its own.
  await puppet.call("messages", { bufferSize: 4096, maxBorrowedSamples: 16 });
  await puppet.call("events", { eventIdMax: 65_535 });
  await puppet.call("open", "publisher", "subscriber", "notifier", "listener");
  await assertWorks(puppet, 1);
  return puppet;
}

async function assertWorks(puppet: Puppet, count: number): Promise<void> {
  assert.equal(await puppet.call("send", count), 1);
  assert.deepEqual(await puppet.call("poll"), [count]);
  assert.equal(await puppet.call("notify", count), 1);
  assert.deepEqual(await puppet.call("heard"), [{ eventId: count, count: 1 }]);
}

/** Something that is asked for when there is no room, and again when there is. */
function full(
  who: string,
  leftBytes: number,
  ask: (puppet: Puppet) => Promise<unknown>,
  prepare: (puppet: Puppet) => Promise<unknown> = async () => {},
): Fault {
  return {
    fault: `the 64 MB of a container's /dev/shm are full when ${who}`,
    outcome: "It throws and leaves nothing; what is open goes on. With room again, it works.",
    codes: CODES,
    skip: mountProblem,
    prove: async (scene) => {
      const puppet = await insider(scene, "size=64m");
      await prepare(puppet);
      const before = await puppet.call("filesBelow");
      await puppet.call("fill", leftBytes);
      await scene.rejects("FLOE_OUT_OF_MEMORY", noRoom, ask(puppet));
      await assertWorks(puppet, 2);
      await puppet.call("makeRoom");
      assert.deepEqual(await puppet.call("filesBelow"), before, "something was left half made");
      await ask(puppet);
      await assertWorks(puppet, 3);
    },
  };
}

/** The same for the number of files. */
function withoutInodes(who: string, ask: (puppet: Puppet) => Promise<unknown>): Fault {
  return {
    fault: `the file system may hold no more files when ${who}`,
    outcome: "It throws and leaves nothing; what is open goes on. With fewer files, it works.",
    codes: CODES,
    skip: mountProblem,
    prove: async (scene) => {
      const puppet = await insider(scene, "size=64m,nr_inodes=100");
      const before = await puppet.call("filesBelow");
      await puppet.call("fillInodes");
      await scene.rejects("FLOE_OUT_OF_MEMORY", noRoom, ask(puppet));
      await puppet.call("makeRoom");
      assert.deepEqual(await puppet.call("filesBelow"), before, "something was left half made");
      await ask(puppet);
    },
  };
}

const fillsUp: Fault = {
  fault: "a file system has room for one page more each time, or fills up while pools grow",
  outcome: "Each step throws until there is room for it; it never ends in a signal.",
  codes: CODES,
  skip: mountProblem,
  prove: async (scene) => {
    const wrapper = tmpfsWrapper(scene.bench.root, "size=2m");
    const child = scene.bench.start(runOutUrl, { wrapper });
    const stages = new Set<unknown>();
    for (let pages = 0; pages <= 60; pages += 1) {
      const { stage, error, left } = await child.next("tried");
      stages.add(stage);
      assert.deepEqual(left, [], `${pages} pages: left behind at stage ${stage}`);
      if (stage === "done") continue;
      scene.note(error, "FLOE_OUT_OF_MEMORY", noRoom);
    }
    assert.deepEqual([...stages], ["node", "service", "publisher", "subscriber", "send", "done"]);
    const recovered = await child.next("recovered");
    assert.ok(Number(recovered.refused) > 0, "memory never ran out while growing");
    assert.equal(recovered.after, true);
    assert.equal(recovered.stage, "done");
    assert.deepEqual(recovered.left, []);
    assert.equal((await child.finish()).code, 0, child.stderr);
  },
};

const second = (puppet: Puppet, ...parts: string[]) => puppet.call("second", "open", ...parts);

/** See the file's first paragraph. */
export const memoryFaults: Chapter = {
  title: "No room in the file system",
  text:
    "The error names the path, the bytes that were wanted, and how to enlarge `/dev/shm`. " +
    "Everything is reserved before it is used, so a full file system never ends in SIGBUS.",
  faults: [
    full("a node is created", 0, (puppet) => puppet.call("second", "node")),
    full("a service is created", 4 * PAGE_BYTES, (puppet) => puppet.call("createOther")),
    full(
      "a subscriber joins",
      0,
      (puppet) => second(puppet, "subscriber").then(() => puppet.call("second", "close")),
      (puppet) => second(puppet),
    ),
    full(
      "a publisher joins",
      0,
      (puppet) => second(puppet, "publisher").then(() => puppet.call("second", "close")),
      (puppet) => second(puppet),
    ),
    full(
      "a listener joins",
      0,
      (puppet) => second(puppet, "listener").then(() => puppet.call("second", "close")),
      (puppet) => second(puppet),
    ),
    full("a pool grows", PAGE_BYTES, async (puppet) => {
      await puppet.call("send", 7, 100_000);
      await puppet.call("poll");
    }),
    fillsUp,
    withoutInodes("a node is created", async (puppet) => {
      await puppet.call("second", "node");
      await puppet.call("second", "close");
    }),
    withoutInodes("a port first waits in the event loop", (puppet) => puppet.call("nap")),
  ],
};
