/** Tests of what system calls do between processes and threads, and when a process is killed. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { futexWait, futexWake } from "./futex.ts";
import { loadShim } from "./shim.ts";
import { isLockedOfd, mmap, releaseMapping, tryFlock, tryLockOfd } from "./system-calls.ts";

const TIMEOUT_MS = 60_000;
const systemCallsUrl = new URL("./system-calls.js", import.meta.url).href;
const futexUrl = new URL("./futex.js", import.meta.url).href;
const pollUrl = new URL("./poll.js", import.meta.url).href;
const directory = fs.mkdtempSync(join(tmpdir(), "floe-processes-"));
after(() => fs.rmSync(directory, { recursive: true }));

function scratchFile(name: string): { readonly fd: number; readonly path: string } {
  const path = join(directory, name);
  fs.writeFileSync(path, new Uint8Array(4096));
  return { fd: fs.openSync(path, "r+"), path };
}

/** Starts a process that has the system calls as `calls` and the descriptor of a file as `fd`. */
function start(
  path: string,
  script: string,
  environment: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const source = `
    import { openSync } from "node:fs";
    import { futexWait, futexWake } from ${JSON.stringify(futexUrl)};
    import { pollDescriptors } from ${JSON.stringify(pollUrl)};
    import * as calls from ${JSON.stringify(systemCallsUrl)};
    const path = process.argv[1];
    const fd = openSync(path, "r+");
    ${script}
  `;
  const arguments_ = ["--input-type=module", "-e", source, path];
  return spawn(process.execPath, arguments_, {
    env: environment,
    stdio: ["pipe", "pipe", "inherit"],
  });
}

test("locks of a process are visible to others and gone when it is killed", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { fd, path } = scratchFile("locks");
  const child = start(
    path,
    `if (calls.tryLockOfd(fd, path) && calls.tryFlock(fd, path)) console.log("locked");
     process.stdin.resume();`,
  );
  const [output] = await once(child.stdout!, "data");
  assert.equal(String(output), "locked\n");
  assert.equal(isLockedOfd(fd, path), true);
  assert.equal(tryLockOfd(fd, path), false);
  assert.equal(tryFlock(fd, path), false);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(isLockedOfd(fd, path), false);
  assert.equal(tryLockOfd(fd, path), true);
  assert.equal(tryFlock(fd, path), true);
});

test("a mapping for reading shows what another process writes", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { fd, path } = scratchFile("shared");
  const words = new Int32Array(mmap(fd, 4096, "read", path));
  const child = start(
    path,
    `Atomics.store(new Int32Array(calls.mmap(fd, 4096, "read-write", path)), 5, 77);`,
  );
  const [exitCode] = await once(child, "exit");
  assert.equal(exitCode, 0);
  assert.equal(Atomics.load(words, 5), 77);
});

test("writing to a mapping for reading kills the process by SIGSEGV and changes nothing", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { fd, path } = scratchFile("read-only");
  const child = start(path, `new Uint8Array(calls.mmap(fd, 4096, "read", path))[0] = 1;`);
  const [, signal] = await once(child, "exit");
  assert.equal(signal, "SIGSEGV");
  assert.equal(fs.readSync(fd, Buffer.alloc(1), 0, 1, 0), 1);
  assert.equal(fs.readFileSync(path)[0], 0);
});

test("a worker shares a mapping by message and sees zeroes once it is released", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { memoryKind } = loadShim();
  if (memoryKind !== "SharedArrayBuffer") {
    return t.skip(`memory is an ${memoryKind} on Node ${process.version}, which no message shares`);
  }
  const { fd, path } = scratchFile("worker");
  const buffer = mmap(fd, 4096, "read-write", path);
  new Int32Array(buffer)[1] = 42;
  const script = `
    const { parentPort, workerData } = require("node:worker_threads");
    const words = new Int32Array(workerData);
    parentPort.on("message", () => parentPort.postMessage(words[1]));
  `;
  const worker = new Worker(script, { eval: true, workerData: buffer });
  const ask = async () => {
    worker.postMessage("");
    return (await once(worker, "message"))[0];
  };
  assert.equal(await ask(), 42);
  releaseMapping(buffer);
  assert.equal(await ask(), 0);
  await worker.terminate();
});

for (const memoryKind of ["ArrayBuffer", ""]) {
  const kind = memoryKind === "" ? "the best kind" : `an ${memoryKind}`;
  test(`two processes wake each other through memory as ${kind}`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { fd, path } = scratchFile(`futex-${memoryKind}`);
    const words = new Int32Array(mmap(fd, 4096, "read-write", path));
    const roundCount = 100;
    const child = start(
      path,
      `const words = new Int32Array(calls.mmap(fd, 4096, "read-write", path));
       for (let round = 1; round <= ${roundCount}; round++) {
         while (Atomics.load(words, 0) < round) futexWait(words, 0, round - 1, undefined);
         Atomics.store(words, 1, round);
         futexWake(words, 1, 1);
       }`,
      { ...process.env, FLOE_MEMORY_KIND: memoryKind },
    );
    const exit = once(child, "exit");
    for (let round = 1; round <= roundCount; round++) {
      Atomics.store(words, 0, round);
      futexWake(words, 0, 1);
      while (Atomics.load(words, 1) < round) {
        const outcome = futexWait(words, 1, round - 1, TIMEOUT_MS);
        assert.notEqual(outcome, "timed-out", `round ${round}, exit code ${child.exitCode}`);
      }
    }
    assert.deepEqual(await exit, [0, null]);
  });
}

const blockingCalls = {
  "a futex wait without a limit": "futexWait(new Int32Array(1024), 0, 0, undefined)",
  "a futex wait with a limit": `futexWait(new Int32Array(1024), 0, 0, ${TIMEOUT_MS})`,
  "a poll without a limit": "pollDescriptors([], undefined)",
};

for (const [name, call] of Object.entries(blockingCalls)) {
  test(`${name} is ended by a signal that has a listener`, { timeout: TIMEOUT_MS }, async () => {
    const { path } = scratchFile("signals");
    const child = start(
      path,
      `process.on("SIGUSR2", () => {});
       console.log("listening");
       console.log(${call});
       process.exit();`,
    );
    const closed = once(child, "close");
    let output = "";
    child.stdout!.on("data", (text) => {
      output += text;
    });
    while (!output.includes("listening")) await turn();
    // No test can see the moment in which the call begins, so it is a signal in every turn.
    for (; child.exitCode === null && child.signalCode === null; await turn()) {
      child.kill("SIGUSR2");
    }
    await closed;
    assert.equal(output, "listening\ninterrupted\n");
  });
}
