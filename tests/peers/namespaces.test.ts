/**
 * Namespaces: processes that share nothing but the domain's directory, as containers do, talk, and
 * learn of each other's deaths. Process ids mean nothing there, and nothing depends on them.
 */
import assert from "node:assert/strict";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { namespaceProblem, OWN_NAMESPACES } from "../support/namespaces.ts";

const talkUrl = new URL("./programs/talk.js", import.meta.url);
const skip = namespaceProblem(OWN_NAMESPACES);

async function startTalking(bench: Bench, name: string): Promise<Child> {
  const child = bench.start(talkUrl, { data: { name }, wrapper: OWN_NAMESPACES });
  const { processId } = await child.next("ready");
  assert.equal(processId, 1, "each is the first process of its namespace");
  return child;
}

/** Sends from one process and takes in all. */
async function assertTalking(from: Child, all: readonly Child[], count: number): Promise<void> {
  from.tell({ say: "send", count });
  assert.equal((await from.next("sent")).reached, all.length);
  for (const child of all) {
    child.tell({ say: "take" });
    assert.equal((await child.next("took")).count, count);
  }
}

floeTest(
  "processes in namespaces of their own talk, and see each other die and leave",
  async (bench) => {
    const one = await startTalking(bench, "one");
    const two = await startTalking(bench, "two");
    assert.equal((await one.next("joined")).name, "two");
    using node = bench.node();
    for (const child of [one, two]) assert.equal((await child.next("joined")).name, "");
    await assertTalking(one, [one, two], 1);
    await assertTalking(two, [one, two], 2);
    assert.deepEqual(
      node.peers.list().map(({ state }) => state),
      ["alive", "alive", "alive"],
    );
    two.kill();
    assert.equal((await one.next("died")).name, "two");
    const states = node.peers.list().map(({ name, state }) => [name, state]);
    assert.deepEqual(states.sort(), [
      ["", "alive"],
      ["one", "alive"],
      ["two", "dead"],
    ]);
    // There is room for two publishers only: the dead one's place is free again.
    const three = await startTalking(bench, "three");
    assert.equal((await one.next("joined")).name, "three");
    await assertTalking(three, [one, three], 3);
    await one.finish();
    assert.equal((await three.next("left")).name, "one");
    await three.finish();
  },
  { skip },
);
