/** Notifies of the ids that it is told, and of none when it is killed. */
import { type DomainOptions, Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const { domain, service } = programData<Assignment & { readonly domain: DomainOptions }>();
const node = Node.create({ domain, name: "notify" });
const events = node.event(service);
const notifier = events.notifier({ name: "remote" });
say({ say: "joined", id: notifier.id });
for await (const { eventIds } of orders()) {
  for (const eventId of eventIds as number[]) notifier.notify(eventId);
}
for (const one of [notifier, events, node]) one.close();
