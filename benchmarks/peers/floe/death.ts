/** Watcher and victims of the measure `death`: nodes, and their peers' "died". */
import { Node } from "floe";
import { endWithKiller, holdMemory, readDeathArguments, tellKiller } from "../shared/deaths.ts";

const { role, directory, name, heldBytes } = readDeathArguments();
const domain = { root: directory };
endWithKiller();

if (role === "watcher") {
  const { peers } = Node.create({ domain, name: role });
  peers.on("joined", (peer) => tellKiller({ say: "met", name: peer.name }));
  peers.on("died", (peer) => {
    const atNs = String(process.hrtime.bigint());
    tellKiller({ say: "ended", name: peer.name, atNs });
  });
  tellKiller({ say: "ready" });
} else {
  const held = holdMemory(heldBytes);
  const node = Node.create({ domain, name });
  process.once("exit", () => console.error(held.length, node.id));
}
