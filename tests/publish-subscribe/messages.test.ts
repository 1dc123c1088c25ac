/**
 * What is sent arrives: payloads of all kinds and lengths, by every way of sending and receiving,
 * between ports of one process.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { rawBytes } from "floe";
import { rejectsCode, throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";
import { assertBytes, fillBytes, Note, Tick, Wide } from "./payloads.ts";

floeTest("a struct arrives as it was written, with who sent it and its number", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("notes", { payload: Note });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let count = 1; count <= 3; count += 1) {
    const reached = publisher.send((note) => {
      note.assign({ sender: 7, count, square: count * count, name: `note ${count}` });
    });
    assert.equal(reached, 1);
  }
  const seen: unknown[] = [];
  const polled = subscriber.poll(10, (note, info) => {
    assert.equal(info.publisherId, publisher.id);
    seen.push({ ...note.toObject(), sequence: info.sequence, missed: info.missed });
  });
  assert.equal(polled, 3);
  assert.deepEqual(
    seen,
    [1, 2, 3].map((count) => ({
      sender: 7,
      count,
      square: count * count,
      name: `note ${count}`,
      sequence: count,
      missed: 0,
    })),
  );
});

floeTest("raw bytes of any length arrive, growing and shrinking, up to a megabyte", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("bytes", { payload: rawBytes });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const growing = [0, 1, 2, 3, 5, 7, 111, 112, 113, 4095, 4096, 4097, 65_537, 1 << 20];
  let key = 0;
  for (const length of [...growing, ...growing.toReversed(), 0, 1 << 20, 0]) {
    key += 1;
    assert.equal(
      publisher.send(length, (bytes) => {
        assert.equal(bytes.length, length);
        fillBytes(bytes, key);
      }),
      1,
    );
    assert.equal(
      subscriber.poll(2, (bytes) => assertBytes(bytes, key, length)),
      1,
    );
  }
});

floeTest("a hundred different lengths grow the memory, which is given back", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("lengths", { payload: rawBytes, bufferSize: 4 });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const directory = join(bench.directory, bench.entries().find((name) => /^service/.test(name))!);
  const random = new Random(seedOf(bench.t));
  const lengths = Array.from(
    { length: 100 },
    (_, index) => Math.round(1.1 ** index * 17) % 900_000,
  );
  let segmentsMost = 0;
  for (let round = 0; round < 4; round += 1) {
    for (const length of random.shuffled(lengths)) {
      const key = length + round;
      publisher.send(length, (bytes) => fillBytes(bytes, key));
      assert.equal(
        subscriber.poll(2, (bytes) => assertBytes(bytes, key, length)),
        1,
      );
      // An idle poll returns the small chunks of the poll before it.
      subscriber.poll(1, () => {});
      const segments = readdirSync(directory).filter((name) => name.startsWith("data."));
      segmentsMost = Math.max(segmentsMost, segments.length);
    }
  }
  assert.ok(segmentsMost <= 4, `${segmentsMost} data segments at once for one message under way`);
});

floeTest("what fifty sizes held at once keep of memory goes when they are released", (bench) => {
  using node = bench.node();
  const quality = { bufferSize: 64, maxBorrowedSamples: 64, maxLoanedSamples: 1 };
  using service = node.publishSubscribe("held", { payload: rawBytes, ...quality });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const directory = join(bench.directory, bench.entries().find((name) => /^service/.test(name))!);
  const dataFiles = (): number =>
    readdirSync(directory).filter((name) => name.startsWith("data.")).length;
  const lengths = Array.from({ length: 50 }, (_, index) => Math.round(64 * 1.2 ** index));
  const samples = lengths.map((length) => {
    publisher.send(length, (bytes) => fillBytes(bytes.subarray(0, 99), length));
    return subscriber.tryTake()!;
  });
  assert.ok(dataFiles() > 30, `${dataFiles()} data segments`);
  for (const [index, sample] of samples.entries()) {
    assert.equal(sample.payload.length, lengths[index]);
    assertBytes(sample.payload.subarray(0, 64), lengths[index]!, 64);
    sample.release();
  }
  publisher.send(30_000_000, () => {});
  assert.ok(dataFiles() <= 2, `${dataFiles()} data segments after all samples were released`);
  assert.equal(
    subscriber.poll(1, (bytes) => assert.equal(bytes.length, 30_000_000)),
    1,
  );
});

floeTest("sendCopy, loans and fill functions send the same", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("ways", { payload: rawBytes });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const wanted = Uint8Array.from([1, 2, 3, 4, 5]);
  publisher.sendCopy(wanted);
  publisher.send(5, (bytes) => bytes.set(wanted));
  const loan = publisher.tryLoan(5)!;
  loan.payload.set(wanted);
  assert.equal(loan.send(), 1);
  const polled = subscriber.poll(9, (bytes) =>
    assert.deepEqual([...bytes.subarray()], [...wanted]),
  );
  assert.equal(polled, 3);
});

floeTest("poll takes no more than its limit and goes on where it stopped", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("limit", { payload: Tick });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let count = 1; count <= 7; count += 1) publisher.send((tick) => void (tick.count = count));
  const seen: number[] = [];
  for (const limit of [0, 1, 2, 3, 100]) subscriber.poll(limit, (tick) => seen.push(tick.count));
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(
    subscriber.poll(100, () => {}),
    0,
  );
});

floeTest("tryTake gives samples that stay until they are released", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("samples", { payload: Wide });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  assert.equal(subscriber.tryTake(), undefined);
  for (let count = 1; count <= 3; count += 1) {
    publisher.send((wide) => wide.assign({ count, copies: Array(1000).fill(count) }));
  }
  const samples = [subscriber.tryTake()!, subscriber.tryTake()!, subscriber.tryTake()!];
  assert.equal(subscriber.tryTake(), undefined);
  for (let count = 4; count <= 40; count += 1) {
    publisher.send((wide) => wide.assign({ count, copies: Array(1000).fill(count) }));
  }
  for (const [index, sample] of samples.entries()) {
    assert.equal(sample.sequence, index + 1);
    assert.equal(sample.publisherId, publisher.id);
    assert.equal(sample.payload.count, index + 1);
    assert.deepEqual([...new Set(sample.payload.toObject().copies)], [index + 1]);
    sample.release();
    sample.release();
    throwsCode(() => sample.payload, "FLOE_RELEASED", { subject: /sample/ });
  }
});

floeTest("take waits for a message, and ends by timeout or signal", async (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("take", { payload: Tick });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  await rejectsCode(subscriber.take({ timeout: 0 }), "FLOE_TIMEOUT", { wanted: /message/ });
  await rejectsCode(subscriber.take({ timeout: 5 }), "FLOE_TIMEOUT", { found: /5 ms/ });
  await rejectsCode(subscriber.take({ signal: AbortSignal.abort("why") }), "FLOE_ABORTED");
  const controller = new AbortController();
  const aborted = rejectsCode(subscriber.take({ signal: controller.signal }), "FLOE_ABORTED");
  controller.abort();
  await aborted;
  const taken = subscriber.take();
  publisher.send((tick) => void (tick.count = 5));
  {
    using sample = await taken;
    assert.equal(sample.payload.count, 5);
  }
  publisher.send((tick) => void (tick.count = 6));
  using next = await subscriber.take({ timeout: 0 });
  assert.equal(next.payload.count, 6);
});

floeTest("for await gives each message once and releases it at the next turn", async (bench) => {
  using node = bench.node();
  const quality = { bufferSize: 64, maxBorrowedSamples: 1 };
  using service = node.publishSubscribe("iterate", { payload: Tick, ...quality });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let count = 1; count <= 20; count += 1) publisher.send((tick) => void (tick.count = count));
  const seen: number[] = [];
  for await (const sample of subscriber) {
    seen.push(sample.payload.count);
    if (seen.length === 20) break;
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  assert.equal(
    subscriber.poll(1, () => {}),
    0,
  );
});

floeTest("for await ends when the subscriber is closed within the loop", async (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("iterate", { payload: Tick });
  const subscriber = service.subscriber();
  using publisher = service.publisher();
  publisher.send((tick) => void (tick.count = 1));
  let turns = 0;
  for await (const sample of subscriber) {
    assert.equal(sample.payload.count, 1);
    turns += 1;
    subscriber.close();
  }
  assert.equal(turns, 1);
});

floeTest("send returns how many subscribers were reached", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("reached", { payload: Tick });
  using publisher = service.publisher();
  const send = (): number => publisher.send((tick) => void (tick.count = 1));
  assert.equal(send(), 0);
  const subscribers = [];
  for (let count = 1; count <= 5; count += 1) {
    subscribers.push(service.subscriber());
    assert.equal(publisher.subscriberCount, count);
    assert.equal(send(), count);
  }
  while (subscribers.length > 0) {
    subscribers.pop()!.close();
    assert.equal(send(), subscribers.length);
  }
});

floeTest(
  "waitForSubscribers resolves when they are there, else by timeout or signal",
  async (b) => {
    using node = b.node();
    using service = node.publishSubscribe("wait", { payload: Tick });
    using publisher = service.publisher();
    await rejectsCode(publisher.waitForSubscribers({ timeout: 3 }), "FLOE_TIMEOUT", {
      wanted: /1 subscribers/,
    });
    const signal = AbortSignal.timeout(1);
    await rejectsCode(publisher.waitForSubscribers({ signal }), "FLOE_ABORTED");
    const two = publisher.waitForSubscribers({ count: 2 });
    using first = service.subscriber();
    assert.equal(await publisher.waitForSubscribers({ timeout: 0 }), 1);
    using second = service.subscriber();
    assert.equal(await two, 2);
    assert.equal(first.publisherCount + second.publisherCount, 2);
  },
);

floeTest("a late joiner gets what is sent after it joined, and no false losses", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("late", { payload: Tick });
  using publisher = service.publisher();
  for (let count = 1; count <= 5; count += 1) publisher.send((tick) => void (tick.count = count));
  using subscriber = service.subscriber();
  assert.equal(
    subscriber.poll(9, () => {}),
    0,
  );
  publisher.send((tick) => void (tick.count = 6));
  const polled = subscriber.poll(9, (tick, info) => {
    assert.deepEqual([tick.count, info.sequence, info.missed], [6, 6, 0]);
  });
  assert.equal(polled, 1);
});

floeTest("subscribers come and go in one place while messages are under way", async (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("places", { payload: Wide, maxSubscribers: 2 });
  using publisher = service.publisher();
  using constant = service.subscriber();
  let sent = 0;
  let received = 0;
  const send = (): void => {
    sent += 1;
    publisher.send((wide) => {
      wide.count = sent;
      wide.copies.set(0, sent);
      wide.copies.set(999, sent);
    });
    received += constant.poll(9, (wide) => assert.equal(wide.count, sent));
  };
  for (let round = 0; round < 50; round += 1) {
    const guest = service.subscriber();
    const first = sent + 1;
    for (let count = 0; count < 5; count += 1) send();
    let expected = first;
    const held = guest.tryTake()!;
    guest.poll(2, (wide, info) => {
      expected += 1;
      assert.deepEqual([wide.count, info.sequence, info.missed], [expected, expected, 0]);
    });
    // It leaves with messages taken, waiting and held.
    assert.equal(held.payload.copies.at(999), first);
    if (round % 2 === 0) held.release();
    guest.close();
    send();
    if (round % 2 === 1) {
      assert.equal(held.payload.copies.at(999), first);
      held.release();
    }
  }
  assert.equal(received, sent);
  await waitFor("the guest to be gone", () => publisher.subscriberCount === 1);
});

floeTest("the data files of a publisher lie in the service's directory while it lives", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("files", { payload: Tick });
  const publisher = service.publisher();
  publisher.send((tick) => void (tick.count = 1));
  const directory = join(bench.directory, bench.entries().find((name) => /^service/.test(name))!);
  const file = readdirSync(directory).find((name) => name.startsWith(`data.${publisher.id}.`))!;
  assert.ok(existsSync(join(directory, file)));
  publisher.close();
  assert.ok(!existsSync(join(directory, file)));
});
