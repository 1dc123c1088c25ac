/**
 * Sends a reading now and then, until Ctrl-C, or until it is killed.
 */

import { Node } from "floe";
import { Reading, SERVICE } from "./reading.ts";

const INTERVAL_MS = 200;

const node = Node.create({ name: `worker ${process.pid}` });
const readings = node.publishSubscribe(SERVICE, { payload: Reading });
const publisher = readings.publisher({ name: "sensor" });

let count = 0;
const timer = setInterval(() => {
  count += 1;
  publisher.send((reading) => {
    reading.count = count;
  });
}, INTERVAL_MS);

// Whoever closes its node leaves; whoever does not has died, for the others.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    clearInterval(timer);
    for (const one of [publisher, readings, node]) one.close();
  });
}
console.log("Working; Ctrl-C ends it.");
