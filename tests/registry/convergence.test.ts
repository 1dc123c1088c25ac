/**
 * Many processes open the same services at the same time: one creates each, all others join what
 * it made, nobody sees half a service, and when all have left nothing is left.
 */
import assert from "node:assert/strict";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { seedOf } from "../support/random.ts";

const PROCESSES = 8;
const openAllUrl = new URL("./programs/open-all.js", import.meta.url);
const names = Array.from({ length: 50 }, (_, index) => `service-${index}`);

async function startAll(bench: Bench, data: object): Promise<Child[]> {
  const seed = seedOf(bench.t);
  const children = Array.from({ length: PROCESSES }, (_, index) =>
    bench.start(openAllUrl, { data: { ...data, seed: seed + index } }),
  );
  await Promise.all(children.map((child) => child.next("ready")));
  for (const child of children) child.tell({ say: "go" });
  return children;
}

type Outcomes = Readonly<Record<string, string>>;

async function outcomesOf(children: readonly Child[]): Promise<Outcomes[]> {
  const messages = await Promise.all(children.map((child) => child.next("opened")));
  return messages.map((message) => message.outcomes as Outcomes);
}

async function closeAll(children: readonly Child[]): Promise<void> {
  for (const child of children) child.tell({ say: "close" });
  await Promise.all(children.map((child) => child.next("closed")));
  const ends = await Promise.all(children.map((child) => child.finish()));
  for (const [index, { code }] of ends.entries()) assert.equal(code, 0, children[index]!.stderr);
}

floeTest("processes that open or create at once all get the one service", async (bench) => {
  const children = await startAll(bench, { names, mode: "open-or-create", rounds: 1 });
  const outcomes = await outcomesOf(children);
  for (const name of names) {
    const ids = new Set(outcomes.map((outcome) => outcome[name]!));
    assert.equal(ids.size, 1, `${name}: ${[...ids].join(", ")}`);
    assert.match([...ids][0]!, /^[0-9a-f]{32}$/);
  }
  await closeAll(children);
});

floeTest("of processes that create at once exactly one succeeds", async (bench) => {
  const children = await startAll(bench, { names, mode: "create", rounds: 1 });
  const outcomes = await outcomesOf(children);
  for (const name of names) {
    const lost = outcomes.filter((outcome) => outcome[name] === "FLOE_SERVICE_EXISTS");
    assert.equal(lost.length, PROCESSES - 1, JSON.stringify(outcomes.map((one) => one[name])));
  }
  await closeAll(children);
});

floeTest("services that appear and vanish all the time fail nobody", async (bench) => {
  const few = names.slice(0, 3);
  const children = await startAll(bench, { names: few, mode: "open-or-create", rounds: 60 });
  await closeAll(children);
});
