/** Does what it is told to do in a service, and then waits to be killed. */
import { Node, type PublishSubscribeOptions, rawBytes } from "floe";
import { fillBytes } from "../../publish-subscribe/payloads.ts";
import { programData, say } from "../../support/program.ts";
import { type HoldingAssignment, LIMITS, SERVICE } from "../programs.ts";

const doings = programData<HoldingAssignment>();
const { domain, holds, sends, messageBytes = 64 } = doings;
const options: PublishSubscribeOptions<typeof rawBytes> = { payload: rawBytes, ...LIMITS };
const node = Node.create({ name: "victim", domain });
const service = node.publishSubscribe(SERVICE, options);
const held: unknown[] = [];
if (holds !== undefined) {
  const subscriber = service.subscriber({ name: "holder" });
  held.push(subscriber);
  say({ say: "joined" });
  for (let count = 0; count < holds; count += 1) {
    held.push(subscriber.takeSync({ timeout: 20_000 }));
  }
}
if (sends !== undefined) {
  const publisher = service.publisher({ name: "sender" });
  held.push(publisher);
  await publisher.waitForSubscribers({ timeout: 20_000 });
  for (let count = 1; count <= sends; count += 1) {
    publisher.send(messageBytes, (bytes) => fillBytes(bytes, count));
  }
  if (doings.closesPublisher) publisher.close();
}
for (let index = 0; index < (doings.furtherNodes ?? 0); index += 1) {
  const further = Node.create({ name: `victim ${index}`, domain });
  held.push(further, further.publishSubscribe(SERVICE, options));
}
say({ say: "holding" });
// Kept, and so in use, until the end comes.
setInterval(() => held.length, 60_000);
