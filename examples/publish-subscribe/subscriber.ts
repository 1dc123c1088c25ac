/**
 * Prints poses as they come, from whichever publishers there are.
 *
 * A sample is read where its publisher wrote it. It belongs to this program until the next turn of
 * the loop; what is needed for longer has to be copied, for example with `pose.toObject()`.
 */

import { Node } from "floe";
import { Pose } from "./pose.ts";

using node = Node.create({ name: "pose subscriber" });
using poses = node.publishSubscribe("example/pose", { payload: Pose });
using subscriber = poses.subscriber();

// Closing the port ends the loop below.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => subscriber.close());

console.log("Waiting for poses; Ctrl-C ends it.");
for await (const { payload: pose, missed } of subscriber) {
  const lost = missed > 0 ? `, ${missed} missed before it` : "";
  const place = `x ${pose.x.toFixed(3)}, y ${pose.y.toFixed(3)} in ${pose.frame}`;
  console.log(`pose ${pose.number}: ${place}${lost}`);
}
