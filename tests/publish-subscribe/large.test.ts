/**
 * Large memory: messages whose chunks begin beyond 2 GiB and beyond 4 GiB, where 32-bit arithmetic
 * anywhere on the way would show. Only their ends are written, but all their memory is reserved.
 */
import assert from "node:assert/strict";
import { constants } from "node:buffer";
import { readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytes, rawBytes, struct, u32 } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import { memoryFolder } from "../support/memory-folder.ts";

const GIB = 2 ** 30;
/** One loan and two more, so that the fifth chunk begins beyond four times a chunk's size. */
const QUALITY = { maxLoanedSamples: 3, bufferSize: 5, maxBorrowedSamples: 5 };
const CHUNKS = 5;
const OVERHEAD_BYTES = 4096;

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(memoryFolder());
  const available = /MemAvailable:\s+(\d+) kB/.exec(readFileSync("/proc/meminfo", "utf8"));
  return Math.min(bavail * bsize, Number(available?.[1] ?? 0) * 1024);
}

function skipUnlessFree(bytesNeeded: number): string | false {
  const neededGiB = (bytesNeeded / GIB).toFixed(1);
  const freeGiB = (freeBytes() / GIB).toFixed(1);
  return freeBytes() > 1.5 * bytesNeeded
    ? false
    : `needs ${neededGiB} GiB, ${freeGiB} GiB are free`;
}

function dataBytes(bench: Bench): number {
  return readdirSync(bench.root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("/data."))
    .reduce((total, path) => total + statSync(join(bench.root, path)).size, 0);
}

/** Sends and holds as many messages as there are chunks, and checks the ends of each. */
function sendLarge(bench: Bench, lengthBytes: number): void {
  using node = bench.node();
  using service = node.publishSubscribe("large", { payload: rawBytes, ...QUALITY });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  for (let round = 1; round <= 2; round += 1) {
    const samples = [];
    for (let count = 1; count <= CHUNKS; count += 1) {
      publisher.send(lengthBytes, (payload) => {
        payload[0] = 10 * round + count;
        payload[lengthBytes - 1] = 100 + count;
      });
      samples.push(subscriber.tryTake()!);
    }
    assert.ok(dataBytes(bench) >= CHUNKS * lengthBytes);
    for (const [index, { payload }] of samples.entries()) {
      assert.equal(payload.length, lengthBytes);
      assert.equal(payload[0], 10 * round + index + 1);
      assert.equal(payload[lengthBytes - 1], 100 + index + 1);
      assert.equal(payload[lengthBytes >> 1], 0);
    }
    for (const sample of samples) sample.release();
  }
}

const beyond2 = Math.floor(0.6 * GIB);
floeTest("raw bytes in chunks beyond 2 GiB arrive whole", (bench) => sendLarge(bench, beyond2), {
  skip: skipUnlessFree(CHUNKS * 0.625 * GIB),
});

const beyond4 = GIB - OVERHEAD_BYTES;
const skipBeyond4 = skipUnlessFree(CHUNKS * GIB);
const isMappable = constants.MAX_LENGTH > CHUNKS * GIB;

if (isMappable) {
  floeTest("raw bytes in chunks beyond 4 GiB arrive whole", (bench) => sendLarge(bench, beyond4), {
    skip: skipBeyond4,
  });

  floeTest(
    "structs in chunks beyond 4 GiB arrive whole",
    (bench) => {
      const Block = struct("Block", { head: u32, body: bytes(GIB - OVERHEAD_BYTES), tail: u32 });
      using node = bench.node();
      using service = node.publishSubscribe("blocks", { payload: Block, ...QUALITY });
      using subscriber = service.subscriber();
      using publisher = service.publisher();
      const samples = [];
      for (let count = 1; count <= CHUNKS; count += 1) {
        publisher.send((block) => {
          block.head = count;
          block.tail = 0xffff_fff0 + count;
        });
        samples.push(subscriber.tryTake()!);
      }
      for (const [index, { payload }] of samples.entries()) {
        assert.deepEqual([payload.head, payload.tail], [index + 1, 0xffff_fff1 + index]);
      }
      for (const sample of samples) sample.release();
    },
    { skip: skipBeyond4 },
  );
} else {
  floeTest(
    "more memory than this Node can map is a typed error, and smaller goes on",
    (bench) => {
      using node = bench.node();
      using service = node.publishSubscribe("large", { payload: rawBytes, ...QUALITY });
      using publisher = service.publisher();
      const expected = { found: /maps at most/, remedy: /Node 22/ };
      throwsCode(() => publisher.send(2 * beyond4, () => {}), "FLOE_SYSTEM", expected);
      assert.equal(dataBytes(bench), 0);
      assert.equal(publisher.sendCopy(Uint8Array.of(1)), 0);
    },
    { skip: skipBeyond4 },
  );
}
