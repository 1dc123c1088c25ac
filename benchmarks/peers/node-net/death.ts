/** Watcher and victims of the measure `death`: connections, and their ends. */
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { endWithKiller, holdMemory, readDeathArguments, tellKiller } from "../shared/deaths.ts";

const { role, directory, name, heldBytes } = readDeathArguments();
const path = join(directory, "node-net.sock");
endWithKiller();

if (role === "watcher") {
  const server = createServer((socket) => {
    let peerName = "";
    socket.once("data", (text) => {
      peerName = String(text);
      tellKiller({ say: "met", name: peerName });
    });
    socket.once("end", () => {
      const atNs = String(process.hrtime.bigint());
      tellKiller({ say: "ended", name: peerName, atNs });
    });
  });
  server.listen(path, () => tellKiller({ say: "ready" }));
} else {
  // Not used: the kernel has to tear down what is loaded, and that should be as much for everybody.
  await import("floe");
  const held = holdMemory(heldBytes);
  const socket = createConnection(path, () => socket.write(name));
  process.once("exit", () => console.error(held.length));
}
