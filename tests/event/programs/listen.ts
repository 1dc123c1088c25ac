/** Listens in the way that it is told, and says what it hears until nothing more is wanted. */
import { type DomainOptions, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const { domain, service, way } = programData<Assignment & { readonly domain: DomainOptions }>();
const node = Node.create({ domain, name: "listen" });
const events = node.event(service);
const listener = events.listener({ name: way ?? "" });
say({ say: "listening", id: listener.id });
const activations =
  way === "blocked" ? listener.waitSync({ timeout: 30_000 }) : await listener.wait();
say({ say: "heard", activations });
for (const one of [listener, events, node]) one.close();
process.stdin.destroy();
