/**
 * Tests of FIFOs within one process. `memory-kinds.test.ts` runs this file again for the other
 * architecture.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { FloeError } from "../errors.ts";
import {
  FIFO_WRITE_BYTES_MAX,
  isFifoMarked,
  makeFifo,
  markFifo,
  openFifoForOwner,
  openFifoForReadingIfPresent,
  openFifoForWritingIfPresent,
  readFifo,
  writeFifo,
} from "./fifos.ts";
import { describeDescriptor } from "./system-error.ts";

const TIMEOUT_MS = 60_000;
const directory = fs.mkdtempSync(join(tmpdir(), "floe-fifos-"));
after(() => fs.rmSync(directory, { recursive: true }));

const opens = [openFifoForOwner, openFifoForWritingIfPresent, openFifoForReadingIfPresent];
let pathCount = 0;

function scratchPath(): string {
  return join(directory, `path-${pathCount++}`);
}

function scratchFifo(): string {
  const path = scratchPath();
  makeFifo(path, 0o600);
  return path;
}

function hasCode(code: string, ...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(FloeError.is(error), `${error}`);
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

test("a FIFO gets exactly its mode and group, whatever the umask", () => {
  const umask = process.umask(0o777);
  try {
    const groupId = process.getuid!() === 0 ? 1 : process.getgid!();
    for (const mode of [0o600, 0o660, 0o666]) {
      const path = scratchPath();
      makeFifo(path, mode, groupId);
      const stats = fs.statSync(path);
      assert.ok(stats.isFIFO());
      assert.equal(stats.mode & 0o7777, mode);
      assert.equal(stats.gid, groupId);
    }
  } finally {
    process.umask(umask);
  }
});

test("a FIFO that cannot be made is a typed error and leaves nothing", () => {
  const path = scratchFifo();
  assert.throws(() => makeFifo(path, 0o600), hasCode("FLOE_SYSTEM", path, "EEXIST"));
  const missing = join(directory, "missing/fifo");
  assert.throws(() => makeFifo(missing, 0o600), hasCode("FLOE_SERVICE_CORRUPT", missing, "ENOENT"));
  const before = fs.readdirSync(directory);
  const cut = join(directory, "cut\0off");
  assert.throws(() => makeFifo(cut, 0o600), hasCode("FLOE_SYSTEM", "EINVAL"));
  for (const character of ["a", "\u00e4", "\u20ac", "\u{1f680}"]) {
    for (const lengthBytes of [4095, 4096, 4097, 4098, 4099, 4100, 5000]) {
      const long = `${directory}/${"a".repeat(3)}/`.padEnd(lengthBytes, character);
      if (Buffer.byteLength(long) < 4096) continue;
      assert.throws(() => makeFifo(long, 0o600), hasCode("FLOE_SYSTEM", "ENAMETOOLONG"));
    }
  }
  if (process.getuid!() !== 0) {
    assert.throws(() => makeFifo(scratchPath(), 0o600, 0), hasCode("FLOE_PERMISSION"));
  }
  assert.deepEqual(fs.readdirSync(directory), before);
});

test("bytes arrive in their order, and an empty FIFO reads as 0", () => {
  const path = scratchFifo();
  const owner = openFifoForOwner(path);
  const bytes = new Uint8Array(8);
  assert.equal(readFifo(owner, bytes), 0);
  const writer = openFifoForWritingIfPresent(path)!;
  assert.equal(writeFifo(writer, Uint8Array.of(1, 2, 3)), "written");
  assert.equal(
    writeFifo(writer, new Uint8Array(Uint8Array.of(9, 4, 5, 9).buffer, 1, 2)),
    "written",
  );
  assert.equal(readFifo(owner, bytes.subarray(0, 4)), 4);
  assert.equal(readFifo(owner, bytes.subarray(4)), 1);
  assert.deepEqual([...bytes.subarray(0, 5)], [1, 2, 3, 4, 5]);
  assert.equal(readFifo(owner, bytes.subarray(0, 0)), 0);
  fs.closeSync(writer);
  assert.equal(readFifo(owner, bytes), 0, "its owner is a writer, so it does not end");
  fs.closeSync(owner);
});

test("a full FIFO takes nothing, and goes on when it was read", () => {
  const path = scratchFifo();
  const owner = openFifoForOwner(path);
  const writer = openFifoForWritingIfPresent(path)!;
  const block = new Uint8Array(FIFO_WRITE_BYTES_MAX);
  let writtenBytes = 0;
  while (writeFifo(writer, block) === "written") writtenBytes += block.length;
  assert.ok(writtenBytes >= block.length);
  assert.equal(writeFifo(writer, block), "full");
  const bytes = new Uint8Array(2 * writtenBytes);
  let readBytes = 0;
  for (let count = 1; count > 0; readBytes += count) count = readFifo(owner, bytes);
  assert.equal(readBytes, writtenBytes);
  assert.equal(writeFifo(writer, block), "written");
  const tooLong = new Uint8Array(FIFO_WRITE_BYTES_MAX + 1);
  assert.throws(() => writeFifo(writer, tooLong), hasCode("FLOE_SYSTEM", path, "4097 bytes"));
  for (const fd of [owner, writer]) fs.closeSync(fd);
});

test("a FIFO that nobody reads is gone for its writers", () => {
  const path = scratchFifo();
  assert.equal(openFifoForWritingIfPresent(path), undefined);
  const owner = openFifoForOwner(path);
  const writer = openFifoForWritingIfPresent(path)!;
  fs.closeSync(owner);
  assert.equal(writeFifo(writer, Uint8Array.of(1)), "gone");
  assert.equal(openFifoForWritingIfPresent(path), undefined);
  fs.closeSync(writer);
});

test("a FIFO that nobody reads is gone in a worker, too, and no signal ends the process", {
  timeout: TIMEOUT_MS,
}, async () => {
  const path = scratchFifo();
  const script = `
    import { closeSync } from "node:fs";
    import { parentPort } from "node:worker_threads";
    import * as fifos from ${JSON.stringify(new URL("./fifos.js", import.meta.url).href)};
    const owner = fifos.openFifoForOwner(${JSON.stringify(path)});
    const writer = fifos.openFifoForWritingIfPresent(${JSON.stringify(path)});
    closeSync(owner);
    parentPort.postMessage(fifos.writeFifo(writer, Uint8Array.of(1)));
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  assert.deepEqual(await once(worker, "message"), ["gone"]);
});

test("a FIFO without a writer ends for its readers once it is empty", () => {
  const path = scratchFifo();
  const reader = openFifoForReadingIfPresent(path)!;
  const bytes = new Uint8Array(8);
  assert.equal(readFifo(reader, bytes), -1);
  const writer = openFifoForWritingIfPresent(path)!;
  assert.equal(readFifo(reader, bytes), 0);
  writeFifo(writer, Uint8Array.of(7));
  fs.closeSync(writer);
  assert.equal(readFifo(reader, bytes), 1);
  assert.equal(readFifo(reader, bytes), -1);
  fs.closeSync(reader);
});

test("what is absent is a value, but for its owner", () => {
  const path = scratchPath();
  assert.equal(openFifoForWritingIfPresent(path), undefined);
  assert.equal(openFifoForReadingIfPresent(path), undefined);
  assert.throws(() => openFifoForOwner(path), hasCode("FLOE_SERVICE_CORRUPT", path, "ENOENT"));
});

test("what is no FIFO is refused, and stays closed", async () => {
  const file = scratchPath();
  fs.writeFileSync(file, "foreign");
  const link = scratchPath();
  fs.symlinkSync(scratchFifo(), link);
  const dangling = scratchPath();
  fs.symlinkSync(scratchPath(), dangling);
  const folder = scratchPath();
  fs.mkdirSync(folder);
  const socket = scratchPath();
  const server = createServer().listen(socket);
  await once(server, "listening");
  for (const path of [file, link, dangling, folder, socket]) {
    for (const open of opens) {
      assert.throws(() => open(path), hasCode("FLOE_SERVICE_CORRUPT", path, "a FIFO"), open.name);
    }
  }
  const openPaths = fs.readdirSync("/proc/self/fd").map((fd) => describeDescriptor(Number(fd)));
  assert.deepEqual(
    openPaths.filter((path) => path === file || path === folder),
    [],
  );
  assert.equal(fs.readFileSync(file, "utf8"), "foreign");
  server.close();
});

test("descriptors neither block nor are inherited", () => {
  const path = scratchFifo();
  for (const open of opens) {
    const fd = open(path)!;
    const flags = /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1]!;
    assert.ok(Number.parseInt(flags, 8) & fs.constants.O_NONBLOCK, `${open.name} ${flags}`);
    assert.ok(Number.parseInt(flags, 8) & 0o2000000, `O_CLOEXEC: ${open.name} ${flags}`);
  }
});

test("a closed descriptor is a typed error", () => {
  const bytes = new Uint8Array(1);
  assert.throws(() => readFifo(99_999, bytes), hasCode("FLOE_SYSTEM", "99999", "EBADF"));
  assert.throws(() => writeFifo(99_999, bytes), hasCode("FLOE_SYSTEM", "99999", "EBADF"));
});

test("a mark is seen by who has the FIFO open, also when its path and its owner are gone", () => {
  for (const mode of [0o600, 0o660]) {
    const path = scratchPath();
    makeFifo(path, mode);
    const owner = openFifoForOwner(path);
    const readers = [openFifoForReadingIfPresent(path)!, openFifoForReadingIfPresent(path)!];
    assert.deepEqual(readers.map(isFifoMarked), [false, false]);
    markFifo(owner);
    markFifo(owner);
    assert.equal(fs.statSync(path).mode & 0o7777, mode | 0o100, "nothing else has changed");
    fs.unlinkSync(path);
    fs.closeSync(owner);
    assert.deepEqual(readers.map(isFifoMarked), [true, true]);
    for (const fd of readers) fs.closeSync(fd);
  }
  assert.throws(() => markFifo(1_000_000), hasCode("FLOE_SYSTEM", "to mark it", "EBADF"));
});
