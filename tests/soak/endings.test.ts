/**
 * What the soak is told of nodes: a wrong ending, a missing one and one too many are found.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Node } from "floe";
import { floeTest } from "../support/bench.ts";
import { type Ending, EndingsTold, endingFaults } from "./endings.ts";

const KNOWN: ReadonlyMap<string, Ending> = new Map([
  ["one", "left"],
  ["two", "died"],
]);

test("an ending that was told wrongly, and one that was not told, are found", () => {
  const right = { endings: [{ name: "one", ending: "left" }] as const, present: [] };
  assert.deepEqual(endingFaults(right, KNOWN), []);
  const unknown = { endings: [{ name: "three", ending: "left" }] as const, present: [] };
  assert.deepEqual(endingFaults(unknown, KNOWN), []);
  const wrong = { endings: [{ name: "two", ending: "left" }] as const, present: ["one"] };
  const faults = ["one: nobody told that it ended", "two: left, not died"];
  assert.deepEqual(endingFaults(wrong, KNOWN), faults);
});

floeTest("endings are counted once each, and complained of otherwise", (bench) => {
  using node = Node.create({ domain: bench.domain });
  const offences: string[] = [];
  const told = new EndingsTold(node.peers, (text) => offences.push(text));
  const [self] = node.peers.list();
  const peer = { ...self!, name: "one" };
  node.peers.emit("joined", peer);
  assert.deepEqual(told.take(), { endings: [], present: ["one"] });
  node.peers.emit("left", peer);
  assert.deepEqual(told.take(), { endings: [{ name: "one", ending: "left" }], present: [] });
  assert.deepEqual(offences, []);
  node.peers.emit("died", peer);
  node.peers.emit("joined", peer);
  node.peers.emit("joined", peer);
  assert.equal(offences.length, 2);
});
