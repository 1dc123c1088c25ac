/**
 * Faults of a node's files: what the others look at to see whether it lives, and to wake it.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Node } from "floe";
import type { Expected } from "../support/assertions.ts";
import type { Actor } from "./actor.ts";
import type { Chapter, Fault } from "./fault.ts";
import type { Puppet } from "./puppet.ts";
import type { Scene } from "./scene.ts";

const EVERYTHING = ["publisher", "subscriber", "notifier", "listener"] as const;
const DEAD_EVENT = 9;

const notAlive: Required<Expected> = {
  subject: /node\.[0-9a-f]{32}\/alive$/,
  wanted: /this node lives/,
  found: /somebody has removed it/,
  remedy: /make a new node/,
};

const noise = Uint8Array.from({ length: 999 }, (_, index) => (index * 7919) >> 3);

interface Pair {
  readonly here: Actor;
  readonly there: Puppet;
  /** The path of a file of the other one's node. */
  pathOf(file: string): string;
}

/** Two processes with everything; the files of the second one are damaged. */
async function pair(scene: Scene): Promise<Pair> {
  const here = scene.actor();
  here.node();
  here.events({ deadEventId: DEAD_EVENT });
  here.open(...EVERYTHING);
  const there = scene.puppet();
  const nodeId = await there.call("node");
  await there.call("open", ...EVERYTHING);
  return {
    here,
    there,
    pathOf: (file) => join(scene.bench.directory, `node.${nodeId}`, file),
  };
}

async function assertConnected({ here, there }: Pair): Promise<void> {
  assert.equal(here.send(1), 2);
  assert.deepEqual(await there.call("poll"), [1]);
  assert.deepEqual(here.poll(), [1]);
  assert.equal(await there.call("notify", 2), 2);
  assert.deepEqual(here.heard(), [{ eventId: 2, count: 1 }]);
  assert.deepEqual(await there.call("heard"), [{ eventId: 2, count: 1 }]);
}

function harmless(what: string, damage: (pair: Pair) => void): Fault {
  return {
    fault: `${what} of a living node`,
    outcome: "Nothing: what matters is its lock, not its content.",
    prove: async (scene) => {
      const both = await pair(scene);
      damage(both);
      scene.actor().clean();
      await assertConnected(both);
      await both.there.call("createOther");
      await both.there.call("close");
      both.here.close();
    },
  };
}

function declaredDead(what: string, damage: (path: string) => void): Fault {
  return {
    fault: `\`alive\` of a living node ${what}`,
    outcome:
      "For all others it is dead, and cleaned up after. It may open nothing more, and its " +
      "closing disturbs nobody.",
    codes: ["FLOE_SERVICE_CORRUPT"],
    prove: async (scene) => {
      const { here, there, pathOf } = await pair(scene);
      damage(pathOf("alive"));
      assert.equal(scene.actor().clean().length, 1);
      assert.deepEqual(here.heard(), [{ eventId: DEAD_EVENT, count: 1 }]);
      assert.equal(here.send(3), 1);
      await scene.rejects("FLOE_SERVICE_CORRUPT", notAlive, there.call("createOther"));
      await there.call("close");
      assert.deepEqual(here.poll(), [3]);
      assert.equal(here.send(4), 1);
      here.close();
    },
  };
}

const aliveIsForeign: Fault = {
  fault: "`alive` of a node is replaced by a directory",
  outcome:
    "Nobody can tell whether it lives, so nothing of it is touched, and cleaning reports it. " +
    "Messages go on.",
  mayLeaveFiles: true,
  prove: async (scene) => {
    const both = await pair(scene);
    const path = both.pathOf("alive");
    rmSync(path);
    mkdirSync(path);
    assert.equal(undefinedNodeIds(scene).length, 1);
    await assertConnected(both);
    both.there.isDoomed = true;
    await both.there.kill();
    assert.equal(undefinedNodeIds(scene).length, 1);
    both.here.close();
  },
};

const lifeRemoved: Fault = {
  fault: "`life` of a node is removed or replaced by a regular file, and its process is killed",
  outcome:
    "Its sleeping peers are not told at once, of which a warning may tell; whoever joins, leaves " +
    "or cleans next finds it dead by its lock.",
  prove: async (scene) => {
    for (const damage of [rmSync, replaceByNoise]) {
      const { here, there, pathOf } = await pair(scene);
      damage(pathOf("life"));
      assert.equal(scene.actor().clean().length, 0, "it lives");
      await here.nap();
      await there.kill();
      here.joinOnceMore("listener");
      assert.deepEqual(here.heard(), [{ eventId: DEAD_EVENT, count: 1 }]);
      scene.actor().clean();
      here.close();
    }
  },
};

function undefinedNodeIds(scene: Scene): readonly string[] {
  return Node.clean({ domain: scene.bench.domain }).undefinedNodeIds;
}

function replaceByNoise(path: string): void {
  rmSync(path);
  writeFileSync(path, noise);
}

const bellReplaced: Fault = {
  fault: "`bell` of a sleeping node is replaced by a regular file",
  outcome:
    "Its senders write nothing into it: they warn, and try again. What they have sent waits " +
    "until the sleeper looks by itself.",
  prove: async (scene) => {
    const { here, there, pathOf } = await pair(scene);
    await there.call("nap");
    replaceByNoise(pathOf("bell"));
    await there.call("beginHear", 200);
    const warnings = scene.warnings();
    here.notify(1);
    // The end of its timeout is when it looks by itself.
    assert.deepEqual(await there.call("heardAsleep"), [{ eventId: 1, count: 1 }]);
    assert.match(warnings[0] ?? "", /bell: wanted a FIFO, found a regular file.*SERVICE_CORRUPT/);
    assert.deepEqual(readFileSync(pathOf("bell")), Buffer.from(noise));
    await there.call("close");
    here.close();
  },
};

const bellNoise: Fault = {
  fault: "noise is written into the bell of a sleeping node",
  outcome: "Its ports look whether there is something for them, and sleep on.",
  prove: async (scene) => {
    const { here, there, pathOf } = await pair(scene);
    await there.call("nap");
    await there.call("beginTake");
    for (let length = 1; length < noise.length; length += 100) {
      writeFileSync(pathOf("bell"), noise.subarray(0, length), { flag: "r+" });
    }
    here.send(5);
    assert.equal(await there.call("taken"), 5);
    here.poll();
    await there.call("close");
    here.close();
  },
};

/** See the file's first paragraph. */
export const nodeFaults: Chapter = {
  title: "Damaged files of a node",
  text:
    "A node is a directory with `alive`, which it has locked, the FIFOs `life` and `bell`, and " +
    "`node.json`, which is for people.",
  faults: [
    harmless("noise in `node.json`", ({ pathOf }) => writeFileSync(pathOf("node.json"), noise)),
    harmless("no `node.json`", ({ pathOf }) => rmSync(pathOf("node.json"))),
    harmless("noise in `alive`", ({ pathOf }) => writeFileSync(pathOf("alive"), noise)),
    harmless("a truncated `alive`", ({ pathOf }) => {
      writeFileSync(pathOf("alive"), noise);
      truncateSync(pathOf("alive"), 1);
    }),
    declaredDead("is removed", (path) => rmSync(path)),
    declaredDead("is replaced by another file", replaceByNoise),
    aliveIsForeign,
    lifeRemoved,
    bellReplaced,
    bellNoise,
  ],
};
