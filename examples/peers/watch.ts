/**
 * Tells who takes part in the domain, who comes, leaves and dies; and takes readings for as long as
 * there is somebody who sends them.
 */

import { FloeError, Node } from "floe";
import { Reading, SERVICE } from "./reading.ts";

using node = Node.create({ name: "watch" });
using readings = node.publishSubscribe(SERVICE, { payload: Reading });
using subscriber = readings.subscriber();
const aborter = new AbortController();
const { signal } = aborter;
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => aborter.abort());

// First listen, then look: so nobody is missed who comes in between.
node.peers.on("joined", ({ name }) => console.log(`joined: ${name}`));
node.peers.on("left", ({ name }) => console.log(`left: ${name}`));
node.peers.on("died", ({ name, processId }) => console.log(`died: ${name}, process ${processId}`));
for (const { name, state, isSelf } of node.peers.list()) {
  if (!isSelf) console.log(`here already: ${name}, ${state}`);
}
console.log("Watching; Ctrl-C ends it.");

/** Takes readings until nobody sends any more; throws why. */
async function takeReadings(): Promise<void> {
  await subscriber.waitForPublishers({ signal });
  console.log("somebody sends");
  let count = 0;
  for await (const { payload } of subscriber.iterate({ requireSender: true, signal })) {
    count += 1;
    if (count === 1) console.log(`first reading: ${payload.count}`);
  }
}

while (!signal.aborted) {
  try {
    await takeReadings();
  } catch (error) {
    if (!FloeError.is(error)) throw error;
    if (error.code === "FLOE_PEER_DIED")
      console.log(`no more readings: ${error.peer?.nodeName} died`);
    else if (error.code === "FLOE_NO_PEER") console.log("no more readings: everybody has closed");
    else if (error.code !== "FLOE_ABORTED") throw error;
  }
}
