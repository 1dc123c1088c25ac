/**
 * Damaged files: whatever another process has made of a service's files, opening them ends with a
 * service or with a FloeError, and one publisher's damaged memory keeps nobody from the others.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, FloeError, Node, struct, u32 } from "floe";
import { floeTest } from "../support/bench.ts";
import { Random, seedOf } from "../support/random.ts";

const Pair = struct("Pair", { one: u32, other: u32 });

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
