/**
 * Tests of watches in this event loop and in those of workers. `memory-kinds.test.ts` runs this
 * file again for the other architecture; what ends a process is in
 * `descriptor-watch-programs.test.ts`.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { FloeError } from "../errors.ts";
import { DescriptorWatch } from "./descriptor-watch.ts";
import {
  FIFO_WRITE_BYTES_MAX,
  makeFifo,
  openFifoForOwner,
  openFifoForReadingIfPresent,
  openFifoForWritingIfPresent,
  readFifo,
  writeFifo,
} from "./fifos.ts";
import { Ready } from "./poll.ts";
import { loadShim, type WatchHandle } from "./shim.ts";

const TIMEOUT_MS = 60_000;
const LIMITED = { timeout: TIMEOUT_MS };
const directory = fs.mkdtempSync(join(tmpdir(), "floe-descriptor-watch-"));
after(() => fs.rmSync(directory, { recursive: true }));

const byte = Uint8Array.of(1);
const bytes = new Uint8Array(65_536);
let pathCount = 0;

function scratchFifo(): { readonly path: string; readonly fd: number } {
  const path = join(directory, `fifo-${pathCount++}`);
  makeFifo(path, 0o600);
  return { path, fd: openFifoForOwner(path) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

function hasCode(...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(FloeError.is(error), `${error}`);
    assert.equal(error.code, "FLOE_SYSTEM", error.message);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

test("a watch tells that there is something to read until it was read", LIMITED, async () => {
  const { fd } = scratchFifo();
  const seen: number[] = [];
  using _watch = new DescriptorWatch(fd, { readable: true }, (ready) => {
    seen.push(ready);
    if (seen.length === 3) readFifo(fd, bytes);
  });
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(seen, []);
  writeFifo(fd, byte);
  await until(() => seen.length >= 3);
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(seen, [Ready.readable, Ready.readable, Ready.readable]);
});

test("a watch tells that there is room to write", LIMITED, async () => {
  const { fd } = scratchFifo();
  const block = new Uint8Array(FIFO_WRITE_BYTES_MAX);
  let blockCount = 0;
  let ready = 0;
  while (writeFifo(fd, block) === "written") blockCount += 1;
  using watch = new DescriptorWatch(fd, { writable: true }, (bits) => {
    ready |= bits;
    watch.pause();
  });
  await turn();
  await turn();
  assert.equal(ready, 0, `${blockCount} blocks fill it`);
  readFifo(fd, bytes);
  await until(() => ready !== 0);
  assert.equal(ready, Ready.writable);
});

test("a paused watch is silent, and goes on when it is resumed", LIMITED, async () => {
  const { fd } = scratchFifo();
  let callCount = 0;
  using watch = new DescriptorWatch(fd, { readable: true }, () => {
    callCount += 1;
    watch.pause();
    watch.pause();
  });
  writeFifo(fd, byte);
  for (let expected = 1; expected <= 3; expected++) {
    await until(() => callCount === expected);
    for (let count = 0; count < 5; count++) await turn();
    assert.equal(callCount, expected);
    watch.resume();
    watch.resume();
  }
});

test("promises and ticks of a callback run before the next callback", LIMITED, async () => {
  const { fd } = scratchFifo();
  const other = scratchFifo();
  const steps: string[] = [];
  const watches = [fd, other.fd].map(
    (watched) =>
      new DescriptorWatch(watched, { readable: true }, () => {
        steps.push("callback");
        readFifo(watched, bytes);
        process.nextTick(() => steps.push("tick"));
        Promise.resolve().then(() => steps.push("promise"));
      }),
  );
  for (const watched of [fd, other.fd]) writeFifo(watched, byte);
  await until(() => steps.length === 6);
  assert.deepEqual(steps, ["callback", "tick", "promise", "callback", "tick", "promise"]);
  for (const watch of watches) watch.close();
});

test("a watch can be closed in its own callback, in another's, and again", LIMITED, async () => {
  const { fd } = scratchFifo();
  const other = scratchFifo();
  let callCount = 0;
  const watches = [fd, other.fd].map(
    (watched) =>
      new DescriptorWatch(watched, { readable: true }, () => {
        callCount += 1;
        for (const watch of watches) watch.close();
        for (const watch of watches) watch.close();
      }),
  );
  for (const watched of [fd, other.fd]) writeFifo(watched, byte);
  await until(() => callCount > 0);
  for (let count = 0; count < 5; count++) await turn();
  assert.equal(callCount, 1);
  for (const watch of watches) {
    watch.close();
    watch.ref();
    watch.unref();
    watch.pause();
    watch.resume();
  }
  assert.equal(readFifo(fd, bytes), 1, "its descriptor stays open");
  using _again = new DescriptorWatch(fd, { readable: true }, () => {});
});

test("the shim itself knows a closed handle and what is none", LIMITED, async () => {
  const { fd } = scratchFifo();
  const { shim } = loadShim();
  const handle = shim.pollStart(fd, Ready.readable, () => {}) as WatchHandle;
  assert.equal(typeof handle, "object");
  for (let round = 0; round < 2; round++) {
    assert.equal(shim.pollClose(handle), 0);
    assert.equal(shim.pollClose(handle), 0);
    assert.ok(shim.pollUpdate(handle, Ready.readable) < 0);
    assert.ok(shim.pollRef(handle, 1) < 0);
    await turn();
    await turn();
  }
  const none = {} as WatchHandle;
  assert.ok(shim.pollClose(none) < 0 && shim.pollUpdate(none, 1) < 0 && shim.pollRef(none, 0) < 0);
  assert.ok((shim.pollStart(fd, Ready.readable, 5 as unknown as () => void) as number) > 0);
});

test("a reader is told that all writers are gone, after the last byte", LIMITED, async () => {
  const { path, fd: owner } = scratchFifo();
  const reader = openFifoForReadingIfPresent(path)!;
  const writer = openFifoForWritingIfPresent(path)!;
  fs.closeSync(owner);
  writeFifo(writer, byte);
  const seen: number[] = [];
  const results: number[] = [];
  const watch = new DescriptorWatch(reader, { readable: true }, (ready) => {
    seen.push(ready);
    results.push(readFifo(reader, bytes));
    if ((ready & Ready.hangUp) !== 0) watch.close();
  });
  fs.closeSync(writer);
  await until(() => seen.length === 2);
  assert.deepEqual(results, [1, -1]);
  assert.deepEqual(seen, [Ready.readable, Ready.readable | Ready.hangUp]);
  fs.closeSync(reader);
});

test("a writer is told that all readers are gone, once", LIMITED, async () => {
  const { path, fd: owner } = scratchFifo();
  const writer = openFifoForWritingIfPresent(path)!;
  const seen: number[] = [];
  using watch = new DescriptorWatch(writer, {}, (ready) => seen.push(ready));
  await turn();
  await turn();
  fs.closeSync(owner);
  await until(() => seen.length === 1);
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(seen, [Ready.hangUp]);
  watch.resume();
  await until(() => seen.length === 2);
  assert.deepEqual(seen, [Ready.hangUp, Ready.hangUp]);
});

test("what cannot be watched is a typed error that says what helps", () => {
  const { fd } = scratchFifo();
  const file = join(directory, "file");
  const fileFd = fs.openSync(file, "wx+");
  const watch = (watched: number) => new DescriptorWatch(watched, { readable: true }, () => {});
  assert.throws(() => watch(fileFd), hasCode(file, "EPERM", "FIFO, socket or pipe"));
  for (const bad of [-1, 99_999, 0.5, 2 ** 40, Number.NaN]) {
    assert.throws(() => watch(bad), hasCode(`${bad}`, "EBADF"));
  }
  const first = watch(fd);
  assert.throws(() => watch(fd), hasCode("EEXIST", "one watch"));
  first.pause();
  const second = watch(fd);
  assert.throws(() => first.resume(), hasCode("EEXIST", "one watch"));
  second.close();
  first.resume();
  first.close();
});

test("a watch whose descriptor was closed while it was paused does not resume", () => {
  const { fd } = scratchFifo();
  using watch = new DescriptorWatch(fd, { readable: true }, () => {});
  watch.pause();
  fs.closeSync(fd);
  assert.throws(() => watch.resume(), hasCode(`${fd}`, "EBADF"));
});

/** A thread with a watch that has a `script` for its callback; `fd` and `path` are its FIFO's. */
function startWorker(path: string, script: string): Worker {
  const source = `
    import { parentPort } from "node:worker_threads";
    import * as fifos from ${JSON.stringify(new URL("./fifos.js", import.meta.url).href)};
    import { DescriptorWatch }
      from ${JSON.stringify(new URL("./descriptor-watch.js", import.meta.url).href)};
    const path = ${JSON.stringify(path)};
    const fd = fifos.openFifoForOwner(path);
    const bytes = new Uint8Array(16);
    const watch = new DescriptorWatch(fd, { readable: true }, () => { ${script} });
    parentPort.postMessage("watching");
  `;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
}

/** Ways in which a worker ends with an open watch: what it does in its callback, and what we do. */
const workerEnds = {
  "is terminated while the watch is silent": { script: "", isTerminated: true, isWoken: false },
  "is terminated while callbacks run": { script: "", isTerminated: true, isWoken: true },
  "is terminated within a callback": { script: "for (;;);", isTerminated: true, isWoken: true },
  "exits in the callback": { script: "process.exit()", isTerminated: false, isWoken: true },
  "closes and exits in the callback": {
    script: "watch.close(); process.exit()",
    isTerminated: false,
    isWoken: true,
  },
  "ends because the watch is not referenced": {
    script: "fifos.readFifo(fd, bytes); watch.unref()",
    isTerminated: false,
    isWoken: true,
  },
};

for (const [name, { script, isTerminated, isWoken }] of Object.entries(workerEnds)) {
  test(`nothing happens to the process when a worker ${name}`, LIMITED, async () => {
    for (let round = 0; round < 10; round++) {
      const { path, fd } = scratchFifo();
      const workers = [1, 2].map(() => startWorker(path, script));
      const exits = workers.map((worker) => once(worker, "exit"));
      await Promise.all(workers.map((worker) => once(worker, "message")));
      if (isTerminated) {
        if (isWoken) writeFifo(fd, byte);
        for (let count = 0; count < round; count++) await turn();
        for (const worker of workers) worker.terminate();
      }
      const codes = Promise.all(exits);
      let isOver = false;
      codes.finally(() => {
        isOver = true;
      });
      // Each of the two may take the byte of the other.
      for (; !isOver && !isTerminated; await turn()) writeFifo(fd, byte);
      assert.deepEqual(await codes, new Array(2).fill([isTerminated ? 1 : 0]));
      fs.closeSync(fd);
    }
  });
}

test("an exception in a worker's callback is that worker's error", LIMITED, async () => {
  const { path, fd } = scratchFifo();
  const worker = startWorker(path, `throw new Error("on purpose")`);
  const failures: string[] = [];
  worker.on("error", (error) => failures.push(String(error)));
  const exit = new Promise((resolve) => worker.on("exit", resolve));
  await once(worker, "message");
  writeFifo(fd, byte);
  assert.equal(await exit, 1);
  assert.deepEqual(failures, ["Error: on purpose"]);
});
