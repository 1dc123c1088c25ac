/**
 * Publishes the pose of something that goes round in a circle, ten times a second.
 *
 * `send` lends a place in shared memory to the function, which writes the message there, and hands
 * that place to all subscribers. Nothing is copied or serialised. It never waits for a subscriber:
 * one that is too slow misses messages, and is told how many.
 */

import { setTimeout as delay } from "node:timers/promises";
import { Node } from "floe";
import { Pose } from "./pose.ts";

const INTERVAL_MS = 100;

// `using` closes everything at the end, in the right order; this is what leaves nothing behind.
using node = Node.create({ name: "pose publisher" });
using poses = node.publishSubscribe("example/pose", { payload: Pose });
using publisher = poses.publisher();

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
  });
}

console.log("Publishing; Ctrl-C ends it.");
for (let number = 1; !isStopping; number += 1) {
  publisher.send((pose) => {
    pose.number = number;
    pose.x = Math.cos(number / 10);
    pose.y = Math.sin(number / 10);
    pose.frame = "map";
  });
  await delay(INTERVAL_MS);
}
