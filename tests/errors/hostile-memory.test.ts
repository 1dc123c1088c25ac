/**
 * Hostile memory: whatever a peer writes into what it shares with us, our calls return values or
 * throw FloeErrors. They never crash the process, never hang, and never throw anything else.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, FloeError, Node, type ReadonlyBytes, rawBytes, struct, u32 } from "floe";
import { type Bench, floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";
import { Scribbler } from "./scribbler.ts";

const Pair = struct("Pair", { one: u32, other: u32 });
const scribbleUrl = new URL("./programs/scribble.js", import.meta.url);

// Poisoned links are reported as warnings, by the hundred here.
process.removeAllListeners("warning");

const OPTIONS = {
  payload: rawBytes,
  bufferSize: 4,
  maxBorrowedSamples: 3,
  maxPublishers: 3,
  maxSubscribers: 3,
} as const;

/** Counts the FloeErrors of `action` by code; lets nothing else pass. */
class Errors {
  readonly counts: Map<ErrorCode, number> = new Map();

  attempt<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      if (!FloeError.is(error)) throw error;
      this.counts.set(error.code, (this.counts.get(error.code) ?? 0) + 1);
      return undefined;
    }
  }

  get text(): string {
    return [...this.counts].map(([code, count]) => `${code} ${count}`).join(", ");
  }
}

/** Traffic on two services, of bytes and of structs, through every kind of call. */
class Traffic {
  readonly #errors: Errors;
  readonly #random: Random;
  readonly #held: { close(): void }[] = [];
  readonly #nodes: Node[];

  #publishers: { send(): unknown; close(): void }[] = [];
  #subscribers: { poll(): unknown; take(): unknown; close(): void }[] = [];

  constructor(bench: Bench, errors: Errors, random: Random) {
    this.#errors = errors;
    this.#random = random;
    this.#nodes = [bench.node(), bench.node()];
  }

  #publisher(): void {
    const node = this.#random.pick(this.#nodes);
    const service = node.publishSubscribe("bytes", OPTIONS);
    try {
      const publisher = service.publisher();
      const send = (): unknown => {
        const length = 1 << this.#random.below(14);
        if (this.#random.below(4) > 0) return publisher.send(length, (bytes) => bytes.fill(1));
        const loan = publisher.tryLoan(length);
        return this.#random.below(2) === 0 ? loan?.send() : loan?.[Symbol.dispose]();
      };
      this.#publishers.push({ send, close: () => publisher.close() });
    } finally {
      service.close();
    }
  }

  #subscriber(): void {
    const node = this.#random.pick(this.#nodes);
    const service = node.publishSubscribe("bytes", OPTIONS);
    try {
      const subscriber = service.subscriber();
      const examine = (bytes: ReadonlyBytes): void => {
        let sum = 0;
        for (let index = 0; index < bytes.length; index += 64) sum += bytes[index]!;
        assert.ok(sum >= 0 && bytes.length < 2 ** 32);
      };
      this.#subscribers.push({
        poll: () =>
          subscriber.poll(5, (bytes, info) => {
            examine(bytes);
            assert.ok(Number.isInteger(info.sequence) && info.missed >= 0);
          }),
        take: () => {
          const sample = subscriber.tryTake();
          if (sample === undefined) return;
          examine(sample.payload);
          this.#held.push({ close: () => sample.release() });
        },
        close: () => subscriber.close(),
      });
    } finally {
      service.close();
    }
  }

  step(): void {
    const random = this.#random;
    const attempt = (action: () => unknown): void => void this.#errors.attempt(action);
    const choice = random.below(100);
    if (choice === 0 && this.#publishers.length < 3) attempt(() => this.#publisher());
    else if (choice === 1 && this.#subscribers.length < 3) attempt(() => this.#subscriber());
    else if (choice === 2) attempt(() => this.#publishers.shift()?.close());
    else if (choice === 3) attempt(() => this.#subscribers.shift()?.close());
    else if (choice < 40 && this.#publishers.length > 0) {
      attempt(() => random.pick(this.#publishers).send());
    } else if (choice < 70 && this.#subscribers.length > 0) {
      attempt(() => random.pick(this.#subscribers).poll());
    } else if (choice < 85 && this.#subscribers.length > 0) {
      attempt(() => random.pick(this.#subscribers).take());
    } else attempt(() => this.#held.shift()?.close());
  }

  start(): void {
    this.#publisher();
    this.#subscriber();
    this.#publisher();
    this.#subscriber();
    for (const { send } of this.#publishers) send();
    for (const { poll } of this.#subscribers) poll();
  }

  close(): void {
    for (const one of [...this.#held, ...this.#publishers, ...this.#subscribers, ...this.#nodes]) {
      this.#errors.attempt(() => one.close());
    }
  }
}

floeTest(
  "random words in shared memory give values and FloeErrors, nothing else",
  (bench) => {
    const random = new Random(seedOf(bench.t));
    const errors = new Errors();
    for (let round = 0; round < 80; round += 1) {
      const traffic = new Traffic(bench, errors, random);
      traffic.start();
      const directory = join(bench.directory, "service.publish-subscribe.bytes");
      const scribbler = new Scribbler(directory, random);
      for (let step = 0; step < 300; step += 1) {
        if (random.below(8) === 0) scribbler.write();
        if (random.below(8) === 0) scribbler.writeInUse();
        traffic.step();
      }
      scribbler.close();
      traffic.close();
      rmSync(bench.directory, { recursive: true });
    }
    bench.t.diagnostic(errors.text);
    assert.ok((errors.counts.get("FLOE_LINK_POISONED") ?? 0) > 0, errors.text);
  },
  { mayLeaveFiles: true, limitMs: 120_000 },
);

floeTest(
  "a process that scribbles all the time does not end ours",
  async (bench) => {
    const seed = seedOf(bench.t);
    const random = new Random(seed);
    const errors = new Errors();
    for (let round = 0; round < 3; round += 1) {
      const traffic = new Traffic(bench, errors, random);
      traffic.start();
      const directory = join(bench.directory, "service.publish-subscribe.bytes");
      const child = bench.start(scribbleUrl, { data: { directory, seed: seed + round } });
      await child.next("scribbling");
      for (let step = 0; step < 8_000; step += 1) traffic.step();
      assert.equal((await child.finish()).signal, null, child.stderr);
      traffic.close();
      rmSync(bench.directory, { recursive: true });
    }
    bench.t.diagnostic(errors.text);
  },
  { mayLeaveFiles: true, limitMs: 120_000 },
);

/** One of many ways to damage a file. */
function damage(content: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(content);
  switch (random.below(4)) {
    case 0:
      return damaged.subarray(0, random.below(damaged.length));
    case 1:
      return Buffer.concat([damaged, Buffer.alloc(1 + random.below(5000), random.bits())]);
    case 2:
      damaged.copyWithin(random.below(200), random.below(200), 200 + random.below(300));
      return damaged;
    default:
      for (let count = random.below(20); count >= 0; count -= 1) {
        damaged[random.below(Math.min(damaged.length, 5000))] = random.bits();
      }
      return damaged;
  }
}

floeTest("a publisher whose memory is damaged keeps nobody from hearing the others", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("others", { payload: Pair });
  using subscriber = service.subscriber();
  using broken = service.publisher();
  using sound = service.publisher();
  const send = (one: number): void => {
    broken.send((pair) => void (pair.one = 100 + one));
    sound.send((pair) => void (pair.one = one));
  };
  const directory = join(bench.directory, "service.publish-subscribe.others");
  broken.send((pair) => void (pair.one = 100));
  const [data] = readdirSync(directory).filter((name) => name.startsWith("data."));
  writeFileSync(join(directory, data!), new Uint8Array(4096), { flag: "r+" });
  send(1);
  const errors = new Errors();
  const seen: number[] = [];
  for (let poll = 0; poll < 5; poll += 1) {
    errors.attempt(() => subscriber.poll(9, (pair) => seen.push(pair.one)));
  }
  send(2);
  errors.attempt(() => subscriber.poll(9, (pair) => seen.push(pair.one)));
  assert.deepEqual(seen, [1, 2], errors.text);
  assert.equal(errors.counts.get("FLOE_SERVICE_CORRUPT"), 1, errors.text);
});

for (const file of ["service.json", "links"]) {
  floeTest(
    `any damage to ${file} is found, or does no harm, when the service is opened`,
    (bench) => {
      const random = new Random(seedOf(bench.t));
      const errors = new Errors();
      const limits = { maxNodes: 4, maxPublishers: 2, maxSubscribers: 2 };
      const rounds = 400;
      for (let round = 0; round < rounds; round += 1) {
        using node = Node.create({ domain: bench.domain });
        const service = node.publishSubscribe("fuzz", { payload: Pair, ...limits });
        const directory = join(bench.directory, "service.publish-subscribe.fuzz");
        const path = join(directory, file);
        const content = readFileSync(path);
        // Another file: what is mapped by the first node must not change its size.
        rmSync(path);
        writeFileSync(path, damage(content, random));
        using other = Node.create({ domain: bench.domain });
        errors.attempt(() => {
          using opened = other.publishSubscribe("fuzz", { payload: Pair });
          using subscriber = opened.subscriber();
          using publisher = opened.publisher();
          publisher.send((pair) => void (pair.one = 1));
          subscriber.poll(1, (pair) => void pair.one);
        });
        errors.attempt(() => service.close());
        rmSync(directory, { recursive: true, force: true });
      }
      bench.t.diagnostic(errors.text);
      assert.ok((errors.counts.get("FLOE_SERVICE_CORRUPT") ?? 0) > rounds / 10, errors.text);
    },
    { mayLeaveFiles: true },
  );
}
