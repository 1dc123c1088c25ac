/** A worker thread with a node of its own: echoes what it gets on one service to another. */
import { parentPort, workerData } from "node:worker_threads";
import { type DomainOptions, Node } from "floe";
import { Note } from "../payloads.ts";

const { domain, index } = workerData as { domain: DomainOptions; index: number };
const node = Node.create({ domain, name: `worker ${index}` });
const questions = node.publishSubscribe("questions", { payload: Note, bufferSize: 256 });
const answers = node.publishSubscribe("answers", { payload: Note, bufferSize: 256 });
const subscriber = questions.subscriber();
const publisher = answers.publisher();
await publisher.waitForSubscribers({ timeout: 30_000 });
parentPort!.postMessage("ready");
for (let isOver = false; !isOver; ) {
  using sample = await subscriber.take({ timeout: 30_000 });
  const { count, name } = sample.payload;
  isOver = name === "over";
  if (isOver) break;
  publisher.send((note) => {
    note.assign({ sender: index, count, square: Math.sqrt(sample.payload.square), name });
  });
}
for (const one of [publisher, subscriber, questions, answers, node]) one.close();
parentPort!.close();
