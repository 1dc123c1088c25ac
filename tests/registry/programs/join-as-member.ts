/** Joins a domain as another user, sends one message, and tells how that went. */
import { type DomainOptions, FloeError, Node, struct, u32 } from "floe";
import { programData, say } from "../../support/program.ts";

const Tick = struct("Tick", { count: u32 });
const { domain } = programData<{ readonly domain: DomainOptions }>();
process.umask(0o077);
try {
  using node = Node.create({ domain });
  using service = node.publishSubscribe("shared", { payload: Tick, mode: "open" });
  using publisher = service.publisher();
  say({ say: "sent", reached: publisher.send((tick) => void (tick.count = 42)) });
} catch (error) {
  if (!FloeError.is(error)) throw error;
  say({ say: "refused", code: error.code, message: error.message });
}
process.stdin.destroy();
