/** Makes a node and a service, as whoever and wherever the test says, and tells how that failed. */
import { type DomainOptions, FloeError, Node, rawBytes } from "floe";
import { programData, say } from "../../support/program.ts";

const { domain } = programData<{ readonly domain: DomainOptions }>();
try {
  using node = Node.create({ domain });
  using service = node.publishSubscribe("provoked", { payload: rawBytes });
  say({ say: "outcome", name: service.name });
} catch (error) {
  if (!FloeError.is(error)) throw error;
  const { code, subject, wanted, found, remedy } = error;
  say({ say: "outcome", error: { code, subject, wanted, found, remedy } });
}
process.stdin.destroy();
