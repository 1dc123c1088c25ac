/**
 * A publisher that never gives its event loop a turn: it sends, idles for some microseconds, and
 * sends again, in one loop that a compiler may take apart as far as it is allowed to.
 */
import { Node, struct, u32 } from "floe";
import { programData, say } from "../../support/program.ts";
import type { HotLoopAssignment } from "../programs.ts";

const Tick = struct("Tick", { count: u32 });

const { domain, messages } = programData<HotLoopAssignment>();
const node = Node.create({ domain });
const ticks = node.publishSubscribe("hot", { payload: Tick, bufferSize: 64 });
const publisher = ticks.publisher();
await publisher.waitForSubscribers({ timeout: 20_000 });
let count = 0;
const fill = (tick: { count: number }): void => {
  tick.count = count;
};
let turns = 0;
for (count = 1; count <= messages; count += 1) {
  publisher.send(fill);
  for (let turn = 0; turn < 200_000; turn += 1) turns ^= turn;
}
say({ say: "sent", turns });
for (const closable of [publisher, ticks, node]) closable.close();
process.stdin.destroy();
