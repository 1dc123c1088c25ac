/** Notifies as often as it is told, of one id after the other, and closes. */
import { type DomainOptions, Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const data = programData<Required<Assignment> & { readonly domain: DomainOptions }>();
const node = Node.create({ domain: data.domain });
const events = node.event(data.service);
const notifier = events.notifier();
await notifier.waitForListeners({ count: data.listeners, timeout: 30_000 });
say({ say: "ready" });
await orders().next();
let reached = 0;
for (let number = 0; number < data.notifications; number += 1) {
  reached += notifier.notify(number % data.ids);
  // Now and then listeners come to sleep, so that they have to be woken as well.
  if (number % 500 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
for (const one of [notifier, events, node]) one.close();
say({ say: "sent", reached });
process.stdin.destroy();
