/**
 * A process that publishes to whoever listens, and says what it is told of its peers.
 */
import { Node, struct, u32 } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { HolderAssignment } from "../programs.ts";

const { domain, name } = programData<HolderAssignment>();
const Tick = struct("Tick", { count: u32 });
const node = Node.create({ domain, name });
const ticks = node.publishSubscribe("ticks", { payload: Tick, maxPublishers: 2 });
const publisher = ticks.publisher();
const subscriber = ticks.subscriber();
for (const change of ["joined", "left", "died"] as const) {
  node.peers.on(change, (peer) => say({ say: change, name: peer.name }));
}
say({ say: "ready", id: node.id, processId: process.pid });

for await (const { say: order, count } of orders()) {
  if (order === "send") {
    const reached = publisher.send((tick) => {
      tick.count = Number(count);
    });
    say({ say: "sent", reached });
  } else if (order === "take") {
    using sample = await subscriber.take({ timeout: 20_000 });
    say({ say: "took", count: sample.payload.count });
  }
}
for (const one of [publisher, subscriber, ticks, node]) one.close();
