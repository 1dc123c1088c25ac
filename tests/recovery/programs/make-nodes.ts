/** Makes nodes that open a service and end, one after the other; cleans in between. */
import { type DomainOptions, Node, rawBytes } from "floe";
import { programData, say } from "../../support/program.ts";

const { domain, nodes } = programData<{ domain: DomainOptions; nodes: number }>();
for (let count = 0; count < nodes; count += 1) {
  const node = Node.create({ domain });
  const service = node.publishSubscribe("shared", { payload: rawBytes });
  service.publisher().close();
  Node.clean({ domain });
  service.close();
  node.close();
}
say({ say: "made" });
process.stdin.destroy();
