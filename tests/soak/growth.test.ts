/**
 * What the soak calls growth: a leak that is small in each stretch is found by the line through all
 * samples, and noise is not.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "./assignments.ts";
import { growthFaults, growthOf } from "./growth.ts";

const MiB = 2 ** 20;

function samples(count: number, change: (index: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: 1000 * index,
    heapBytes: 8 * MiB,
    heapReservedBytes: 12 * MiB,
    externalBytes: 2 * MiB,
    privateBytes: 60 * MiB,
    sharedBytes: 10 * MiB,
    descriptors: 40,
    mappings: 30,
    mappedBytes: 20 * MiB,
    foreignMappings: 0,
    ...change(index),
  }));
}

test("what wavers does not grow", () => {
  const wavering = samples(20, (index) => ({
    privateBytes: (60 + 30 * (index % 2)) * MiB,
    heapBytes: (8 + 2 * (index % 2)) * MiB,
  }));
  assert.deepEqual(growthFaults(wavering), []);
  assert.deepEqual(growthFaults(samples(1)), []);
});

test("the line through all samples says by how much something grew", () => {
  const growing = samples(11, (index) => ({ heapBytes: (8 + index) * MiB }));
  assert.equal(Math.round(growthOf(growing, "heapBytes") / MiB), 10);
});

test("each kind of leak is found", () => {
  for (const [fault, leaking] of [
    [/heapBytes grew/, samples(20, (index) => ({ heapBytes: (8 + index / 4) * MiB }))],
    [/externalBytes grew/, samples(20, (index) => ({ externalBytes: (2 + index / 4) * MiB }))],
    [/privateBytes grew/, samples(20, (index) => ({ privateBytes: (60 + 3 * index) * MiB }))],
    [/mappedBytes grew/, samples(20, (index) => ({ mappedBytes: (20 + 6 * index) * MiB }))],
    [/41 descriptors, 40 at first/, samples(3, (index) => ({ descriptors: index > 1 ? 41 : 40 }))],
    [/1 mappings of memory/, samples(3, (index) => ({ foreignMappings: index > 1 ? 1 : 0 }))],
    [/nothing was sampled/, samples(0)],
  ] as const) {
    assert.match(growthFaults(leaking).join(), fault);
  }
});
