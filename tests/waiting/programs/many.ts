/**
 * Awaits a message of each of many services at once, and says what that costs while nothing comes.
 */
import { readdirSync } from "node:fs";
import { Node, struct, u32 } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { ManyAssignment } from "../programs.ts";

const Tick = struct("Tick", { count: u32 });

const { domain, services } = programData<ManyAssignment>();
const node = Node.create({ domain });
const descriptorsBefore = readdirSync("/proc/self/fd").length;
const pongs = node.publishSubscribe("pong", { payload: Tick });
const pong = pongs.publisher();
const opened = Array.from({ length: services }, (_, index) =>
  node.publishSubscribe(`ping ${index}`, { payload: Tick, maxPublishers: 1, maxSubscribers: 1 }),
);
const subscribers = opened.map((service) => service.subscriber());
const loops = subscribers.map(async (subscriber) => {
  for await (const { payload } of subscriber) {
    const { count } = payload;
    pong.send((tick) => void (tick.count = count));
  }
});
await new Promise<void>((resolve) => setImmediate(resolve));
const descriptors = readdirSync("/proc/self/fd").length - descriptorsBefore;
say({ say: "waiting", descriptors });
for await (const order of orders()) {
  if (order.say === "end") break;
  const { user, system } = process.cpuUsage();
  say({ say: "usage", processorUs: user + system });
}
for (const subscriber of subscribers) subscriber.close();
await Promise.all(loops);
for (const closable of [pong, pongs, ...opened, node]) closable.close();
process.stdin.destroy();
