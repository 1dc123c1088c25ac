/**
 * A worker thread with a node of its own: waits for each message in the way it was told, and says
 * what it got.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Node, struct, u32 } from "floe";
import type { WorkerAssignment } from "../programs.ts";

const Tick = struct("Tick", { count: u32 });

const { domain, way, messages } = workerData as WorkerAssignment;
const node = Node.create({ domain });
const ticks = node.publishSubscribe("ticks", { payload: Tick, bufferSize: 64 });
const subscriber = ticks.subscriber();
for (let taken = 0; taken < messages; taken += 1) {
  const sample = way === "blocked" ? subscriber.takeSync() : await subscriber.take();
  parentPort!.postMessage(sample!.payload.count);
  sample!.release();
}
for (const closable of [subscriber, ticks, node]) closable.close();
