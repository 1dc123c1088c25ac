/**
 * Who outlives whom: messages outlive their publisher, samples outlive everything, and whatever
 * order things are closed in, nothing stays behind.
 */
import assert from "node:assert/strict";
import { rawBytes } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";
import { assertBytes, fillBytes, Tick, Wide } from "./payloads.ts";

floeTest("what a closed publisher has sent is delivered, and then it is gone", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("closed", { payload: Tick });
  using subscriber = service.subscriber();
  const publisher = service.publisher();
  for (let count = 1; count <= 5; count += 1) publisher.send((tick) => void (tick.count = count));
  subscriber.poll(2, () => {});
  publisher.close();
  const seen: number[] = [];
  assert.equal(subscriber.publisherCount, 0);
  subscriber.poll(1, (tick) => seen.push(tick.count));
  using sample = subscriber.tryTake()!;
  seen.push(sample.payload.count);
  subscriber.poll(9, (tick) => seen.push(tick.count));
  assert.deepEqual(seen, [3, 4, 5]);
  assert.equal(sample.payload.count, 4);
});

floeTest("a subscriber that never polled gets what a publisher sent before it closed", (bench) => {
  using sender = bench.node();
  using receiver = bench.node();
  using subscribing = receiver.publishSubscribe("unpolled", { payload: rawBytes });
  using subscriber = subscribing.subscriber();
  {
    using publishing = sender.publishSubscribe("unpolled", { payload: rawBytes });
    using publisher = publishing.publisher();
    for (const length of [10, 10_000, 100_000]) publisher.send(length, (b) => fillBytes(b, length));
  }
  const lengths: number[] = [];
  subscriber.poll(9, (bytes) => {
    assertBytes(bytes, bytes.length, bytes.length);
    lengths.push(bytes.length);
  });
  assert.deepEqual(lengths, [10, 10_000, 100_000]);
});

floeTest("publishers that follow one another are told apart, and none loses a message", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("succession", { payload: Tick, maxPublishers: 1 });
  using subscriber = service.subscriber();
  const ids = new Set<string>();
  for (let round = 0; round < 100; round += 1) {
    // Two closed ones fill the two rows of one publisher, then the subscriber looks.
    for (let turn = 0; turn < 2; turn += 1) {
      using publisher = service.publisher();
      ids.add(publisher.id);
      for (let count = 1; count <= 3; count += 1) {
        publisher.send((tick) => void (tick.count = 10 * turn + count));
      }
    }
    const seen = new Map<string, number[]>();
    subscriber.poll(99, (tick, info) => {
      assert.equal(info.missed, 0);
      assert.equal(info.sequence, tick.count % 10);
      seen.set(info.publisherId, [...(seen.get(info.publisherId) ?? []), tick.count]);
    });
    assert.deepEqual([...seen.values()].flat().sort(), [1, 11, 12, 13, 2, 3]);
    // The last look finds both empty and frees their rows.
    subscriber.poll(1, () => {});
    assert.equal(subscriber.publisherCount, 0);
  }
  assert.equal(ids.size, 200);
});

floeTest("more closed publishers than rows are refused until their messages are taken", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("rows", { payload: Tick, maxPublishers: 2 });
  using subscriber = service.subscriber();
  const publishAndClose = (count: number): void => {
    using publisher = service.publisher();
    publisher.send((tick) => void (tick.count = count));
  };
  for (let count = 1; count <= 4; count += 1) publishAndClose(count);
  const expected = { found: /publisherRowCount/, remedy: /subscribers take/ };
  throwsCode(() => publishAndClose(5), "FLOE_LIMIT_REACHED", expected);
  throwsCode(() => publishAndClose(5), "FLOE_LIMIT_REACHED", expected);
  const seen: number[] = [];
  while (subscriber.poll(1, (tick) => seen.push(tick.count)) > 0);
  assert.deepEqual(seen, [1, 2, 3, 4]);
  for (let poll = 0; poll < 100; poll += 1) subscriber.poll(1, () => {});
  for (let count = 5; count <= 8; count += 1) publishAndClose(count);
  assert.equal(
    subscriber.poll(9, () => {}),
    4,
  );
});

floeTest("a subscriber that polls lets go of publishers that never sent", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("silent", { payload: Tick, maxPublishers: 1 });
  using subscriber = service.subscriber();
  for (let count = 0; count < 10; count += 1) {
    service.publisher().close();
    assert.equal(
      subscriber.poll(1, () => {}),
      0,
    );
  }
});

floeTest("the rows of closed publishers are freed when their last subscriber leaves", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("freed", { payload: Tick, maxPublishers: 1 });
  for (let round = 0; round < 10; round += 1) {
    using subscriber = service.subscriber();
    for (let turn = 0; turn < 2; turn += 1) {
      using publisher = service.publisher();
      assert.equal(
        publisher.send((tick) => void (tick.count = 1)),
        1,
      );
    }
    throwsCode(() => service.publisher(), "FLOE_LIMIT_REACHED");
    assert.equal(subscriber.publisherCount, 0);
  }
});

floeTest("loans are sent and given back after their publisher was closed", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("loans", { payload: Tick });
  using subscriber = service.subscriber();
  const publisher = service.publisher();
  const loans = [publisher.tryLoan()!, publisher.tryLoan()!, publisher.tryLoan()!];
  publisher.close();
  for (const [index, loan] of loans.entries()) loan.payload.count = index + 1;
  assert.equal(loans[0]!.send(), 1);
  loans[1]![Symbol.dispose]();
  assert.equal(subscriber.publisherCount, 1);
  assert.equal(loans[2]!.send(), 1);
  assert.equal(subscriber.publisherCount, 0);
  const seen: number[] = [];
  subscriber.poll(9, (tick) => seen.push(tick.count));
  assert.deepEqual(seen, [1, 3]);
});

interface Party {
  readonly name: string;
  readonly close: () => void;
}

function closableParties(bench: Bench): {
  parties: Party[];
  check: () => void;
  release: () => void;
} {
  const sender = bench.node();
  const receiver = bench.node();
  const publishing = sender.publishSubscribe("all", { payload: Wide });
  const subscribing = receiver.publishSubscribe("all", { payload: Wide });
  const publisher = publishing.publisher();
  const subscriber = subscribing.subscriber();
  const samples = [1, 2, 3].map((count) => {
    publisher.send((wide) => wide.assign({ count, copies: Array(1000).fill(count) }));
    return subscriber.tryTake()!;
  });
  const all = { sender, receiver, publishing, subscribing, publisher, subscriber };
  const parties = Object.entries(all).map(([name, one]) => ({ name, close: () => one.close() }));
  const check = (): void => {
    for (const [index, sample] of samples.entries()) {
      const { count, copies } = sample.payload.toObject();
      assert.equal(count, index + 1);
      assert.ok(copies.every((copy: number) => copy === count));
    }
  };
  const release = (): void => {
    for (const sample of samples) sample.release();
  };
  return { parties, check, release };
}

floeTest("held samples stay intact whatever is closed, in any order", (bench) => {
  const random = new Random(seedOf(bench.t));
  for (let round = 0; round < 60; round += 1) {
    const { parties, check, release } = closableParties(bench);
    for (const party of random.shuffled(parties)) {
      party.close();
      check();
    }
    assert.notDeepEqual(bench.entries(), []);
    release();
    assert.deepEqual(bench.entries(), []);
  }
});

floeTest("a held sample keeps its service alive for others to join", (bench) => {
  const node = bench.node();
  const service = node.publishSubscribe("kept", { payload: Tick, bufferSize: 5 });
  const subscriber = service.subscriber();
  const publisher = service.publisher();
  publisher.send((tick) => void (tick.count = 1));
  const sample = subscriber.tryTake()!;
  for (const one of [publisher, subscriber, service, node]) one.close();
  using other = bench.node();
  const create = (): unknown => other.publishSubscribe("kept", { payload: Tick, mode: "create" });
  throwsCode(create, "FLOE_SERVICE_EXISTS", { subject: /kept/ });
  {
    using again = other.publishSubscribe("kept", { payload: Tick, mode: "open" });
    assert.equal(again.quality.bufferSize, 5);
  }
  assert.equal(sample.payload.count, 1);
  sample.release();
  const open = (): unknown => other.publishSubscribe("kept", { payload: Tick, mode: "open" });
  throwsCode(open, "FLOE_SERVICE_NOT_FOUND", { subject: /kept/ });
});

floeTest("one node opens a service as often as it likes and leaves it once", (bench) => {
  using node = bench.node();
  const handles = Array.from({ length: 200 }, () =>
    node.publishSubscribe("often", { payload: Tick, maxNodes: 1 }),
  );
  using subscriber = handles[7]!.subscriber();
  using publisher = handles[150]!.publisher();
  for (const handle of handles) handle.close();
  assert.equal(
    publisher.send((tick) => void (tick.count = 1)),
    1,
  );
  assert.equal(
    subscriber.poll(1, () => {}),
    1,
  );
});
