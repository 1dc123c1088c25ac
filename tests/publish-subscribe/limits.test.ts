/**
 * Limits and mistakes: what a port refuses, and that neither a refusal nor a callback that throws
 * costs anything.
 */
import assert from "node:assert/strict";
import { type Loan, rawBytes, type Sample } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";
import { resourcesHeld } from "../support/resources.ts";
import { Note, Tick } from "./payloads.ts";

floeTest("more loans than the limit give undefined, until one is sent or given back", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("loans", { payload: Tick, maxLoanedSamples: 3 });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let round = 0; round < 100; round += 1) {
    const loans = [publisher.tryLoan()!, publisher.tryLoan()!, publisher.tryLoan()!];
    for (const [index, loan] of loans.entries()) loan.payload.count = index;
    assert.equal(publisher.tryLoan(), undefined);
    // A send is no loan: it ends within the call.
    assert.equal(
      publisher.send((tick) => void (tick.count = 99)),
      1,
    );
    assert.equal(loans[1]!.send(), 1);
    const again = publisher.tryLoan()!;
    assert.equal(publisher.tryLoan(), undefined);
    for (const loan of [again, loans[0]!, loans[2]!]) loan[Symbol.dispose]();
    const seen: number[] = [];
    subscriber.poll(9, (tick) => seen.push(tick.count));
    assert.deepEqual(seen, [99, 1]);
  }
});

floeTest("a loan that is over refuses everything but being disposed of", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("over", { payload: Note });
  using publisher = service.publisher();
  const refuses = (loan: Loan<{ count: number }>, writer: { count: number }): void => {
    throwsCode(() => loan.payload, "FLOE_RELEASED", { subject: /loan/ });
    throwsCode(() => loan.send(), "FLOE_RELEASED", { subject: /loan/ });
    throwsCode(() => (writer.count = 1), "FLOE_RELEASED", { subject: /Note/ });
    throwsCode(() => writer.count, "FLOE_RELEASED", { subject: /Note/ });
    loan[Symbol.dispose]();
  };
  const sent = publisher.tryLoan()!;
  const writerOfSent = sent.payload;
  sent.send();
  refuses(sent, writerOfSent);
  const disposed = publisher.tryLoan()!;
  const writerOfDisposed = disposed.payload;
  disposed[Symbol.dispose]();
  refuses(disposed, writerOfDisposed);
});

floeTest("a subscriber that holds too many samples is told so, and goes on after", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("borrow", { payload: Tick, maxBorrowedSamples: 2 });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let count = 1; count <= 5; count += 1) publisher.send((tick) => void (tick.count = count));
  const held = [subscriber.tryTake()!, subscriber.tryTake()!];
  const expected = { found: /2 samples/, remedy: /maxBorrowedSamples/ };
  throwsCode(() => subscriber.tryTake(), "FLOE_BORROW_LIMIT", expected);
  assert.equal(
    subscriber.poll(9, () => {}),
    0,
  );
  held.shift()!.release();
  assert.equal(
    subscriber.poll(1, (tick) => assert.equal(tick.count, 3)),
    1,
  );
  held.push(subscriber.tryTake()!);
  assert.deepEqual(
    held.map((sample) => sample.payload.count),
    [2, 4],
  );
  throwsCode(() => subscriber.tryTake(), "FLOE_BORROW_LIMIT");
  for (const sample of held) sample.release();
  assert.equal(
    subscriber.poll(9, (tick) => assert.equal(tick.count, 5)),
    1,
  );
});

floeTest("the borrow limit is counted for each publisher", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("each", { payload: Tick, maxBorrowedSamples: 2 });
  using subscriber = service.subscriber();
  using one = service.publisher();
  using other = service.publisher();
  for (let count = 1; count <= 3; count += 1) {
    one.send((tick) => void (tick.count = count));
    other.send((tick) => void (tick.count = 10 + count));
  }
  const held: Sample<{ readonly count: number }>[] = [];
  for (let count = 0; count < 4; count += 1) held.push(subscriber.tryTake()!);
  assert.deepEqual(held.map((sample) => sample.payload.count).sort(), [1, 11, 12, 2]);
  throwsCode(() => subscriber.tryTake(), "FLOE_BORROW_LIMIT");
  for (const sample of held) sample.release();
});

floeTest("a fill function that throws sends nothing and leaks nothing", (bench) => {
  using node = bench.node();
  using structs = node.publishSubscribe("structs", { payload: Note });
  using bytes = node.publishSubscribe("bytes", { payload: rawBytes });
  using noteSubscriber = structs.subscriber();
  using bytesSubscriber = bytes.subscriber();
  using notePublisher = structs.publisher();
  using bytesPublisher = bytes.publisher();
  const mistake = new Error("mine");
  const fail = (): never => {
    throw mistake;
  };
  // Memory is made with the first message.
  assert.throws(() => notePublisher.send(fail), mistake);
  assert.throws(() => bytesPublisher.send(100, fail), mistake);
  const before = resourcesHeld(bench.root);
  for (let round = 0; round < 20_000; round += 1) {
    assert.throws(() => notePublisher.send(fail), mistake);
    assert.throws(() => bytesPublisher.send(100, fail), mistake);
  }
  assert.deepEqual(resourcesHeld(bench.root), before);
  assert.equal(
    noteSubscriber.poll(9, () => {}),
    0,
  );
  assert.equal(
    bytesSubscriber.poll(9, () => {}),
    0,
  );
  assert.equal(
    notePublisher.send((note) => void (note.count = 1)),
    1,
  );
  noteSubscriber.poll(1, (_, info) => assert.deepEqual([info.sequence, info.missed], [1, 0]));
});

floeTest("a value that does not fit throws out of send, and the next message is whole", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("values", { payload: Note });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const tooLarge = (): unknown => publisher.send((note) => void (note.count = 2 ** 32));
  throwsCode(tooLarge, "FLOE_VALUE_INVALID", { subject: /Note\.count/ });
  publisher.send((note) => void (note.count = 1));
  assert.equal(
    subscriber.poll(9, (note) => assert.equal(note.count, 1)),
    1,
  );
});

floeTest("a handler that throws has its message released, and the rest comes next", (bench) => {
  using node = bench.node();
  const quality = { bufferSize: 64, maxBorrowedSamples: 1 };
  using service = node.publishSubscribe("handler", { payload: Tick, ...quality });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const mistake = new Error("mine");
  for (let round = 0; round < 200; round += 1) {
    for (let count = 1; count <= 3; count += 1) publisher.send((tick) => void (tick.count = count));
    const seen: number[] = [];
    const handler = (tick: { readonly count: number }): void => {
      seen.push(tick.count);
      if (tick.count === 2) throw mistake;
    };
    assert.throws(() => subscriber.poll(9, handler), mistake);
    assert.deepEqual(seen, [1, 2]);
    assert.equal(subscriber.poll(9, handler), 1);
    assert.deepEqual(seen, [1, 2, 3]);
  }
});

floeTest(
  "a handler may close the subscriber, and its message stays valid until it returns",
  (b) => {
    using node = b.node();
    using service = node.publishSubscribe("closing", { payload: Tick });
    using publisher = service.publisher();
    for (let round = 0; round < 50; round += 1) {
      const subscriber = service.subscriber();
      for (let count = 1; count <= 3; count += 1)
        publisher.send((tick) => void (tick.count = count));
      const polled = subscriber.poll(9, (tick) => {
        subscriber.close();
        publisher.send((next) => void (next.count = 77));
        assert.equal(tick.count, 1);
      });
      assert.equal(polled, 1);
      throwsCode(() => subscriber.poll(1, () => {}), "FLOE_CLOSED");
      assert.equal(publisher.subscriberCount, 0);
    }
  },
);

floeTest("a handler may take samples, which come in turn and stay after the poll", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("nested", { payload: Tick });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let count = 1; count <= 6; count += 1) publisher.send((tick) => void (tick.count = count));
  const samples: Sample<{ readonly count: number }>[] = [];
  const polled: number[] = [];
  subscriber.poll(9, (tick, info) => {
    samples.push(subscriber.tryTake()!);
    // What belongs to the handler is not disturbed by what it takes.
    assert.equal(tick.count, info.sequence);
    polled.push(tick.count);
  });
  assert.deepEqual(polled, [1, 3, 5]);
  assert.deepEqual(
    samples.map((sample) => [sample.payload.count, sample.sequence]),
    [2, 4, 6].map((count) => [count, count]),
  );
  for (const sample of samples) sample.release();
});

floeTest("a handler may not poll, nor a fill function send structs, and both recover", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("again", { payload: Tick });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  const nestedSend = (): unknown => publisher.send(() => void publisher.send(() => {}));
  throwsCode(nestedSend, "FLOE_OPTION_INVALID", { subject: /send/, remedy: /tryLoan/ });
  publisher.send((tick) => void (tick.count = 1));
  publisher.send((tick) => void (tick.count = 2));
  const nestedPoll = (): unknown => subscriber.poll(9, () => void subscriber.poll(1, () => {}));
  throwsCode(nestedPoll, "FLOE_OPTION_INVALID", { subject: /poll/, remedy: /tryTake/ });
  assert.equal(
    subscriber.poll(9, (tick) => assert.equal(tick.count, 2)),
    1,
  );
});

floeTest("a fill function of raw bytes may send another message first", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("inner", { payload: rawBytes });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  publisher.send(3, (outer) => {
    publisher.send(3, (inner) => inner.fill(1));
    outer.fill(2);
  });
  const seen: (number | undefined)[] = [];
  subscriber.poll(9, (bytes) => seen.push(bytes[0]));
  assert.deepEqual(seen, [1, 2]);
});

floeTest("a fill function that closes its publisher sends its message as the last one", (bench) => {
  using node = bench.node();
  using notes = node.publishSubscribe("notes", { payload: Tick });
  using bytes = node.publishSubscribe("bytes", { payload: rawBytes });
  using tickSubscriber = notes.subscriber();
  using bytesSubscriber = bytes.subscriber();
  const tickPublisher = notes.publisher();
  const bytesPublisher = bytes.publisher();
  tickPublisher.send((tick) => {
    tick.count = 1;
    tickPublisher.close();
    tick.count += 1;
  });
  bytesPublisher.send(4, (payload) => {
    bytesPublisher.close();
    payload.fill(7);
  });
  const ticks: number[] = [];
  tickSubscriber.poll(9, (tick, info) => ticks.push(tick.count, info.sequence));
  assert.deepEqual(ticks, [2, 1]);
  const contents: (number | undefined)[] = [];
  bytesSubscriber.poll(9, (payload, info) => contents.push(payload[3], info.sequence));
  assert.deepEqual(contents, [7, 1]);
});

floeTest("lengths that no message can have are refused with their number", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("lengths", { payload: rawBytes });
  using publisher = service.publisher();
  for (const length of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 46 + 1, 2 ** 60]) {
    const expected = { subject: /length/, found: new RegExp(String(length).replace("+", "\\+")) };
    throwsCode(() => publisher.send(length, () => {}), "FLOE_PAYLOAD_TOO_LARGE", expected);
    throwsCode(() => publisher.tryLoan(length), "FLOE_PAYLOAD_TOO_LARGE", expected);
  }
  assert.equal(
    publisher.send(1, () => {}),
    0,
  );
});

floeTest("everything that was closed says so when it is used, and closes again in silence", (b) => {
  const node = b.node("closed node");
  const service = node.publishSubscribe("closed service", { payload: Tick });
  const publisher = service.publisher();
  const subscriber = service.subscriber();
  publisher.send((tick) => void (tick.count = 1));
  const sample = subscriber.tryTake()!;
  const reader = sample.payload;
  sample.release();
  throwsCode(() => reader.count, "FLOE_RELEASED", { subject: /Tick/ });
  for (const closable of [publisher, subscriber, service, node]) {
    closable.close();
    closable.close();
    closable[Symbol.dispose]();
  }
  const subject = /closed service/;
  throwsCode(() => publisher.send(() => {}), "FLOE_CLOSED", { subject });
  throwsCode(() => publisher.tryLoan(), "FLOE_CLOSED", { subject });
  throwsCode(() => publisher.subscriberCount, "FLOE_CLOSED", { subject });
  throwsCode(() => subscriber.poll(1, () => {}), "FLOE_CLOSED", { subject });
  throwsCode(() => subscriber.tryTake(), "FLOE_CLOSED", { subject });
  throwsCode(() => subscriber.publisherCount, "FLOE_CLOSED", { subject });
  throwsCode(() => service.publisher(), "FLOE_CLOSED", { subject });
  throwsCode(() => service.subscriber(), "FLOE_CLOSED", { subject });
  const open = (): unknown => node.publishSubscribe("x", { payload: Tick });
  throwsCode(open, "FLOE_CLOSED", { subject: /closed node/ });
  assert.equal(service.name, "closed service");
});
