/**
 * Safe overflow: a publisher never waits, the oldest message gives way, and the books balance:
 * what a subscriber received and what it was told it missed is what was sent.
 */
import assert from "node:assert/strict";
import { floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";
import { Tick, Wide } from "./payloads.ts";

for (const bufferSize of [1, 2, 3, 8, 64, 65, 1000]) {
  floeTest(
    `with ${bufferSize} places the newest stay, in order, and the rest is missed`,
    (bench) => {
      using node = bench.node();
      using service = node.publishSubscribe("overflow", { payload: Tick, bufferSize });
      using subscriber = service.subscriber();
      using publisher = service.publisher();
      const random = new Random(seedOf(bench.t));
      let sent = 0;
      let received = 0;
      let missed = 0;
      let last = 0;
      const send = (count: number): void => {
        for (let index = 0; index < count; index += 1) {
          sent += 1;
          publisher.send((tick) => void (tick.count = sent));
        }
      };
      const poll = (limit: number): number =>
        subscriber.poll(limit, (tick, info) => {
          assert.equal(tick.count, info.sequence);
          assert.equal(tick.count, last + info.missed + 1);
          last = tick.count;
          received += 1;
          missed += info.missed;
        });
      send(1);
      poll(1);
      for (let round = 0; round < 300; round += 1) {
        const burst = random.below(3 * bufferSize + 2);
        send(burst);
        const limit = random.below(2 * bufferSize);
        const waiting = Math.min(bufferSize, sent - last);
        assert.equal(poll(limit), Math.min(limit, waiting));
      }
      poll(bufferSize);
      assert.equal(last, sent);
      assert.equal(received + missed, sent);
    },
  );
}

floeTest("messages lost before the first one was taken are counted as missed too", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("first", { payload: Tick, bufferSize: 4 });
  using early = service.publisher();
  early.send((tick) => void (tick.count = 1));
  using subscriber = service.subscriber();
  using late = service.publisher();
  for (let count = 2; count <= 11; count += 1) {
    for (const publisher of [early, late]) publisher.send((tick) => void (tick.count = count));
  }
  const missed: number[] = [];
  subscriber.poll(9, (_, info) => void missed.push(info.missed));
  assert.deepEqual(missed, [6, 0, 0, 0, 6, 0, 0, 0]);
});

floeTest("a subscriber that sleeps through millions of messages finds the newest", (bench) => {
  using node = bench.node();
  const quality = { bufferSize: 3, maxBorrowedSamples: 2 };
  using service = node.publishSubscribe("asleep", { payload: Tick, ...quality });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  let sent = 0;
  let received = 0;
  let missed = 0;
  const send = (count: number): void => {
    for (const end = sent + count; sent < end; ) {
      sent += 1;
      publisher.send((tick) => void (tick.count = sent));
    }
  };
  const poll = (limit: number): void => {
    subscriber.poll(limit, (tick, info) => {
      assert.equal(tick.count, info.sequence);
      received += 1;
      missed += info.missed;
      assert.equal(received + missed, tick.count);
    });
  };
  send(1);
  poll(1);
  // Tags wrap after 1024 laps of 3: exactly so, and a little less and more.
  const cycle = 1024 * 3;
  for (const around of [cycle, 2 * cycle, 100 * cycle]) {
    for (let shift = -5; shift <= 5; shift += 1) {
      send(around + shift);
      poll(1);
      send(1);
      poll(2);
      poll(4);
      assert.equal(received + missed, sent, `after a sleep of ${around + shift}`);
    }
  }
});

floeTest("a slow subscriber does not disturb a fast one", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("slow", { payload: Wide, bufferSize: 4 });
  using fast = service.subscriber();
  using slow = service.subscriber();
  using asleep = service.subscriber();
  using publisher = service.publisher();
  let slowSeen = 0;
  let slowMissed = 0;
  for (let count = 1; count <= 5000; count += 1) {
    publisher.send((wide) => {
      wide.count = count;
      wide.copies.set(999, count);
    });
    const polled = fast.poll(9, (wide, info) => {
      assert.deepEqual([wide.count, wide.copies.at(999), info.missed], [count, count, 0]);
    });
    assert.equal(polled, 1);
    if (count > 1 && count % 7 !== 0) continue;
    slow.poll(1, (wide, info) => {
      assert.equal(wide.copies.at(999), wide.count);
      slowSeen += 1;
      slowMissed += info.missed;
      assert.equal(slowSeen + slowMissed, wide.count);
    });
  }
  const rest: number[] = [];
  asleep.poll(9, (wide) => rest.push(wide.count));
  assert.deepEqual(rest, [4997, 4998, 4999, 5000]);
});

floeTest("held samples survive any overflow of the messages behind them", (bench) => {
  using node = bench.node();
  const quality = { bufferSize: 2, maxBorrowedSamples: 5 };
  using service = node.publishSubscribe("held", { payload: Wide, ...quality });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  let sent = 0;
  const held = [];
  for (let round = 0; round < 5; round += 1) {
    for (let count = 0; count < 9; count += 1) {
      sent += 1;
      publisher.send((wide) => wide.assign({ count: sent, copies: Array(1000).fill(sent) }));
    }
    held.push(subscriber.tryTake()!);
  }
  assert.deepEqual(
    held.map((sample) => sample.payload.count),
    [8, 17, 26, 35, 44],
  );
  assert.deepEqual(
    held.slice(1).map((sample) => sample.missed),
    [8, 8, 8, 8],
  );
  for (const sample of held) {
    assert.deepEqual([...new Set(sample.payload.toObject().copies)], [sample.payload.count]);
    sample.release();
  }
});
