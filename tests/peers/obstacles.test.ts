/**
 * Peers that cannot be looked at as usual: of another user, damaged, or where nothing is watched.
 */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Node } from "floe";
import { floeTest } from "../support/bench.ts";
import { NO_INOTIFY, namespaceProblem } from "../support/namespaces.ts";
import { NOBODY_ID, otherUserProblem } from "../support/other-user.ts";
import { waitFor } from "../support/wait.ts";

const holdNodesUrl = new URL("./programs/hold-nodes.js", import.meta.url);
const watchPeersUrl = new URL("./programs/watch-peers.js", import.meta.url);
const strangerUrl = new URL("./programs/look-as-stranger.js", import.meta.url);

floeTest(
  "another user's node is inaccessible until it is gone, and is not cleaned up after",
  async (bench) => {
    const groupId = NOBODY_ID;
    chmodSync(bench.root, 0o755);
    const root = join(bench.root, "shared");
    const shared = { root, name: "test", permissions: { groupId } } as const;
    // Makes the domain the group's; what is private within it is not.
    using node = Node.create({ domain: shared, name: "shared" });
    const first = Node.create({ domain: { root, name: "test" }, name: "private" });
    const child = bench.start(strangerUrl, {
      data: { domain: shared },
      userId: NOBODY_ID,
      groupId,
    });
    await child.next("watching");
    const second = Node.create({ domain: { root, name: "test" }, name: "private, too" });
    const joined = await child.next("joined");
    assert.deepEqual(joined, { say: "joined", id: second.id, state: "inaccessible" });
    child.tell({ say: "list" });
    const { peers } = (await child.next("listed")) as unknown as { peers: { id: string }[] };
    const byId = (one: { id: string }, two: { id: string }) => one.id.localeCompare(two.id);
    assert.deepEqual(
      peers.sort(byId),
      [
        { id: node.id, name: "shared", state: "alive" },
        { id: first.id, name: "", state: "inaccessible" },
        { id: second.id, name: "", state: "inaccessible" },
      ].sort(byId),
    );
    for (const one of [first, second]) {
      const { id } = one;
      one.close();
      assert.deepEqual(await child.next("left"), { say: "left", id, state: "dead" });
    }
    await child.finish();
  },
  { skip: otherUserProblem() },
);

floeTest("what is not a whole node is told of as undefined, and left alone", async (bench) => {
  using node = bench.node();
  const told: string[] = [];
  node.peers.on("joined", ({ id, state }) => told.push(`${id} joined ${state}`));
  node.peers.on("left", ({ id }) => told.push(`${id} left`));
  const id = "0123456789abcdef".repeat(2);
  const directory = join(bench.directory, `node.${id}`);
  mkdirSync(join(bench.directory, "whole", "alive"), { recursive: true });
  renameSync(join(bench.directory, "whole"), directory);
  await waitFor("it", () => told.length === 1);
  assert.deepEqual(told, [`${id} joined undefined`]);
  using late = bench.node();
  await waitFor("another", () => told.length === 2);
  const undefinedOnes = late.peers.list().filter(({ state }) => state === "undefined");
  assert.deepEqual(undefinedOnes, [{ id, name: "", state: "undefined", isSelf: false }]);
  late.event("events").close();
  assert.ok(existsSync(join(directory, "alive")), "nobody has touched it");
  rmSync(directory, { recursive: true });
  await waitFor("its end", () => told.length === 3);
  assert.deepEqual(told.at(-1), `${id} left`);
});

floeTest(
  "without inotify there is one warning, and comings are told a little later",
  async (bench) => {
    const watcher = bench.start(watchPeersUrl, { wrapper: NO_INOTIFY });
    await watcher.next("watching");
    const warning = await watcher.next("warned");
    assert.equal(warning.code, "FLOE_SYSTEM");
    assert.match(String(warning.message), /watch the directory.*EMFILE.*max_user_instances/);
    const holder = bench.start(holdNodesUrl, { data: { name: "guest" } });
    const { id } = await holder.next("ready");
    const told = async (change: string): Promise<void> => {
      const { peer } = (await watcher.next(change)) as unknown as { peer: { id: string } };
      assert.equal(peer.id, id);
    };
    await told("joined");
    holder.kill();
    await told("died");
    await watcher.finish();
  },
  { skip: namespaceProblem(NO_INOTIFY) },
);
