/**
 * Waiting in worker threads, with several nodes in a process, and at the end of a process: what
 * waits keeps a process alive unless it was told not to, and never keeps it from ending.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { struct, u32 } from "floe";
import { type Bench, floeTest } from "../support/bench.ts";
import { waitFor } from "../support/wait.ts";
import type { ExitAssignment, WorkerAssignment } from "./programs.ts";

const Tick = struct("Tick", { count: u32 });
const workerUrl = new URL("./programs/worker.js", import.meta.url);
const exitUrl = new URL("./programs/exit.js", import.meta.url);

function startWorker(bench: Bench, way: "loop" | "blocked", messages: number): Worker {
  const workerData: WorkerAssignment = { domain: bench.domain, way, messages };
  return new Worker(workerUrl, { workerData });
}

for (const way of ["loop", "blocked"] as const) {
  floeTest(`a worker waits with a node of its own: ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = node.publishSubscribe("ticks", { payload: Tick, bufferSize: 64 });
    using publisher = ticks.publisher();
    const worker = startWorker(bench, way, 50);
    const ended = once(worker, "exit");
    const got: number[] = [];
    worker.on("message", (count: number) => got.push(count));
    await publisher.waitForSubscribers({ timeout: 20_000 });
    for (let count = 0; count < 50; count += 1) {
      publisher.send((tick) => void (tick.count = count));
      await waitFor(`message ${count} to be taken`, () => got.length > count);
    }
    assert.deepEqual(await ended, [0]);
    assert.deepEqual(
      got,
      Array.from({ length: 50 }, (_, index) => index),
    );
  });

  floeTest(`a worker that waits can be terminated: ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = node.publishSubscribe("ticks", { payload: Tick, bufferSize: 64 });
    using publisher = ticks.publisher();
    for (let round = 0; round < 5; round += 1) {
      const worker = startWorker(bench, way, 1);
      try {
        await publisher.waitForSubscribers({ timeout: 20_000 });
      } finally {
        await worker.terminate();
      }
      // A worker that is gone is found dead at any time, by whoever comes next at the latest.
      await waitFor("the worker to be missed", () => publisher.subscriberCount === 0);
    }
  });
}

floeTest("several nodes of a process wait beside each other", async (bench) => {
  const nodes = Array.from({ length: 5 }, (_, index) => bench.node(`node ${index}`));
  const services = nodes.map((node) => node.publishSubscribe("ticks", { payload: Tick }));
  const subscribers = services.map((service) => service.subscriber());
  const publisher = services[0]!.publisher();
  const all = Promise.all(subscribers.map((subscriber) => subscriber.take({ timeout: 20_000 })));
  await turn();
  publisher.send((tick) => void (tick.count = 5));
  for (const sample of await all) {
    assert.equal(sample.payload.count, 5);
    sample.release();
  }
  for (const closable of [publisher, ...subscribers, ...services, ...nodes]) closable.close();
});

for (const how of ["unref before", "unref, with a timeout", "process.exit", "attached"] as const) {
  floeTest(`a process that waits in vain ends: ${how}`, async (bench) => {
    const data: Pick<ExitAssignment, "how"> = { how };
    const child = bench.start(exitUrl, { data });
    await child.next("waiting");
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.stderr);
  });
}

for (const how of ["ref", "unref, then ref"] as const) {
  floeTest(`a process that waits stays alive until it gets something: ${how}`, async (bench) => {
    using node = bench.node();
    using ticks = node.publishSubscribe("ticks", { payload: Tick });
    using publisher = ticks.publisher();
    const data: Pick<ExitAssignment, "how"> = { how };
    const child = bench.start(exitUrl, { data });
    await child.next("waiting");
    publisher.send((tick) => void (tick.count = 1));
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.stderr);
  });
}
