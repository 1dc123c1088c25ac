/**
 * A process that holds a publisher and a notifier, and uses and closes them when it is told to.
 */
import { Node, struct, u32 } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { SenderAssignment } from "../programs.ts";

const { domain, name } = programData<SenderAssignment>();
const Tick = struct("Tick", { count: u32 });
const node = Node.create({ domain, name: `node of ${name}` });
const ticks = node.publishSubscribe("ticks", { payload: Tick });
const events = node.event("events");
const publisher = ticks.publisher({ name });
const notifier = events.notifier({ name });
say({ say: "ready", publisherId: publisher.id, notifierId: notifier.id, nodeId: node.id });

for await (const { say: order, count } of orders()) {
  if (order === "send") {
    publisher.send((tick) => {
      tick.count = Number(count);
    });
    notifier.notify(Number(count));
    say({ say: "sent" });
  } else if (order === "close") {
    publisher.close();
    notifier.close();
    say({ say: "closed" });
  }
}
for (const one of [publisher, notifier, ticks, events, node]) one.close();
