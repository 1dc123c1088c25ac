/**
 * Random sequences of operations over several ports do what the model in `model.ts` does: every
 * message, its order, its content, the number of losses, the limits, and nothing left at the end.
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import fc from "fast-check";
import {
  type BytesPublisher,
  type BytesSubscriber,
  FloeError,
  type Loan,
  type MessageInfo,
  type PublishSubscribe,
  type ReadonlyBytes,
  rawBytes,
  type Sample,
} from "floe";
import { type Bench, floeTest } from "../support/bench.ts";
import { seedOf } from "../support/random.ts";
import {
  type ModelMessage,
  ModelPublisher,
  ModelSubscriber,
  modelSend,
  modelTake,
} from "./model.ts";
import { assertBytes, fillBytes } from "./payloads.ts";

const RUNS = 1_200;
const LIMITS = { bufferSize: 3, maxBorrowedSamples: 2, maxLoanedSamples: 2, maxPublishers: 64 };

interface LoanPair {
  readonly publisher: ModelPublisher;
  readonly loan: Loan<Uint8Array>;
  readonly key: number;
  readonly lengthBytes: number;
}

interface SamplePair {
  readonly subscriber: ModelSubscriber;
  readonly sample: Sample<ReadonlyBytes>;
  readonly message: ModelMessage;
}

/** One operation: its name, and numbers that choose its object and its size. */
const operation = fc.record({
  name: fc.constantFrom(
    ...(["openPublisher", "closePublisher", "openSubscriber", "closeSubscriber"] as const),
    ...(["send", "send", "send", "send", "poll", "poll", "take", "take", "release"] as const),
    ...(["loan", "sendLoan", "dropLoan", "throw", "count"] as const),
  ),
  which: fc.nat(5),
  size: fc.oneof(fc.nat(4), fc.nat(300), fc.nat(40_000)),
});

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** The ports and the model of one run, side by side. */
class Run {
  readonly #service: PublishSubscribe<typeof rawBytes>;
  readonly #publishers: Map<ModelPublisher, BytesPublisher> = new Map();
  readonly #subscribers: Map<ModelSubscriber, BytesSubscriber> = new Map();
  /** Those that were closed while samples of theirs were held: still there. */
  readonly #lingering: Set<ModelSubscriber> = new Set();
  readonly #byId: Map<string, ModelPublisher> = new Map();
  readonly #loans: LoanPair[] = [];
  readonly #samples: SamplePair[] = [];
  #key = 0;

  constructor(service: PublishSubscribe<typeof rawBytes>) {
    this.#service = service;
  }

  perform(chosen: Operation): void {
    this[chosen.name](chosen);
  }

  openPublisher(): void {
    if (this.#publishers.size >= 3) return;
    const publisher = this.#service.publisher();
    const model = new ModelPublisher();
    this.#publishers.set(model, publisher);
    this.#byId.set(publisher.id, model);
  }

  closePublisher({ which }: Operation): void {
    const pair = nth(this.#publishers, which);
    if (pair === undefined) return;
    pair[1].close();
    this.#publishers.delete(pair[0]);
  }

  openSubscriber(): void {
    if (this.#subscribers.size + this.#lingering.size >= 3) return;
    this.#subscribers.set(new ModelSubscriber(), this.#service.subscriber());
  }

  closeSubscriber({ which }: Operation): void {
    const pair = nth(this.#subscribers, which);
    if (pair === undefined) return;
    const [model, subscriber] = pair;
    subscriber.close();
    this.#subscribers.delete(model);
    if (model.held > 0) this.#lingering.add(model);
  }

  #everybody(): ModelSubscriber[] {
    return [...this.#subscribers.keys(), ...this.#lingering];
  }

  #modelSend(publisher: ModelPublisher, key: number, lengthBytes: number): number {
    return modelSend(publisher, this.#everybody(), { key, lengthBytes }, LIMITS.bufferSize);
  }

  send({ which, size }: Operation): void {
    const pair = nth(this.#publishers, which);
    if (pair === undefined) return;
    this.#key += 1;
    const key = this.#key;
    const reached = pair[1].send(size, (bytes) => fillBytes(bytes, key));
    assert.equal(reached, this.#modelSend(pair[0], key, size));
  }

  throw({ which, size }: Operation): void {
    const mistake = new Error("mine");
    const fail = (): never => {
      throw mistake;
    };
    const publisher = nth(this.#publishers, which)?.[1];
    if (publisher !== undefined) assert.throws(() => publisher.send(size, fail), mistake);
    const [model, subscriber] = nth(this.#subscribers, which) ?? [];
    if (model === undefined || model.available(LIMITS.maxBorrowedSamples) === 0) return;
    const handler = (bytes: ReadonlyBytes, info: MessageInfo): never => {
      this.#check(model, bytes, info);
      throw mistake;
    };
    assert.throws(() => subscriber!.poll(9, handler), mistake);
  }

  count({ which }: Operation): void {
    const publisher = nth(this.#publishers, which)?.[1];
    if (publisher === undefined) return;
    assert.equal(publisher.subscriberCount, this.#everybody().length);
    const sending = new Set([
      ...this.#publishers.keys(),
      ...this.#loans.map((one) => one.publisher),
    ]);
    for (const other of this.#publishers.values()) assert.ok(other.subscriberCount >= 0);
    const subscriber = nth(this.#subscribers, which)?.[1];
    const most = subscriber?.publisherCount ?? 0;
    assert.ok(most <= sending.size && most >= Math.min(this.#publishers.size, most));
  }

  poll({ which, size }: Operation): void {
    const [model, subscriber] = nth(this.#subscribers, which) ?? [];
    if (model === undefined) return;
    const limit = size % 9;
    const wanted = Math.min(limit, model.available(LIMITS.maxBorrowedSamples));
    const polled = subscriber!.poll(limit, (bytes, info) => void this.#check(model, bytes, info));
    assert.equal(polled, wanted);
  }

  take({ which }: Operation): void {
    const [model, subscriber] = nth(this.#subscribers, which) ?? [];
    if (model === undefined) return;
    const available = model.available(LIMITS.maxBorrowedSamples);
    if (available === 0 && model.waitsBehindLimit(LIMITS.maxBorrowedSamples)) {
      const isLimit = (error: unknown): boolean =>
        FloeError.is(error) && error.code === "FLOE_BORROW_LIMIT";
      assert.throws(() => subscriber!.tryTake(), isLimit);
      return;
    }
    const sample = subscriber!.tryTake();
    assert.equal(sample !== undefined, available > 0);
    if (sample === undefined) return;
    const message = this.#check(model, sample.payload, sample);
    model.link(message.publisher).held += 1;
    this.#samples.push({ subscriber: model, sample, message });
  }

  release({ which }: Operation): void {
    const [pair] = this.#samples.splice(which % Math.max(1, this.#samples.length), 1);
    if (pair === undefined) return;
    const { subscriber, sample, message } = pair;
    assertBytes(sample.payload, message.key, message.lengthBytes);
    sample.release();
    subscriber.link(message.publisher).held -= 1;
    if (subscriber.held === 0) this.#lingering.delete(subscriber);
  }

  loan({ which, size }: Operation): void {
    const [model, publisher] = nth(this.#publishers, which) ?? [];
    if (model === undefined) return;
    const loan = publisher!.tryLoan(size);
    assert.equal(loan !== undefined, model.loans < LIMITS.maxLoanedSamples);
    if (loan === undefined) return;
    model.loans += 1;
    this.#key += 1;
    fillBytes(loan.payload, this.#key);
    this.#loans.push({ publisher: model, loan, key: this.#key, lengthBytes: size });
  }

  sendLoan({ which }: Operation): void {
    const [pair] = this.#loans.splice(which % Math.max(1, this.#loans.length), 1);
    if (pair === undefined) return;
    const { publisher, loan, key, lengthBytes } = pair;
    assertBytes(loan.payload, key, lengthBytes);
    publisher.loans -= 1;
    assert.equal(loan.send(), this.#modelSend(publisher, key, lengthBytes));
  }

  dropLoan({ which }: Operation): void {
    const [pair] = this.#loans.splice(which % Math.max(1, this.#loans.length), 1);
    if (pair === undefined) return;
    pair.publisher.loans -= 1;
    pair.loan[Symbol.dispose]();
  }

  #check(subscriber: ModelSubscriber, bytes: ReadonlyBytes, info: MessageInfo): ModelMessage {
    const publisher = this.#byId.get(info.publisherId)!;
    const { message, missed } = modelTake(subscriber, publisher);
    assert.ok(message !== undefined, "a message that nobody expects");
    assert.deepEqual([info.sequence, info.missed], [message.sequence, missed]);
    assertBytes(bytes, message.key, message.lengthBytes);
    return message;
  }

  close(): void {
    for (const publisher of this.#publishers.values()) publisher.close();
    for (const { loan } of this.#loans) loan[Symbol.dispose]();
    for (const { sample, message } of this.#samples) {
      assertBytes(sample.payload, message.key, message.lengthBytes);
    }
    for (const subscriber of this.#subscribers.values()) subscriber.close();
    for (const { sample } of this.#samples) sample.release();
    this.#service.close();
  }
}

function nth<Key, Value>(map: ReadonlyMap<Key, Value>, which: number): [Key, Value] | undefined {
  return [...map][which % Math.max(1, map.size)];
}

function performRun(bench: Bench, operations: readonly Operation[]): void {
  const node = bench.node();
  const options = { payload: rawBytes, ...LIMITS, maxSubscribers: 3, maxNodes: 1 } as const;
  const run = new Run(node.publishSubscribe("model", options));
  run.openPublisher();
  run.openSubscriber();
  try {
    for (const chosen of operations) run.perform(chosen);
    run.close();
    node.close();
    assert.deepEqual(bench.entries(), []);
  } catch (error) {
    // A run that fails must not disturb those that fast-check makes to shrink it.
    rmSync(bench.directory, { recursive: true });
    throw error;
  }
}

floeTest(
  "random operations do what the model does",
  (bench) => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 70, size: "max" }), (operations) =>
        performRun(bench, operations),
      ),
      { seed: seedOf(bench.t), numRuns: RUNS },
    );
  },
  { limitMs: 120_000 },
);
