/** Answers each notification with another, until it has done so often enough. */
import { type DomainOptions, Node } from "floe";
import { programData } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const data = programData<Required<Assignment> & { readonly domain: DomainOptions }>();
const node = Node.create({ domain: data.domain });
const events = node.event(data.service);
const notifier = events.notifier({ skipOwnNode: true });
const listener = events.listener();
for (let turn = 0; turn < data.notifications; turn += 1) {
  const options = { timeout: 30_000 };
  const found = data.way === "loop" ? await listener.wait(options) : listener.waitSync(options);
  if (found?.[0]?.eventId !== 0) throw new Error(`found ${JSON.stringify(found)}`);
  notifier.notify(1);
}
for (const one of [notifier, listener, events, node]) one.close();
process.stdin.destroy();
