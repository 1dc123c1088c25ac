/** Waits for a notification that never comes, without staying alive for it. */
import { type DomainOptions, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import type { Assignment } from "../programs.ts";

const { domain, service } = programData<Assignment & { readonly domain: DomainOptions }>();
const node = Node.create({ domain });
const events = node.event(service);
const listener = events.listener().unref();
void listener.wait();
void listener.wait({ timeout: 600_000 });
process.stdin.destroy();
say({ say: "waiting" });
