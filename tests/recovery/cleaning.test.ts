/**
 * Cleaning of domains: everything that the dead have left goes, whoever cleans and however many do;
 * the living keep everything, and what may not be looked at is reported.
 */
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CleaningReport, Node, rawBytes } from "floe";
import { withControlLock } from "floe/internal";
import { type Bench, floeTest } from "../support/bench.ts";
import { type Doings, LIMITS, SERVICE } from "./programs.ts";

const holdUrl = new URL("./programs/hold.js", import.meta.url);
const makeNodesUrl = new URL("./programs/make-nodes.js", import.meta.url);
const SERVICE_DIRECTORY = `service.publish-subscribe.${SERVICE}`;
const ID = "0123456789abcdef0123456789abcdef";

const NOTHING: CleaningReport = {
  removedNodeIds: [],
  inaccessibleNodeIds: [],
  undefinedNodeIds: [],
  removedServices: [],
  removedRemnants: [],
  failures: [],
};

function clean(bench: Bench): CleaningReport {
  return Node.clean({ domain: bench.domain });
}

/** Starts processes, lets each do something, and kills all of them. */
async function leaveDead(bench: Bench, ...doings: readonly Doings[]): Promise<void> {
  const victims = doings.map((data) => bench.start(holdUrl, { data }));
  for (const victim of victims) await victim.next("holding");
  for (const victim of victims) victim.kill();
  for (const victim of victims) await victim.ended;
}

function deadNodeIds(bench: Bench): string[] {
  return bench
    .entries()
    .filter((name) => name.startsWith("node."))
    .map((name) => name.slice("node.".length));
}

floeTest("cleaning removes what all the dead have left, and tells so", async (bench) => {
  await leaveDead(bench, { furtherNodes: 1 }, { furtherNodes: 0 });
  const dead = deadNodeIds(bench);
  assert.equal(dead.length, 3);
  const report = clean(bench);
  assert.deepEqual([...report.removedNodeIds].sort(), dead);
  assert.deepEqual(
    { ...report, removedNodeIds: [] },
    { ...NOTHING, removedServices: [SERVICE_DIRECTORY] },
  );
  assert.deepEqual(clean(bench), NOTHING);
});

floeTest("cleaning leaves the living alone", async (bench) => {
  const node = bench.node();
  const service = node.publishSubscribe(SERVICE, { payload: rawBytes, ...LIMITS });
  const publisher = service.publisher();
  const subscriber = service.subscriber();
  publisher.sendCopy(Uint8Array.of(1, 2, 3));
  const before = bench.files();
  assert.deepEqual(clean(bench), NOTHING);
  assert.deepEqual(bench.files(), before);
  assert.equal(
    subscriber.poll(2, (bytes) => assert.deepEqual([...bytes], [1, 2, 3])),
    1,
  );
  for (const one of [publisher, subscriber, service, node]) one.close();
});

floeTest("a node that begins or ends cleans up after the dead", async (bench) => {
  await leaveDead(bench, { furtherNodes: 1 });
  const node = bench.node();
  assert.deepEqual(bench.entries(), [`node.${node.id}`]);
  await leaveDead(bench, { furtherNodes: 1 });
  node.close();
  assert.deepEqual(bench.entries(), []);
});

floeTest("what was half made or half removed goes with its maker", async (bench) => {
  const node = bench.node();
  const remnants = {
    [`.node.${ID}`]: ["life", "alive", "node.json"],
    [`.node.f${ID.slice(1)}`]: [],
    [`.created.${ID}.${ID}`]: ["service.json", "links.tmp"],
    [`.removed.${ID}.${ID}`]: ["links"],
    [`.removed.${node.id}.${ID}`]: ["links"],
  };
  const living = { [`.created.${node.id}.${ID}`]: ["service.json"] };
  const foreign = { ".hidden": ["file"], "not-ours": ["file"] };
  for (const [name, files] of Object.entries({ ...remnants, ...living, ...foreign })) {
    mkdirSync(join(bench.directory, name));
    for (const file of files) writeFileSync(join(bench.directory, name, file), "");
  }
  const report = clean(bench);
  assert.deepEqual([...report.removedRemnants].sort(), Object.keys(remnants).sort());
  const left = [...Object.keys(living), ...Object.keys(foreign)];
  for (const name of left) rmSync(join(bench.directory, name), { recursive: true });
  node.close();
});

floeTest("a node that is not what a node is is reported and kept", async (bench) => {
  await leaveDead(bench, {});
  const [id] = deadNodeIds(bench);
  const alive = join(bench.directory, `node.${id}`, "alive");
  unlinkSync(alive);
  symlinkSync("alive", alive);
  assert.deepEqual(clean(bench), { ...NOTHING, undefinedNodeIds: [id] });
  assert.ok(bench.entries().includes(SERVICE_DIRECTORY));
  unlinkSync(alive);
  assert.deepEqual(clean(bench).removedNodeIds, [id]);
});

floeTest("a damaged service is reported, and hinders nobody else's cleaning", async (bench) => {
  await leaveDead(bench, {});
  const links = join(bench.directory, SERVICE_DIRECTORY, "links");
  renameSync(links, `${links}.away`);
  const report = clean(bench);
  assert.deepEqual([report.removedNodeIds.length, report.removedServices], [1, []]);
  assert.deepEqual(
    report.failures.map(({ code, subject }) => [code, subject]),
    [["FLOE_SERVICE_CORRUPT", links]],
  );
  renameSync(`${links}.away`, links);
  assert.deepEqual(clean(bench).removedServices, [SERVICE_DIRECTORY]);
});

floeTest("a service whose lock is held is cleaned the next time", async (bench) => {
  await leaveDead(bench, {});
  const domain = { ...bench.domain, lockTimeout: 20 };
  const directory = join(bench.directory, SERVICE_DIRECTORY);
  const dead = deadNodeIds(bench);
  withControlLock(directory, 0, () => {
    const report = Node.clean({ domain });
    assert.deepEqual([report.removedNodeIds, report.removedServices], [[], []]);
    assert.deepEqual(
      report.failures.map(({ code }) => code),
      ["FLOE_LOCK_TIMEOUT"],
    );
    // Without waiting for anybody.
    Node.create({ domain: bench.domain }).close();
    assert.deepEqual(deadNodeIds(bench), dead, "the mark that there is something to do");
  });
  assert.deepEqual(clean(bench).removedNodeIds, dead);
});

floeTest("several may clean while nodes are made and end", async (bench) => {
  await leaveDead(bench, { furtherNodes: 1 }, { furtherNodes: 0 });
  const makers = [1, 2, 3].map(() => bench.start(makeNodesUrl, { data: { nodes: 60 } }));
  const done = Promise.all(makers.map((maker) => maker.next("made")));
  let isDone = false;
  void done.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const { failures } = clean(bench);
    assert.deepEqual(failures, []);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await done;
});

floeTest("what cannot be removed is told of", (bench) => {
  bench.node().close();
  const remnant = join(bench.directory, `.removed.${ID}.${ID}`);
  // A directory in the place of a file cannot be unlinked, by root either.
  mkdirSync(join(remnant, "links"), { recursive: true });
  const [failure] = clean(bench).failures;
  assert.equal(failure?.subject, join(remnant, "links"));
  rmSync(remnant, { recursive: true });
});
