/**
 * Prints what happens at doors, and how often.
 *
 * At each wake-up the listener gets all ids that were notified since it looked last, each with a
 * count. While nothing happens the program sleeps.
 */

import { Node } from "floe";
import { DoorEvent, doorOptions } from "./door.ts";

const names = new Map<number, string>(
  Object.entries(DoorEvent).map(([name, eventId]) => [eventId, name]),
);

using node = Node.create({ name: "porter" });
using events = node.event("example/door", doorOptions);
using listener = events.listener();

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => listener.close());

console.log("Listening; Ctrl-C ends it.");
for await (const activations of listener) {
  const found = activations.map(({ eventId, count }) => `${names.get(eventId)} ${count} times`);
  console.log(`door: ${found.join(", ")}`);
}
