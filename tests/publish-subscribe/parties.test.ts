/**
 * Many publishers and many subscribers: in one process, in several, and in worker threads. Every
 * subscriber's books must balance for each publisher, in order.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Bench, floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";
import { Note } from "./payloads.ts";
import type { Tally } from "./programs.ts";

const publishUrl = new URL("./programs/publish.js", import.meta.url);
const subscribeUrl = new URL("./programs/subscribe.js", import.meta.url);
const brieflyUrl = new URL("./programs/publish-briefly.js", import.meta.url);
const workerUrl = new URL("./programs/worker.js", import.meta.url);

floeTest("eight publishers and sixteen subscribers of one process lose nothing", (bench) => {
  const random = new Random(seedOf(bench.t));
  const nodes = [bench.node(), bench.node(), bench.node()];
  const services = nodes.map((node) => node.publishSubscribe("many", { payload: Note }));
  const publishers = Array.from({ length: 8 }, () => random.pick(services).publisher());
  const subscribers = Array.from({ length: 16 }, () => {
    return { port: random.pick(services).subscriber(), seen: new Map<string, number>() };
  });
  const sent = publishers.map(() => 0);
  const poll = (index: number, limit: number): void => {
    const { port, seen } = subscribers[index]!;
    port.poll(limit, (note, info) => {
      const id = publishers[note.sender]!.id;
      assert.equal(info.publisherId, id);
      assert.deepEqual([info.missed, note.count], [0, (seen.get(id) ?? 0) + 1]);
      seen.set(id, note.count);
    });
  };
  for (let step = 0; step < 8_000; step += 1) {
    const sender = random.below(8);
    sent[sender]! += 1;
    const count = sent[sender]!;
    assert.equal(
      publishers[sender]!.send((note) => note.assign({ sender, count })),
      16,
    );
    poll(random.below(16), random.below(8));
    // Eight places for each publisher: nobody may fall further behind.
    if (step % 8 === 7) for (let index = 0; index < 16; index += 1) poll(index, 64);
  }
  for (const { seen } of subscribers) {
    assert.deepEqual(
      publishers.map(({ id }) => seen.get(id)),
      sent,
    );
  }
  const ports = [...publishers, ...subscribers.map(({ port }) => port), ...services, ...nodes];
  for (const port of random.shuffled(ports)) port.close();
});

async function runProcesses(
  bench: Bench,
  publishers: number,
  subscribers: number,
  bufferSize: number,
): Promise<void> {
  const common = { service: "parties", publishers, subscribers, bufferSize, messages: 20_000 };
  const receivers = Array.from({ length: subscribers }, () =>
    bench.start(subscribeUrl, { data: common }),
  );
  const senders = Array.from({ length: publishers }, (_, sender) =>
    bench.start(publishUrl, { data: { ...common, sender } }),
  );
  await Promise.all(receivers.map((receiver) => receiver.next("joined")));
  await Promise.all(senders.map((sender) => sender.next("ready")));
  for (const sender of senders) sender.tell({ say: "go" });
  for (const sender of senders) {
    assert.equal((await sender.next("sent")).reachedLeast, subscribers);
  }
  for (const receiver of receivers) {
    const tallies = (await receiver.next("counted")).tallies as Record<string, Tally>;
    assert.equal(Object.keys(tallies).length, publishers);
    for (const { received, missed, last } of Object.values(tallies)) {
      assert.equal(received + missed, common.messages);
      assert.equal(last, common.messages);
    }
    assert.deepEqual(await receiver.finish(), { code: 0, signal: null }, receiver.stderr);
  }
}

for (const bufferSize of [1, 8, 512]) {
  floeTest(`two publishers and two subscribers in four processes, ${bufferSize} places`, (bench) =>
    runProcesses(bench, 2, 2, bufferSize),
  );
}

floeTest("one publisher and one subscriber in two processes", (bench) =>
  runProcesses(bench, 1, 1, 8),
);

floeTest(
  "publishers that close right after their last message lose none of them",
  async (bench) => {
    const publishers = 600;
    const messages = 2;
    using node = bench.node();
    using service = node.publishSubscribe("brief", { payload: Note });
    using subscriber = service.subscriber();
    const data = { service: "brief", publishers, messages };
    const sender = bench.start(brieflyUrl, { data });
    const seen = new Map<number, number>();
    await waitFor("all messages", () => {
      // Many looks a turn, so that some fall between a last message and its publisher's end.
      for (let look = 0; look < 2_000; look += 1) {
        subscriber.poll(1, (note, info) => {
          assert.equal(info.missed, 0);
          assert.equal(note.count, (seen.get(note.sender) ?? 0) + 1);
          seen.set(note.sender, note.count);
        });
      }
      return seen.size === publishers && seen.get(publishers - 1) === messages;
    });
    await sender.next("sent");
    assert.ok([...seen.values()].every((count) => count === messages));
  },
);

floeTest(
  "worker threads talk with nodes of their own, and leave nothing when they end",
  async (b) => {
    const node = b.node();
    const questions = node.publishSubscribe("questions", { payload: Note, bufferSize: 256 });
    const answers = node.publishSubscribe("answers", { payload: Note, bufferSize: 256 });
    const subscriber = answers.subscriber();
    const workers = [0, 1, 2].map(
      (index) => new Worker(workerUrl, { workerData: { domain: b.domain, index } }),
    );
    const ended = workers.map((worker) => once(worker, "exit"));
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const publisher = questions.publisher();
    assert.equal(await publisher.waitForSubscribers({ count: 3, timeout: 30_000 }), 3);
    const expected = [0, 0, 0];
    const collect = (note: {
      sender: number;
      count: number;
      square: number;
      name: string;
    }): void => {
      expected[note.sender]! += 1;
      assert.equal(note.count, expected[note.sender]);
      assert.equal(note.square, note.count);
      assert.equal(note.name, `q${note.count}`);
    };
    for (let count = 1; count <= 300; count += 1) {
      publisher.send((note) => note.assign({ count, square: count * count, name: `q${count}` }));
      if (count % 50 !== 0) continue;
      await waitFor("all answers", () => {
        subscriber.poll(99, collect);
        return expected.every((received) => received === count);
      });
    }
    publisher.send((note) => void (note.name = "over"));
    for (const [code] of await Promise.all(ended)) assert.equal(code, 0);
    for (const one of [publisher, subscriber, questions, answers, node]) one.close();
  },
);
