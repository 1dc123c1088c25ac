/** Makes a notifier, notifies once, and holds it until it is killed. */
import { type DomainOptions, Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";

const { domain } = programData<{ readonly domain: DomainOptions }>();
const node = Node.create({ domain });
const events = node.event("health");
const notifier = events.notifier({ name: "the one that dies" });
await notifier.waitForListeners({ timeout: 20_000 });
notifier.notify();
say({ say: "ready" });
for await (const _ of orders());
