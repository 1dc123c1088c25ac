/**
 * Peers: who is in a domain, and the notice of who comes, leaves and dies, each told once.
 */
import assert from "node:assert/strict";
import { on, once } from "node:events";
import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Node, type PeerDetails } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { resourcesHeld } from "../support/resources.ts";
import { waitFor } from "../support/wait.ts";

const holdNodesUrl = new URL("./programs/hold-nodes.js", import.meta.url);
const endUrl = new URL("./programs/end.js", import.meta.url);

interface Told {
  readonly change: "joined" | "left" | "died";
  readonly peer: PeerDetails;
}

/** Notes everything that a node is told of its peers. */
function record(node: Node): Told[] {
  const told: Told[] = [];
  for (const change of ["joined", "left", "died"] as const) {
    node.peers.on(change, (peer) => told.push({ change, peer }));
  }
  return told;
}

/** What was told of one peer, in order. */
function changesOf(told: readonly Told[], id: unknown): string[] {
  return told.filter(({ peer }) => peer.id === id).map(({ change }) => change);
}

async function startHolder(bench: Bench, name = ""): Promise<{ child: Child; id: string }> {
  const child = bench.start(holdNodesUrl, { data: { name } });
  const { id } = await child.next("ready");
  return { child, id: String(id) };
}

floeTest("the list has all nodes of a domain, and the own one is marked", async (bench) => {
  using node = bench.node("mine");
  const { child, id } = await startHolder(bench, "other");
  const { executable } = node.peers.list()[0]!;
  const other = {
    id,
    name: "other",
    state: "alive",
    processId: child.pid,
    executable,
    isSelf: false,
  };
  const own = { ...other, id: node.id, name: "mine", processId: process.pid, isSelf: true };
  const byName = (one: PeerDetails, two: PeerDetails) => one.name.localeCompare(two.name);
  assert.deepEqual(node.peers.list().sort(byName), [own, other]);
  const listed = Node.list({ domain: bench.domain }).sort(byName);
  assert.deepEqual(listed, [{ ...own, isSelf: false }, other]);
  await child.finish();
  assert.deepEqual(node.peers.list(), [own]);
});

floeTest("listing a domain that is not there makes none, and finds nobody", (bench) => {
  const domain = { root: join(bench.root, "nowhere"), name: "test" };
  assert.deepEqual(Node.list({ domain }), []);
  assert.equal(existsSync(domain.root), false);
  throwsCode(() => Node.list({ domain: { root: "here" } }), "FLOE_OPTION_INVALID");
});

floeTest("who comes and leaves is told once, with its name", async (bench) => {
  using node = bench.node();
  using _before = bench.node("before");
  const told = record(node);
  const { child, id } = await startHolder(bench, "guest");
  await waitFor("the guest", () => told.length === 1);
  const { peer } = told[0]!;
  assert.deepEqual(
    [peer.id, peer.name, peer.state, peer.processId, peer.isSelf],
    [id, "guest", "alive", child.pid, false],
  );
  child.tell({ say: "leave" });
  await child.next("left");
  await waitFor("its end", () => told.length === 2);
  assert.deepEqual(told[1], { change: "left", peer: { ...peer, state: "dead" } });
  await child.finish();
  assert.equal(told.length, 2);
});

floeTest(
  "who is killed has died, whether it came before the listener or after it",
  async (bench) => {
    using node = bench.node();
    const before = await startHolder(bench, "before");
    const told = record(node);
    const after = await startHolder(bench, "after");
    await waitFor("the second one", () => told.length === 1);
    for (const { child } of [before, after]) child.kill();
    await waitFor("both ends", () => told.length === 3);
    assert.deepEqual(changesOf(told, before.id), ["died"]);
    assert.deepEqual(changesOf(told, after.id), ["joined", "died"]);
    assert.deepEqual(
      node.peers
        .list()
        .map(({ name, state }) => [name, state])
        .sort(),
      [
        ["", "alive"],
        ["after", "dead"],
        ["before", "dead"],
      ],
    );
    // Of those that are dead already nobody is told, however often anybody listens.
    node.peers.removeAllListeners();
    const again = record(node);
    const { child, id } = await startHolder(bench);
    await waitFor("a newcomer", () => again.length === 1);
    assert.deepEqual(changesOf(again, id), ["joined"]);
    await child.finish();
  },
);

/** Lets a process end while this thread looks at nothing else. */
function killBlocking(child: Child, directory: string): void {
  child.kill();
  while (Node.list({ domain: { root: join(directory, ".."), name: "test" } }).some(isAnyAlive));
}

function isAnyAlive({ name, state }: PeerDetails): boolean {
  return name === "doomed" && state === "alive";
}

floeTest("dying is told from leaving when somebody else has removed the files", async (bench) => {
  using node = bench.node();
  const told = record(node);
  const killed = await startHolder(bench, "doomed");
  const closed = await startHolder(bench, "closed");
  await waitFor("both", () => told.length === 2);
  killBlocking(killed.child, bench.directory);
  // As another process does that cleans up, before this one has turned its event loop.
  rmSync(join(bench.directory, `node.${killed.id}`), { recursive: true });
  closed.child.tell({ say: "leave" });
  await waitFor("both ends", () => told.length === 4);
  assert.deepEqual(changesOf(told, killed.id), ["joined", "died"]);
  assert.deepEqual(changesOf(told, closed.id), ["joined", "left"]);
});

floeTest("of many that come and go at once, each is told once", async (bench) => {
  const COUNT = 150;
  using node = bench.node();
  const told = record(node);
  const holders = await Promise.all([startHolder(bench), startHolder(bench)]);
  for (const { child } of holders) child.tell({ say: "make", count: COUNT });
  const ids: string[] = [];
  for (const { child } of holders) ids.push(...((await child.next("made")).ids as string[]));
  await waitFor("all to be told", () => told.length === 2 * COUNT + 2);
  for (const { child } of holders) child.tell({ say: "close" });
  for (const { child } of holders) await child.next("closed");
  await waitFor("all ends", () => told.length === 4 * COUNT + 2);
  for (const id of ids) assert.deepEqual(changesOf(told, id), ["joined", "left"]);
  // These live so shortly that some are not met; whoever is met also parts.
  for (const { child } of holders) child.tell({ say: "churn", count: COUNT });
  for (const { child } of holders) await child.next("churned");
  await Promise.all(holders.map(({ child }) => child.finish()));
  const endings = () => told.filter(({ change }) => change !== "joined").length;
  await waitFor("everybody to part", () => endings() === told.length - endings());
  for (const { peer } of told) assert.deepEqual(changesOf(told, peer.id), ["joined", "left"]);
  bench.t.diagnostic(`${endings() - 2 * COUNT - 2} of ${2 * COUNT} nodes of a moment were met`);
});

floeTest("nobody is lost when more happens than the kernel can remember", async (bench) => {
  using node = bench.node();
  const told = record(node);
  const { child, id } = await startHolder(bench);
  await waitFor("the first", () => told.length === 1);
  // This thread looks at nothing meanwhile: the kernel's queue of 16384 changes overflows.
  const clutter = join(bench.directory, "clutter");
  for (let count = 0; count < 10_000; count += 1) {
    mkdirSync(clutter);
    rmdirSync(clutter);
  }
  using late = bench.node();
  await waitFor("the one that came unheard", () => told.length === 2);
  assert.deepEqual(changesOf(told, late.id), ["joined"]);
  await child.finish();
  await waitFor("the end of the first", () => told.length === 3);
  assert.deepEqual(changesOf(told, id), ["joined", "left"]);
});

floeTest("watching costs descriptors from the first listener to the last", async (bench) => {
  using node = bench.node();
  using _other = bench.node();
  const { peers } = node;
  // The event loop's own descriptor for watching stays.
  peers.once("died", () => {}).removeAllListeners();
  const before = resourcesHeld(bench.root);
  const listener = (): void => {};
  peers.prependOnceListener("joined", listener);
  peers.on("left", listener);
  assert.equal(resourcesHeld(bench.root).descriptors, before.descriptors + 1, "one for each peer");
  peers.on("close", listener);
  peers.off("left", listener);
  assert.equal(resourcesHeld(bench.root).descriptors, before.descriptors + 1);
  const iterator = on(peers, "died");
  peers.removeListener("joined", listener);
  assert.equal(resourcesHeld(bench.root).descriptors, before.descriptors + 1);
  await iterator.return!();
  assert.deepEqual(resourcesHeld(bench.root), before);
  for (const clear of [() => peers.removeAllListeners("died"), () => peers.removeAllListeners()]) {
    peers.on("died", listener);
    assert.equal(resourcesHeld(bench.root).descriptors, before.descriptors + 1);
    clear();
    assert.deepEqual(resourcesHeld(bench.root), before);
  }
});

floeTest("deaths can be iterated over", async (bench) => {
  using node = bench.node();
  const names = ["one", "two", "three"];
  const deaths = on(node.peers, "died");
  for (const name of names) {
    const { child } = await startHolder(bench, name);
    child.kill();
  }
  const died: string[] = [];
  for await (const [peer] of deaths) {
    died.push((peer as PeerDetails).name);
    if (died.length === names.length) break;
  }
  assert.deepEqual(died.sort(), names.sort());
});

floeTest("closing the node ends its watching", async (bench) => {
  const node = bench.node("mine");
  const { peers } = node;
  const told = record(node);
  const closed = once(peers, "close");
  using guest = bench.node();
  await waitFor("the guest", () => told.length === 1);
  const descriptors = resourcesHeld(bench.root).descriptors;
  node.close();
  node.close();
  await closed;
  // Watching a directory, and a life; the node's own lock and life.
  assert.ok(resourcesHeld(bench.root).descriptors <= descriptors - 3);
  throwsCode(() => peers.list(), "FLOE_CLOSED", { subject: /"mine"/, remedy: /Node\.list/ });
  peers.on("left", () => assert.fail("told after the end"));
  guest.close();
  for (let turns = 0; turns < 100; turns += 1) await turn();
  assert.equal(told.length, 1);
});

floeTest("a listener for the end may close the node once more, or throw", async (bench) => {
  const node = bench.node();
  const other = bench.node();
  let count = 0;
  node.peers.on("close", () => {
    count += 1;
    node.close();
    throw new Error("on purpose");
  });
  const service = node.event("events");
  assert.throws(() => node.close(), /on purpose/);
  node.close();
  assert.equal(count, 1);
  // Released once: what was opened keeps it alive, and the last of that ends it.
  assert.equal(other.peers.list().length, 2);
  service.close();
  assert.equal(other.peers.list().length, 1);
  const empty = bench.node();
  empty.peers.on("close", () => {
    throw new Error("on purpose");
  });
  assert.throws(() => empty.close(), /on purpose/);
  assert.equal(other.peers.list().length, 1);
  other.close();
});

for (const how of ["listening", "ref, then unref", "ref, then silent", "a loop, closed"]) {
  floeTest(`listening keeps no process alive by itself: ${how}`, async (bench) => {
    const child = bench.start(endUrl, { data: { how } });
    await child.next("ready");
    if (how === "a loop, closed") await child.next("over");
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.stderr);
  });
}

floeTest("a process that listens is kept alive on demand", async (bench) => {
  using node = bench.node();
  const told = record(node);
  const child = bench.start(endUrl, { data: { how: "ref" } });
  await child.next("ready");
  let hasEnded = false;
  void child.ended.then(() => {
    hasEnded = true;
  });
  // It would have ended before the others do that start after it and end by themselves.
  for (let count = 0; count < 3; count += 1) {
    const other = bench.start(endUrl, { data: { how: "listening" } });
    await other.ended;
  }
  assert.equal(hasEnded, false);
  child.kill();
  await waitFor("its death", () => told.at(-1)?.change === "died");
});
