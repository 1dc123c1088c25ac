/**
 * Publishes scans: bytes, of another length each time.
 *
 * Where `send` fills a message within one call, a loan is a message under construction: it can be
 * filled bit by bit, across awaits, and given back unsent. Its memory is not cleared, so everything
 * that is sent has to be written.
 */

import { setTimeout as delay } from "node:timers/promises";
import { Node, rawBytes } from "floe";

const INTERVAL_MS = 200;
const LENGTH_BYTES_MAX = 100_000;

using node = Node.create({ name: "scan publisher" });
using scans = node.publishSubscribe("example/scan", { payload: rawBytes });
using publisher = scans.publisher();

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
  });
}

/** Fills one scan and sends it; false when too many loans are out. */
function publishScan(number: number): boolean {
  const lengthBytes = 1 + ((number * 7919) % LENGTH_BYTES_MAX);
  // Leaving this block gives the loan back, unless it was sent: also when filling it throws.
  using loan = publisher.tryLoan(lengthBytes);
  if (loan === undefined) return false;
  loan.payload.fill(number & 0xff);
  const reached = loan.send();
  console.log(`scan ${number}: ${lengthBytes} bytes to ${reached} subscribers`);
  return true;
}

console.log("Publishing; Ctrl-C ends it.");
for (let number = 1; !isStopping; ) {
  if (publishScan(number)) number += 1;
  await delay(INTERVAL_MS);
}
