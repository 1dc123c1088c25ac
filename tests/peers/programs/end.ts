/**
 * A process that listens for its peers and has nothing else to do: it ends by itself, or not.
 */
import { on } from "node:events";
import { Node } from "floe";
import { programData, say } from "../../support/program.ts";
import type { EndingAssignment } from "../programs.ts";

const { domain, how } = programData<EndingAssignment>();
const node = Node.create({ domain });
const { peers } = node;
const listener = (): void => {};
process.on("exit", () => node.close());
say({ say: "ready" });

if (how === "a loop, closed") {
  peers.ref();
  setTimeout(() => node.close(), 20);
  for await (const _ of on(peers, "died", { close: ["close"] }));
  say({ say: "over" });
} else {
  peers.on("died", listener);
  if (how !== "listening") peers.ref();
  if (how === "ref, then unref") peers.unref();
  if (how === "ref, then silent") peers.off("died", listener);
}
