/** Notifies and polls a million times without giving the event loop a turn, and is measured. */
import { type DomainOptions, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import { measure } from "../measure.ts";

const { domain, deadline, notifications } = programData<{
  readonly domain: DomainOptions;
  readonly deadline: number | null;
  readonly notifications: number;
}>();
const node = Node.create({ domain });
const events = node.event("steady", { deadline });
const listener = events.listener();
const notifier = events.notifier();
let received = 0;
const note = (_eventId: number, count: number): void => {
  received += count;
};
const round = (count: number): void => {
  for (let number = 0; number < count; number += 1) {
    notifier.notify(number & 255);
    // The second look finds nothing.
    if ((number & 3) === 0) for (let look = 0; look < 2; look += 1) listener.poll(note);
  }
};
round(200_000);
const cost = await measure(() => round(notifications));
listener.poll(note);
say({ say: "measured", ...cost, received, pid: process.pid });
for (const one of [notifier, listener, events, node]) one.close();
process.stdin.destroy();
