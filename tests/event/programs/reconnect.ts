/** Makes one notifier after the other, each of which notifies once. */
import { type DomainOptions, Node } from "floe";
import { programData } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const data = programData<Required<Assignment> & { readonly domain: DomainOptions }>();
const node = Node.create({ domain: data.domain });
const events = node.event(data.service);
for (let turn = 0; turn < data.notifications; turn += 1) {
  using notifier = events.notifier();
  notifier.notify();
}
events.close();
node.close();
process.stdin.destroy();
