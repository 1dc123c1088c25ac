/** Size classes: large enough, aligned, never wasteful, and few. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHUNK_ALIGNMENT_BYTES } from "../layout/values.ts";
import { chunkStrideFor } from "./size-class.ts";

/** Sizes around everything that could be an edge, up to 2^46. */
function* sizes(): Generator<number> {
  for (let size = 0; size <= 5_000; size += 1) yield size;
  for (let exponent = 12; exponent <= 46; exponent += 1) {
    for (const eighth of [8, 9, 10, 11, 12, 13, 14, 15]) {
      for (const near of [-1, 0, 1]) yield (2 ** exponent * eighth) / 8 + near;
    }
  }
}

test("a chunk holds what was asked for, begins aligned, and wastes at most a fifth", () => {
  for (const size of sizes()) {
    const stride = chunkStrideFor(size);
    assert.ok(stride >= size, `${stride} for ${size}`);
    assert.equal(stride % CHUNK_ALIGNMENT_BYTES, 0, `${stride} for ${size}`);
    if (size >= 4 * CHUNK_ALIGNMENT_BYTES) {
      assert.ok((stride - size) / stride <= 0.2, `${stride} for ${size}`);
    }
  }
});

test("a class is its own class, and a larger size never has a smaller one", () => {
  let last = 0;
  for (const size of [...sizes()].sort((one, other) => one - other)) {
    const stride = chunkStrideFor(size);
    assert.equal(chunkStrideFor(stride), stride);
    assert.ok(stride >= last, `${stride} for ${size} after ${last}`);
    last = stride;
  }
});

test("a doubling has four classes", () => {
  for (let exponent = 10; exponent <= 40; exponent += 1) {
    const strides = new Set<number>();
    for (let step = 1; step <= 64; step += 1) {
      strides.add(chunkStrideFor(2 ** exponent + (2 ** exponent * step) / 64));
    }
    assert.equal(strides.size, 4);
  }
});
