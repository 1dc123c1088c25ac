/** Counts notifications by id, in the way that it is told, until all have come. */
import { type DomainOptions, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const data = programData<Required<Assignment> & { readonly domain: DomainOptions }>();
const node = Node.create({ domain: data.domain });
const events = node.event(data.service);
const listener = events.listener();
const counts = new Array<number>(data.ids).fill(0);
let total = 0;

function note(eventId: number, count: number): void {
  counts[eventId]! += count;
  total += count;
}

say({ say: "listening" });
while (total < data.notifications) {
  if (data.way === "poll") {
    if (listener.poll(note) > 0) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    continue;
  }
  const found =
    data.way === "loop"
      ? await listener.wait({ timeout: 30_000 })
      : listener.waitSync({ timeout: 30_000 });
  for (const { eventId, count } of found ?? []) note(eventId, count);
}
for (const one of [listener, events, node]) one.close();
say({ say: "counted", counts });
process.stdin.destroy();
