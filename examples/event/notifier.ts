/**
 * Notifies twice a second that something has happened at a door.
 *
 * A notification carries a number and nothing else: which numbers there are, and what they mean, is
 * between notifiers and listeners. Notifying never waits for a listener, and none is ever lost:
 * they are counted until the listener looks.
 */

import { setTimeout as delay } from "node:timers/promises";
import { Node } from "floe";
import { DoorEvent, doorOptions } from "./door.ts";

const INTERVAL_MS = 500;

using node = Node.create({ name: "door" });
using events = node.event("example/door", doorOptions);
using notifier = events.notifier({ name: "front door" });

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
  });
}

console.log("Notifying; Ctrl-C ends it.");
for (let turn = 0; !isStopping; turn += 1) {
  notifier.notify(DoorEvent.knocked);
  notifier.notify(DoorEvent.knocked);
  notifier.notify(turn % 2 === 0 ? DoorEvent.opened : DoorEvent.closed);
  await delay(INTERVAL_MS);
}
