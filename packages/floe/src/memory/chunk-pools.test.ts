/** Chunk pools: no chunk has two owners, what is free is used again, and memory goes back. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import {
  ChunkPool,
  ChunkPools,
  chunkIndex,
  chunkOffsetBytes,
  chunkSegmentNumber,
} from "./chunk-pools.ts";
import { randomId } from "./id.ts";
import { PRIVATE_PERMISSIONS } from "./permissions.ts";

const base = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const directory = fs.mkdtempSync(join(base, "floe-pools-"));
after(() => fs.rmSync(directory, { recursive: true }));

interface Announced {
  readonly number: number;
  readonly incarnation: number;
}

function makePools(chunksUsual: number): { pools: ChunkPools; announced: Map<number, number> } {
  const announced = new Map<number, number>();
  const seen = new Set<string>();
  const pools = new ChunkPools({
    directory,
    publisherId: randomId(),
    permissions: PRIVATE_PERMISSIONS,
    chunksUsual,
    announcements: {
      announce: (number, incarnation) => {
        const key: Announced = { number, incarnation };
        assert.ok(!announced.has(number), "a number is used twice at once");
        assert.ok(!seen.has(JSON.stringify(key)), "an incarnation is used twice");
        seen.add(JSON.stringify(key));
        announced.set(number, incarnation);
      },
      withdraw: (number) => assert.ok(announced.delete(number)),
    },
  });
  return { pools, announced };
}

function close(pools: ChunkPools): void {
  const paths = pools.paths();
  pools.close();
  for (const path of paths) fs.rmSync(path);
  assert.deepEqual(fs.readdirSync(directory), []);
}

test("a pool gives out what was put back last, and nothing when it is empty", () => {
  const pool = new ChunkPool(128);
  assert.equal(pool.take(), 0);
  pool.add(1, 40);
  const taken = Array.from({ length: 40 }, () => pool.take());
  assert.deepEqual(taken.map(chunkIndex), [...taken.keys()]);
  assert.ok(taken.every((descriptor) => chunkSegmentNumber(descriptor) === 1));
  assert.equal(pool.take(), 0);
  pool.put(taken[7]!);
  pool.put(taken[3]!);
  assert.equal(pool.take(), taken[3]);
  assert.equal(pool.take(), taken[7]);
});

test("a segment is removed only when all its chunks are free, and others stay", () => {
  const pool = new ChunkPool(128);
  pool.add(1, 3);
  pool.add(2, 3);
  const fromTwo = pool.take();
  assert.equal(chunkSegmentNumber(fromTwo), 2);
  assert.equal(pool.removeIfFree(2, 3), false);
  assert.equal(pool.removeIfFree(1, 3), true);
  assert.equal(pool.chunkCount, 3);
  pool.put(fromTwo);
  assert.equal(pool.removeIfFree(2, 3), true);
  assert.equal(pool.take(), 0);
});

test("random use never gives a chunk twice, keeps contents, and gives memory back", (t) => {
  const seed = Number(process.env.FLOE_TEST_SEED ?? Date.now() | 0);
  t.diagnostic(`seed ${seed}; set FLOE_TEST_SEED to run it again`);
  const size = fc.oneof(fc.nat(300), fc.nat(70_000));
  const step = fc.record({ isTake: fc.boolean(), size, which: fc.nat() });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, least) => {
        const { pools, announced } = makePools(least);
        const held: number[] = [];
        try {
          for (const { isTake, size, which } of steps) {
            if (!isTake && held.length > 0) {
              const [descriptor] = held.splice(which % held.length, 1);
              const owned = pools.segments[chunkSegmentNumber(descriptor!)]!;
              const word = chunkOffsetBytes(owned, descriptor!) / 4;
              assert.equal(owned.segment.words[word], descriptor);
              pools.free(descriptor!);
              continue;
            }
            const pool = pools.poolFor(size);
            let descriptor = pool.take();
            if (descriptor === 0) {
              pools.grow(pool);
              descriptor = pool.take();
            }
            assert.ok(!held.includes(descriptor), "a chunk was given out twice");
            const number = chunkSegmentNumber(descriptor);
            const owned = pools.segments[number]!;
            assert.equal(announced.get(number), owned.incarnation);
            assert.ok(owned.chunkStrideBytes >= size);
            owned.segment.words[chunkOffsetBytes(owned, descriptor) / 4] = descriptor;
            held.push(descriptor);
          }
          for (const descriptor of held) pools.free(descriptor);
          pools.grow(pools.poolFor(1_000_000));
          assert.equal(pools.paths().length, 1, "memory of other sizes was not given back");
        } finally {
          close(pools);
        }
      },
    ),
    { seed, numRuns: 150 },
  );
});

test("a publisher that needs a 64th data segment is told so, and the 63 stay usable", () => {
  const { pools } = makePools(1);
  const taken: number[] = [];
  for (let index = 0; index < 63; index += 1) {
    const pool = pools.poolFor(2 ** 11 * 1.2 ** (index / 2) + 128 * index);
    pools.grow(pool);
    let descriptor = pool.take();
    while (descriptor !== 0) {
      taken.push(descriptor);
      descriptor = pool.take();
    }
  }
  const another = pools.poolFor(30_000_000);
  assert.throws(() => pools.grow(another), { code: "FLOE_OUT_OF_MEMORY", found: /63/ });
  for (const descriptor of taken) pools.free(descriptor);
  pools.grow(another);
  assert.notEqual(another.take(), 0);
  close(pools);
});
