/**
 * Takes scans when it has time for them, instead of waiting for each.
 *
 * `tryTake` returns at once: a sample, or undefined. That suits a program with a rhythm of its own,
 * such as a control loop. Several samples may be held at the same time, up to the service's
 * `maxBorrowedSamples`; the publisher writes to none of them until they are released.
 */

import { setTimeout as delay } from "node:timers/promises";
import { Node, rawBytes } from "floe";

const INTERVAL_MS = 50;

using node = Node.create({ name: "scan subscriber" });
using scans = node.publishSubscribe("example/scan", { payload: rawBytes });
using subscriber = scans.subscriber();

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
  });
}

/** Prints one scan; false when there is none. */
function printNext(): boolean {
  using sample = subscriber.tryTake();
  if (sample === undefined) return false;
  const { payload, missed } = sample;
  const first = payload[0]!;
  const isUniform = payload.every((value) => value === first);
  const content = isUniform ? `all ${first}` : "mixed";
  const lost = missed > 0 ? `, ${missed} missed before it` : "";
  console.log(`scan of ${payload.length} bytes, ${content}${lost}`);
  return true;
}

console.log("Waiting for scans; Ctrl-C ends it.");
while (!isStopping) {
  while (printNext()) {
    // Until there are no more.
  }
  await delay(INTERVAL_MS);
}
