/**
 * Waits for four things in one loop: messages, notifications, a deadline and an interval.
 *
 * The wait set tells what has happened; taking it is up to the program. Ctrl-C ends the loop and
 * not the process, so that everything is closed at the end.
 */

import { Node, WaitSet } from "floe";
import { Battery, heartbeatOptions } from "./robot-services.ts";

const REPORT_MS = 1000;

using node = Node.create({ name: "monitor" });
using batteries = node.publishSubscribe("example/battery", { payload: Battery });
using heartbeats = node.event("example/heartbeat", heartbeatOptions);
using subscriber = batteries.subscriber();
using listener = heartbeats.listener();

using set = new WaitSet();
const messages = set.attach(subscriber);
const heartbeat = set.attachDeadline(listener);
const report = set.attachInterval(REPORT_MS);

let beats = 0;
console.log("Monitoring; Ctrl-C ends it.");
for await (const event of set) {
  if (event.attachment === messages) {
    subscriber.poll(16, ({ volts }) => console.log(`battery: ${volts.toFixed(2)} V`));
  } else if (event.kind === "deadline-missed") {
    const dead = event.deadSenders.map(({ name }) => name).join(", ");
    console.log(dead === "" ? "no heartbeat" : `no heartbeat: ${dead} died`);
  } else if (event.attachment === heartbeat) {
    listener.poll((_, count) => {
      beats += count;
    });
  } else if (event.attachment === report) {
    console.log(`${beats} heartbeats so far`);
  }
}
console.log(`ended by ${set.endedBy}`);
