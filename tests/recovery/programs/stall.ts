/** Takes and holds messages, is stopped by the test, and tells what it finds when it goes on. */
import assert from "node:assert/strict";
import { type DomainOptions, FloeError, Node, rawBytes } from "floe";
import { assertBytes } from "../../publish-subscribe/payloads.ts";
import { orders, programData, say } from "../../support/program.ts";
import { SERVICE } from "../programs.ts";

const { domain, holds } = programData<{ domain: DomainOptions; holds: number }>();
const node = Node.create({ domain });
const service = node.publishSubscribe(SERVICE, { payload: rawBytes });
const subscriber = service.subscriber({ name: "stopped" });
const held = [];
for (let count = 0; count < holds; count += 1) held.push(await subscriber.take());
say({ say: "holding" });
for await (const { say: order } of orders()) {
  if (order === "end") break;
  try {
    subscriber.poll(1, () => {});
    assert.fail("nothing was told");
  } catch (error) {
    say({ say: "told", code: FloeError.is(error) ? error.code : String(error) });
  }
  for (const [index, sample] of held.entries()) assertBytes(sample.payload, index + 1, 64);
  for (const one of [...held, subscriber]) one[Symbol.dispose]();
  say({ say: "closed" });
}
for (const one of [service, node]) one.close();
process.stdin.destroy();
