/** Notifies all the time, whoever listens, until its standard input ends. */
import { type DomainOptions, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const data = programData<Assignment & { readonly domain: DomainOptions }>();
const node = Node.create({ domain: data.domain });
const events = node.event(data.service);
const notifier = events.notifier();
let isOver = false;
process.stdin.on("end", () => {
  isOver = true;
});
process.stdin.resume();
say({ say: "ready" });
for (let number = 0; !isOver; number += 1) {
  notifier.notify(number % 8);
  if (number % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
for (const one of [notifier, events, node]) one.close();
