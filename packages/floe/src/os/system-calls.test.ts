/**
 * Tests of the system calls within one process. `memory-kinds.test.ts` runs this file again for
 * each kind of memory and for the other architecture, so it takes what it finds in the environment.
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FloeError } from "../errors.ts";
import { BUFFER_LENGTH_LIMIT_BYTES, loadShim } from "./shim.ts";
import {
  fallocate,
  isLockedOfd,
  mmap,
  punchHole,
  releaseMapping,
  reserveInPieces,
  tryFlock,
  tryLockOfd,
  unlockFlock,
} from "./system-calls.ts";

const GIB = 2 ** 30;
const PAGE_BYTES = 65_536;

const shmPresent = fs.existsSync("/dev/shm");
const directory = fs.mkdtempSync(join(shmPresent ? "/dev/shm" : tmpdir(), "floe-system-calls-"));
after(() => fs.rmSync(directory, { recursive: true }));

let fileCount = 0;

function scratchFile(sizeBytes: number): { readonly fd: number; readonly path: string } {
  const path = join(directory, `file-${fileCount++}`);
  const fd = fs.openSync(path, "wx+");
  fs.ftruncateSync(fd, sizeBytes);
  return { fd, path };
}

function hasCode(code: string, ...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(FloeError.is(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

test("memory is handed out as the kind that was chosen", () => {
  const { fd, path } = scratchFile(PAGE_BYTES);
  const buffer = mmap(fd, PAGE_BYTES, "read-write", path);
  assert.equal(buffer.constructor.name, loadShim().memoryKind);
  assert.equal(buffer.byteLength, PAGE_BYTES);
});

test("two mappings and the file itself show the same bytes", () => {
  const { fd, path } = scratchFile(PAGE_BYTES);
  const writer = new Int32Array(mmap(fd, PAGE_BYTES, "read-write", path));
  const reader = new Int32Array(mmap(fd, PAGE_BYTES, "read", path));
  Atomics.store(writer, 7, 1234);
  assert.equal(Atomics.load(reader, 7), 1234);
  const bytes = Buffer.alloc(4);
  fs.readSync(fd, bytes, 0, 4, 28);
  assert.equal(bytes.readInt32LE(), 1234);
});

test("a mapping beyond 4 GiB is written and read by all kinds of views", (t) => {
  const lengthBytes = 6 * GIB;
  const { fd, path } = scratchFile(lengthBytes);
  if (BUFFER_LENGTH_LIMIT_BYTES < lengthBytes) {
    const call = () => mmap(fd, lengthBytes, "read-write", path);
    assert.throws(call, hasCode("FLOE_SYSTEM", path, `${lengthBytes}`, "Node 22"));
    t.skip(`Node ${process.version} shows at most ${BUFFER_LENGTH_LIMIT_BYTES / GIB} GiB`);
    return;
  }
  const offsetBytes = 5 * GIB;
  const writer = mmap(fd, lengthBytes, "read-write", path);
  const reader = mmap(fd, lengthBytes, "read", path);
  new Int32Array(writer, offsetBytes, 4)[0] = 0x01020304;
  Atomics.store(new Int32Array(writer), offsetBytes / 4 + 1, 0x05060708);
  new Uint8Array(writer)[offsetBytes + 8] = 9;
  new DataView(writer).setUint8(offsetBytes + 9, 10);
  const expected = [4, 3, 2, 1, 8, 7, 6, 5, 9, 10];
  assert.deepEqual([...new Uint8Array(reader, offsetBytes, 10)], expected);
  assert.equal(new DataView(reader).getUint32(offsetBytes, true), 0x01020304);
  const bytes = Buffer.alloc(10);
  fs.readSync(fd, bytes, 0, 10, offsetBytes);
  assert.deepEqual([...bytes], expected);
  releaseMapping(writer);
  releaseMapping(reader);
});

test("the last bytes of a mapping of exactly 4 GiB are reached", () => {
  const lengthBytes = 4 * GIB;
  const { fd, path } = scratchFile(lengthBytes);
  const buffer = mmap(fd, lengthBytes, "read-write", path);
  new Int32Array(buffer, lengthBytes - 64, 16)[15] = -2;
  const bytes = Buffer.alloc(4);
  fs.readSync(fd, bytes, 0, 4, lengthBytes - 4);
  assert.equal(bytes.readInt32LE(), -2);
  releaseMapping(buffer);
});

test("a released mapping reads as zeroes, keeps no file and is released only once", () => {
  const { fd, path } = scratchFile(PAGE_BYTES);
  const buffer = mmap(fd, PAGE_BYTES, "read-write", path);
  const words = new Int32Array(buffer);
  words.fill(5);
  releaseMapping(buffer);
  assert.equal(words[3], 0);
  words[3] = 6;
  releaseMapping(buffer);
  assert.equal(words[3], 6, "a second release would have replaced the memory again");
  assert.ok(!fs.readFileSync("/proc/self/maps", "utf8").includes(path));
  const bytes = Buffer.alloc(4);
  fs.readSync(fd, bytes, 0, 4, 12);
  assert.equal(bytes.readInt32LE(), 5, "what was written after the release went nowhere");
});

test("memory that was not mapped by floe is left alone", () => {
  const buffer = new ArrayBuffer(4096);
  new Uint8Array(buffer).fill(1);
  releaseMapping(buffer);
  assert.equal(new Uint8Array(buffer)[0], 1);
});

test("a collected mapping is unmapped", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { fd, path } = scratchFile(PAGE_BYTES);
  const mapped = () => fs.readFileSync("/proc/self/maps", "utf8").split(path).length - 1;
  const kept = Array.from({ length: 50 }, () => mmap(fd, PAGE_BYTES, "read-write", path));
  assert.equal(mapped(), kept.length);
  kept.length = 0;
  // The range goes in a later turn, or on another thread: as many turns as it takes, within bounds.
  for (let turn = 0; turn < 200 && mapped() > 0; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(mapped(), 0);
});

test("a mapping that the kernel refuses is a typed error that names the file", () => {
  const path = join(directory, "read-only");
  fs.writeFileSync(path, "x");
  const fd = fs.openSync(path, "r");
  const call = () => mmap(fd, PAGE_BYTES, "read-write", path);
  assert.throws(call, hasCode("FLOE_PERMISSION", path, "EACCES", `${PAGE_BYTES} bytes`));
  assert.throws(() => mmap(-1, PAGE_BYTES, "read", "gone"), hasCode("FLOE_SYSTEM", "EBADF"));
});

test("reserved memory grows the file and a punched hole gives it back", () => {
  const { fd, path } = scratchFile(0);
  fallocate(fd, PAGE_BYTES, 4 * PAGE_BYTES, path);
  assert.equal(fs.fstatSync(fd).size, 5 * PAGE_BYTES);
  assert.ok(fs.fstatSync(fd).blocks * 512 >= 4 * PAGE_BYTES);
  fs.writeSync(fd, "abc", PAGE_BYTES);
  fallocate(fd, 0, 5 * PAGE_BYTES, path);
  punchHole(fd, 2 * PAGE_BYTES, 3 * PAGE_BYTES, path);
  const { size, blocks } = fs.fstatSync(fd);
  assert.equal(size, 5 * PAGE_BYTES);
  assert.equal(blocks * 512, 2 * PAGE_BYTES);
  assert.equal(fs.readFileSync(path).toString("utf8", PAGE_BYTES, PAGE_BYTES + 3), "abc");
});

test("a full file system is a typed error that names the bytes and the remedy", (t) => {
  // Elsewhere than in a tmpfs, which refuses at once, the kernel would fill the disk first.
  if (!shmPresent) return t.skip("there is no /dev/shm");
  const { fd, path } = scratchFile(0);
  const { bsize, blocks } = fs.statfsSync(directory);
  const lengthBytes = 2 * bsize * blocks;
  const call = () => fallocate(fd, 0, lengthBytes, path);
  assert.throws(call, hasCode("FLOE_OUT_OF_MEMORY", path, `${lengthBytes} bytes`, "--shm-size"));
});

test("an empty reservation is an error rather than an endless loop", () => {
  const { fd, path } = scratchFile(0);
  assert.throws(() => fallocate(fd, 0, 0, path), hasCode("FLOE_SYSTEM", "EINVAL"));
});

test("a reservation that signals interrupt is made in smaller pieces without a gap", () => {
  const interruptedAboveBytes = 5 * 2 ** 20;
  const offsetBytes = 12_345;
  const lengthBytes = 100 * 2 ** 20 + 7;
  let reservedBytes = offsetBytes;
  let callCount = 0;
  const result = reserveInPieces(offsetBytes, lengthBytes, (pieceOffsetBytes, pieceBytes) => {
    callCount += 1;
    if (pieceBytes > interruptedAboveBytes) return -constants.errno.EINTR;
    assert.equal(pieceOffsetBytes, reservedBytes);
    reservedBytes += pieceBytes;
    return 0;
  });
  assert.equal(result, 0);
  assert.equal(reservedBytes, offsetBytes + lengthBytes);
  assert.ok(callCount < 50, `${callCount} calls`);
});

test("a reservation ends with the first real failure", () => {
  const answers = [-constants.errno.EINTR, 0, -constants.errno.ENOSPC];
  const result = reserveInPieces(0, 8 * 2 ** 20, () => answers.shift() ?? assert.fail("one more"));
  assert.equal(result, -constants.errno.ENOSPC);
});

test("a flock excludes another descriptor until it is dropped or closed", () => {
  const first = fs.openSync(directory, "r");
  const second = fs.openSync(directory, "r");
  assert.equal(tryFlock(first, directory), true);
  assert.equal(tryFlock(second, directory), false);
  unlockFlock(first);
  assert.equal(tryFlock(second, directory), true);
  assert.equal(tryFlock(first, directory), false);
  fs.closeSync(second);
  assert.equal(tryFlock(first, directory), true);
  fs.closeSync(first);
});

test("an OFD lock excludes another description of the same process and is visible to it", () => {
  const { fd: first, path } = scratchFile(0);
  const second = fs.openSync(path, "r+");
  assert.equal(isLockedOfd(second, path), false);
  assert.equal(tryLockOfd(first, path), true);
  assert.equal(isLockedOfd(second, path), true);
  assert.equal(isLockedOfd(first, path), false, "its own lock does not stand in its way");
  assert.equal(tryLockOfd(second, path), false);
  fs.closeSync(first);
  assert.equal(isLockedOfd(second, path), false);
  assert.equal(tryLockOfd(second, path), true);
});

test("a lock on a closed descriptor is a typed error", () => {
  assert.throws(() => tryFlock(99_999, "gone"), hasCode("FLOE_SYSTEM", "gone", "EBADF"));
  assert.throws(() => unlockFlock(99_999), hasCode("FLOE_SYSTEM", "EBADF"));
  assert.throws(() => tryLockOfd(99_999, "gone"), hasCode("FLOE_SYSTEM", "EBADF"));
  assert.throws(() => isLockedOfd(99_999, "gone"), hasCode("FLOE_SYSTEM", "EBADF"));
  assert.throws(() => punchHole(99_999, 0, 1, "gone"), hasCode("FLOE_SYSTEM", "EBADF"));
});
