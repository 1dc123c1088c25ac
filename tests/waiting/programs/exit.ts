/**
 * A process that waits for what never comes, and in which only that could keep it alive.
 */
import assert from "node:assert/strict";
import { Node, struct, u32, WaitSet } from "floe";
import { programData, say } from "../../support/program.ts";
import type { ExitAssignment } from "../programs.ts";

const Tick = struct("Tick", { count: u32 });

const { domain, how } = programData<ExitAssignment>();
const node = Node.create({ domain });
const ticks = node.publishSubscribe("ticks", { payload: Tick });
const subscriber = ticks.subscriber();
process.on("exit", () => {
  for (const closable of [subscriber, ticks, node]) closable.close();
});
if (how === "unref before") subscriber.unref();
const wait = subscriber.take(how === "unref, with a timeout" ? { timeout: 3_600_000 } : {});
wait.then(
  (sample) => sample.release(),
  () => {},
);
if (how.startsWith("unref,")) subscriber.unref();
if (how === "unref, then ref") subscriber.unref().ref();
say({ say: "waiting" });
if (how === "attached") {
  subscriber.unref();
  const set = new WaitSet();
  set.attach(subscriber);
  assert.deepEqual(await set.wait({ timeout: 1 }), []);
}
if (how === "process.exit") process.exit(0);
