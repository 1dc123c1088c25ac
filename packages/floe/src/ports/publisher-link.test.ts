/** Publisher links: who counts as stalled, and who only looks like it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LINK_SLOTS_OFFSET_BYTES } from "../layout/values.ts";
import { ChunkPools, chunkSegmentNumber, type OwnedDataSegment } from "../memory/chunk-pools.ts";
import { randomId } from "../memory/id.ts";
import { enterDomain } from "../registry/domain.ts";
import { NodeCore } from "../registry/node-core.ts";
import { publishSubscribePattern } from "../registry/pattern.ts";
import { joinAsSubscriber, leaveAsSubscriber } from "../registry/publish-subscribe-directory.ts";
import { linkWord } from "../registry/publish-subscribe-segment.ts";
import { ServiceCore } from "../registry/service-core.ts";
import { SubmissionReceiver } from "../structures/submission-queue.ts";
import { PublisherLink } from "./publisher-link.ts";

const SLOT_COUNT = 8;
const LIMIT_MS = 100;

interface Scene {
  /** Sends a message so long after the one before; tells whether that reports a stall. */
  readonly sendAfter: (pauseMs: number) => boolean;
  /** A subscriber that wants the message at a position next: takes all, and tells how many. */
  readonly takerAt: (startPosition: number) => () => number;
}

function sceneOf(t: TestContext): Scene {
  const root = mkdtempSync(join(process.env.FLOE_ROOT ?? tmpdir(), "publisher-link-"));
  const node = new NodeCore("node", enterDomain({ root }));
  const wanted = { payload: { variant: "bytes" as const }, quality: { bufferSize: SLOT_COUNT } };
  const enter = ServiceCore.enter.bind(ServiceCore);
  const service = enter(publishSubscribePattern, node, "s", wanted, "create", () => {});
  const { directory, geometry, segment } = service;
  const place = joinAsSubscriber(service, { id: randomId(), name: "", bellToken: 0 });
  const link = new PublisherLink(service, 0, place.index, place.generation, 1);
  const pools = new ChunkPools({
    directory,
    publisherId: randomId(),
    permissions: node.domain.permissions,
    chunksUsual: 2 * SLOT_COUNT,
    announcements: { announce: () => {}, withdraw: () => {} },
  });
  const pool = pools.poolFor(64);
  pools.grow(pool);
  let nowMs = 0;
  let sequence = 0;
  const sequences: Map<number, number> = new Map();
  t.mock.method(performance, "now", () => nowMs);
  t.after(() => {
    link.disconnect(() => {});
    pools.close();
    leaveAsSubscriber(service, place);
    service.release();
    node.release();
    rmSync(root, { recursive: true });
  });
  const sendAfter = (pauseMs: number): boolean => {
    const descriptor = pool.take();
    const owned: OwnedDataSegment = pools.segments[chunkSegmentNumber(descriptor)]!;
    nowMs += pauseMs;
    sequence += 1;
    sequences.set(descriptor, sequence);
    const displaced = link.push(owned, descriptor);
    if (displaced === 0) return false;
    link.noteReturn(displaced);
    pool.put(displaced);
    return link.hasStalled(sequence, LIMIT_MS);
  };
  const takerAt = (startPosition: number): (() => number) => {
    const receiver = new SubmissionReceiver({
      words: segment.words,
      firstWordIndex: linkWord(geometry, 0, place.index) + LINK_SLOTS_OFFSET_BYTES / 4,
      slotCount: SLOT_COUNT,
      strideWords: geometry.slotStrideBytes / 4,
      startPosition,
    });
    let takenSequence = startPosition;
    return () => {
      const isOld = (descriptor: number): boolean => sequences.get(descriptor)! <= takenSequence;
      for (let count = 0; ; count += 1) {
        const descriptor = receiver.take(isOld);
        if (descriptor === 0) return count;
        takenSequence = sequences.get(descriptor)!;
      }
    };
  };
  return { sendAfter, takerAt };
}

test("who takes nothing counts as stalled when messages displace others for so long", (t) => {
  const { sendAfter } = sceneOf(t);
  for (let count = 1; count <= SLOT_COUNT + LIMIT_MS; count += 1) {
    assert.equal(sendAfter(1), false, `message ${count}`);
  }
  assert.equal(sendAfter(1), true);
  assert.equal(sendAfter(1), false, "reported a moment ago");
});

test("who takes each message does not, though each displaces one that was left behind", (t) => {
  const { sendAfter, takerAt } = sceneOf(t);
  for (let count = 0; count < SLOT_COUNT + 1; count += 1) sendAfter(1);
  // It wanted the message that was displaced in this very moment, so it left half a ring behind.
  const takeAll = takerAt(SLOT_COUNT / 2 + 1);
  assert.equal(takeAll(), SLOT_COUNT / 2);
  for (let left = SLOT_COUNT / 2; left > 0; left -= 1) {
    assert.equal(sendAfter(LIMIT_MS), false);
    assert.equal(takeAll(), 1);
  }
});
