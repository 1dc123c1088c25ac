/** Makes one publisher after another, each of which sends a few notes and closes at once. */
import { FloeError, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import { Note } from "../payloads.ts";
import type { Assignment } from "../programs.ts";

const { domain, service: name, messages, publishers } = programData<Assignment>();
const node = Node.create({ domain });
const service = node.publishSubscribe(name, { payload: Note });
let refused = 0;
for (let sender = 0; sender < publishers; ) {
  try {
    using publisher = service.publisher();
    await publisher.waitForSubscribers({ timeout: 30_000 });
    for (let count = 1; count <= messages; count += 1) {
      publisher.send((note) => note.assign({ sender, count }));
    }
    sender += 1;
  } catch (error) {
    // Its subscriber has not yet taken what those before it have sent.
    if (!(FloeError.is(error) && error.code === "FLOE_LIMIT_REACHED")) throw error;
    refused += 1;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
service.close();
node.close();
say({ say: "sent", refused });
process.stdin.destroy();
