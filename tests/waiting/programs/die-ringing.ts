/**
 * Sends one message or notification, and is killed after it has made it visible and before it has
 * woken anybody: where it would make the system call that does.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Node, struct, u32 } from "floe";
import { loadShim } from "floe/internal";
import { orders, programData, say } from "../../support/program.ts";
import type { DyingAssignment } from "../programs.ts";

const Tick = struct("Tick", { count: u32 });

const { domain, sends } = programData<DyingAssignment>();
const node = Node.create({ domain });
const ticks = node.publishSubscribe("ticks", { payload: Tick });
const events = node.event("events");
const publisher = ticks.publisher();
const notifier = events.notifier();
await publisher.waitForSubscribers({ timeout: 20_000 });
await notifier.waitForListeners({ timeout: 20_000 });
say({ say: "ready" });
await orders().next();
// Nobody can see from here when the other side has fallen asleep; if it has not, nobody dies, and
// the test says so.
await delay(100);
const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  for (;;);
};
const { shim } = loadShim();
Object.assign(shim, { write: die, futexWake: die });
if (sends === "message") publisher.send((tick) => void (tick.count = 7));
else notifier.notify(7);
process.exit(0);
