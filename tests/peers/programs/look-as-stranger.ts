/**
 * A process of another user, which says what it sees of the nodes of a domain.
 */
import { Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { WatcherAssignment } from "../programs.ts";

const { domain } = programData<WatcherAssignment>();
using node = Node.create({ domain, name: "stranger" });
for (const change of ["joined", "left", "died"] as const) {
  node.peers.on(change, ({ id, state }) => say({ say: change, id, state }));
}
say({ say: "watching" });
for await (const { say: order } of orders()) {
  if (order !== "list") continue;
  const others = node.peers.list().filter(({ isSelf }) => !isSelf);
  say({ say: "listed", peers: others.map(({ id, name, state }) => ({ id, name, state })) });
}
