/** Segments: made complete or not at all, examined before they are believed, and given back. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FORMAT_MAJOR, SegmentKind } from "../layout/values.ts";
import { randomId } from "./id.ts";
import { PRIVATE_PERMISSIONS } from "./permissions.ts";
import { readU64, Segment, type SegmentCreation, writeU64 } from "./segment.ts";

const base = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const directory = fs.mkdtempSync(join(base, "floe-segment-"));
after(() => fs.rmSync(directory, { recursive: true }));

function creation(name: string, over: Partial<SegmentCreation> = {}): SegmentCreation {
  return {
    path: join(directory, name),
    sizeBytes: 16_384,
    kind: SegmentKind.data,
    ownerId: randomId(),
    permissions: PRIVATE_PERMISSIONS,
    reserved: [{ offsetBytes: 0, lengthBytes: 8192 }],
    fill: ({ words }) => {
      words[1000] = 77;
    },
    ...over,
  };
}

test("a segment is seen by others with its owner and what it was filled with", () => {
  const options = creation("seen");
  using made = Segment.create(options);
  using opened = Segment.openIfPresent(options.path, SegmentKind.data, "read")!;
  assert.equal(opened.ownerId, options.ownerId);
  assert.equal(opened.sizeBytes, options.sizeBytes);
  assert.equal(opened.words[1000], 77);
  made.words[1001] = 78;
  assert.equal(opened.words[1001], 78);
  assert.equal(opened.view.getInt32(4004, true), 78);
});

test("a segment that is closed reads zeroes, and may be closed again", () => {
  const segment = Segment.create(creation("closed"));
  const { words } = segment;
  segment.close();
  segment.close();
  assert.equal(words[1000], 0);
});

test("a segment that is not there is undefined", () => {
  const path = join(directory, "absent");
  assert.equal(Segment.openIfPresent(path, SegmentKind.data, "read"), undefined);
});

test("when filling throws, neither the file nor its temporary name stays", () => {
  const mistake = new Error("mine");
  const fill = (): never => {
    throw mistake;
  };
  const before = fs.readdirSync(directory);
  assert.throws(() => Segment.create(creation("unfilled", { fill })), mistake);
  assert.deepEqual(fs.readdirSync(directory), before);
});

test("a segment has memory where it was reserved, and later where it is asked for", () => {
  const options = creation("sparse", { sizeBytes: 1 << 20 });
  using segment = Segment.create(options);
  const memoryBytes = (): number => fs.statSync(options.path).blocks * 512;
  assert.ok(memoryBytes() >= 8192 && memoryBytes() < 65_536, `${memoryBytes()}`);
  segment.reserve([{ offsetBytes: 1 << 19, lengthBytes: 1 << 18 }]);
  assert.ok(memoryBytes() >= 1 << 18, `${memoryBytes()}`);
  fs.rmSync(options.path);
  const range = { offsetBytes: 0, lengthBytes: 4096 };
  assert.throws(() => segment.reserve([range]), { code: "FLOE_SERVICE_CORRUPT" });
});

test("files that are no segments are refused for what they are", () => {
  const path = join(directory, "foreign");
  const cases: readonly [Uint8Array, string, RegExp][] = [
    [new Uint8Array(0), "FLOE_SERVICE_CORRUPT", /size/],
    [new Uint8Array(127), "FLOE_SERVICE_CORRUPT", /size/],
    [new Uint8Array(1001), "FLOE_SERVICE_CORRUPT", /words/],
    [new Uint8Array(4096), "FLOE_SERVICE_CORRUPT", /magic/],
  ];
  for (const [content, code, wanted] of cases) {
    fs.writeFileSync(path, content);
    const open = (): unknown => Segment.openIfPresent(path, SegmentKind.data, "read");
    assert.throws(open, { code, wanted, subject: path });
  }
});

test("a header that does not fit is refused for each of its fields", () => {
  const options = creation("header");
  using segment = Segment.create(options);
  const cases: readonly [number, number, string, RegExp][] = [
    [0, 1, "FLOE_SERVICE_CORRUPT", /magic/],
    [1, FORMAT_MAJOR + 1, "FLOE_FORMAT_VERSION", /version/],
    [3, SegmentKind.publishSubscribe, "FLOE_SERVICE_CORRUPT", /kind/],
    [4, 1 << 20, "FLOE_SERVICE_CORRUPT", /size/],
    [5, 1, "FLOE_SERVICE_CORRUPT", /size/],
  ];
  for (const [word, value, code, wanted] of cases) {
    const before = segment.words[word]!;
    segment.words[word] = value;
    const open = (): unknown => Segment.openIfPresent(options.path, SegmentKind.data, "read");
    assert.throws(open, { code, wanted });
    segment.words[word] = before;
  }
  // A minor version is nobody's concern.
  segment.words[2] = 99;
  Segment.openIfPresent(options.path, SegmentKind.data, "read")!.close();
});

test("64-bit numbers survive up to 2^53", () => {
  const words = new Int32Array(4);
  for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5, 2 ** 53 - 1]) {
    writeU64(words, 1, value);
    assert.equal(readU64(words, 1), value);
    assert.deepEqual([words[0], words[3]], [0, 0]);
  }
});
