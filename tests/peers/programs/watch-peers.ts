/**
 * A process that says what it is told of its peers, and how it was warned.
 */
import { Node } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import type { WatcherAssignment } from "../programs.ts";

const { domain } = programData<WatcherAssignment>();
process.on("warning", (warning) => {
  const { code } = warning as { code?: string };
  say({ say: "warned", code, message: warning.message });
});
using node = Node.create({ domain, name: "watcher" });
for (const change of ["joined", "left", "died"] as const) {
  node.peers.on(change, (peer) => say({ say: change, peer }));
}
say({ say: "watching", peers: node.peers.list() });
for await (const { say: order } of orders()) {
  if (order === "list") say({ say: "listed", peers: Node.list({ domain }) });
}
