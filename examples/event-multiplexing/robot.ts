/**
 * Publishes the charge of a battery, and notifies that it is alive.
 *
 * The heartbeat is an event service with a deadline, which is stored with the service. Both
 * programs state it, so it is checked; who leaves it out adopts what is there.
 */

import { setTimeout as delay } from "node:timers/promises";
import { Node } from "floe";
import { Battery, heartbeatOptions } from "./robot-services.ts";

const INTERVAL_MS = 100;

using node = Node.create({ name: "robot" });
using batteries = node.publishSubscribe("example/battery", { payload: Battery });
using heartbeats = node.event("example/heartbeat", heartbeatOptions);
using publisher = batteries.publisher();
using notifier = heartbeats.notifier({ name: `robot ${process.pid}` });

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
  });
}

console.log("Running; Ctrl-C ends it.");
for (let turn = 0; !isStopping; turn += 1) {
  notifier.notify();
  if (turn % 5 === 0) {
    publisher.send((battery) => {
      battery.volts = 12 - (turn % 100) / 100;
      battery.isCharging = false;
    });
  }
  await delay(INTERVAL_MS);
}
