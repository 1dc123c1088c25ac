/**
 * Watches over workers: tells when one starts, stops or dies, and when all are silent too long.
 *
 * A death is told at once and without polling. Silence is what the deadline is for: a worker that
 * hangs is alive, and sends nothing.
 */

import { FloeError, type Listener, Node } from "floe";
import { HealthEvent, healthOptions } from "./health.ts";

using node = Node.create({ name: "monitor" });
using events = node.event("example/health", healthOptions);
using listener = events.listener();

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => listener.close());

/** The ids that were notified; none when the deadline has passed, undefined when it is over. */
async function nextIds(of: Listener): Promise<number[] | undefined> {
  try {
    const activations = await of.wait({ timeout: of.deadline! });
    return activations.map(({ eventId }) => eventId);
  } catch (error) {
    if (FloeError.is(error) && error.code === "FLOE_TIMEOUT") return [];
    if (FloeError.is(error) && error.code === "FLOE_CLOSED") return undefined;
    throw error;
  }
}

console.log("Watching; Ctrl-C ends it.");
for (;;) {
  const eventIds = await nextIds(listener);
  if (eventIds === undefined) break;
  const workers = events.notifiers().length;
  if (eventIds.length === 0 && workers > 0) {
    console.log(`silent: nothing for ${listener.elapsedMs!.toFixed(0)} ms of ${workers} workers`);
  }
  if (eventIds.includes(HealthEvent.started)) console.log(`started: ${workers} workers now`);
  if (eventIds.includes(HealthEvent.stopped)) console.log(`stopped: ${workers} workers now`);
  for (const { name } of listener.findDeadNotifiers()) console.log(`died: ${name}`);
}
