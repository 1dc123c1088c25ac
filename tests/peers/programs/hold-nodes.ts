/**
 * A process that holds a node, and makes and closes more of them when it is told to.
 */
import { Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { HolderAssignment } from "../programs.ts";

const { domain, name } = programData<HolderAssignment>();
const node = Node.create({ domain, name });
let others: Node[] = [];
say({ say: "ready", id: node.id, processId: process.pid });

for await (const { say: order, count } of orders()) {
  if (order === "make") {
    others = Array.from({ length: Number(count) }, () => Node.create({ domain }));
    say({ say: "made", ids: others.map(({ id }) => id) });
  } else if (order === "close") {
    for (const other of others) other.close();
    say({ say: "closed" });
  } else if (order === "churn") {
    for (let round = 0; round < Number(count); round += 1) Node.create({ domain }).close();
    say({ say: "churned" });
  } else if (order === "leave") {
    node.close();
    say({ say: "left" });
  }
}
node.close();
