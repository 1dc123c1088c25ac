/**
 * Works, and says so ten times a second; sometimes a piece of work takes too long.
 */

import { subscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { Node } from "floe";
import { HealthEvent, healthOptions } from "./health.ts";

const USUAL_MS = 100;
const SLOW_MS = 500;
const SLOW_EVERY = 10;

using node = Node.create({ name: "worker" });
using events = node.event("example/health", healthOptions);
using notifier = events.notifier({ name: `worker ${process.pid}` });

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
  });
}

// A late notification is delivered all the same; the channel is where it is told.
subscribe("floe:deadline:missed", (message) => {
  const { elapsedMs } = message as { elapsedMs: number };
  console.log(`late: ${elapsedMs.toFixed(0)} ms since the last sign of life`);
});

console.log("Working; Ctrl-C ends it.");
for (let piece = 1; !isStopping; piece += 1) {
  await delay(piece % SLOW_EVERY === 0 ? SLOW_MS : USUAL_MS);
  notifier.notify(HealthEvent.alive);
}
