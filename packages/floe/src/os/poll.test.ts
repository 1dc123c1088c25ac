/**
 * Tests of waiting for several descriptors. `memory-kinds.test.ts` runs this file again for the
 * other architecture; `processes.test.ts` has the signal.
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  makeFifo,
  openFifoForOwner,
  openFifoForReadingIfPresent,
  openFifoForWritingIfPresent,
  writeFifo,
} from "./fifos.ts";
import { pollDescriptors, Ready } from "./poll.ts";

const directory = fs.mkdtempSync(join(tmpdir(), "floe-poll-"));
after(() => fs.rmSync(directory, { recursive: true }));

let pathCount = 0;

function scratchFifo(): { readonly path: string; readonly fd: number } {
  const path = join(directory, `fifo-${pathCount++}`);
  makeFifo(path, 0o600);
  return { path, fd: openFifoForOwner(path) };
}

test("each descriptor is told what it is ready for, in the order of the requests", () => {
  const { fd: quiet } = scratchFifo();
  const { fd: loud } = scratchFifo();
  writeFifo(loud, Uint8Array.of(1));
  const both = { readable: true, writable: true };
  const found = pollDescriptors(
    [
      { fd: quiet, readable: true },
      { fd: loud, readable: true },
      { fd: quiet, ...both },
      { fd: loud, ...both },
      { fd: loud },
    ],
    undefined,
  );
  const { readable, writable } = Ready;
  assert.deepEqual(found, [0, readable, writable, readable | writable, 0]);
});

test("nothing ready is the end of the time, and not before", () => {
  const { fd } = scratchFifo();
  for (const timeoutMs of [25, 0.5, 0]) {
    const startMs = performance.now();
    assert.equal(pollDescriptors([{ fd, readable: true }], timeoutMs), "timed-out");
    assert.ok(performance.now() - startMs >= timeoutMs, `${timeoutMs} ms`);
  }
  assert.equal(pollDescriptors([], 1), "timed-out");
});

test("it is told on both sides that the other one is gone", () => {
  const { path, fd: owner } = scratchFifo();
  const reader = openFifoForReadingIfPresent(path)!;
  const writer = openFifoForWritingIfPresent(path)!;
  fs.closeSync(owner);
  assert.equal(pollDescriptors([{ fd: reader, readable: true }, { fd: writer }], 0), "timed-out");
  writeFifo(writer, Uint8Array.of(1));
  fs.closeSync(writer);
  const { readable, hangUp } = Ready;
  assert.deepEqual(pollDescriptors([{ fd: reader, readable: true }], 0), [readable | hangUp]);
  const late = openFifoForWritingIfPresent(path)!;
  fs.closeSync(reader);
  assert.deepEqual(pollDescriptors([{ fd: late }], 0), [hangUp]);
  fs.closeSync(late);
});

test("a descriptor that is not open is a typed error", () => {
  const { fd } = scratchFifo();
  for (const bad of [-1, 99_999]) {
    const call = () => pollDescriptors([{ fd }, { fd: bad, readable: true }], undefined);
    assert.throws(call, { code: "FLOE_SYSTEM", message: new RegExp(`${bad}.*EBADF`) });
  }
});
