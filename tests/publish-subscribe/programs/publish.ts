/** Publishes numbered notes once all subscribers are there; run as a process or as a worker. */
import { Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import { Note } from "../payloads.ts";
import type { Assignment } from "../programs.ts";

const {
  domain,
  service: name,
  sender,
  messages,
  subscribers,
  bufferSize,
} = programData<Assignment>();
const node = Node.create({ domain });
const service = node.publishSubscribe(name, { payload: Note, bufferSize });
const publisher = service.publisher();
await publisher.waitForSubscribers({ count: subscribers, timeout: 30_000 });
say({ say: "ready" });
await orders().next();
let count = 0;
let reachedLeast = subscribers;
while (count < messages) {
  count += 1;
  const reached = publisher.send((note) => {
    note.sender = sender;
    note.count = count;
    note.square = count * count;
    note.name = `n${count % 1000}`;
  });
  reachedLeast = Math.min(reachedLeast, reached);
  if (count % 256 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
publisher.close();
service.close();
node.close();
say({ say: "sent", reachedLeast });
process.stdin.destroy();
