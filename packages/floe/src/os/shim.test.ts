/**
 * Tests of the loader: that it fails in one readable way however the binary is wrong, and that any
 * number of threads can load it. Each failure needs a process of its own, since a loader keeps its
 * outcome.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { capabilities } from "./capabilities.ts";
import { chooseMemoryKind, loadShim, type Shim, shimPath } from "./shim.ts";

const directory = mkdtempSync(join(tmpdir(), "floe-shim-test-"));
after(() => rmSync(directory, { recursive: true }));

const capabilitiesUrl = new URL("./capabilities.js", import.meta.url).href;
const systemCallsUrl = new URL("./system-calls.js", import.meta.url).href;

/** What `capabilities()` says in a process with this environment and these flags of Node. */
function capabilitiesIn(environment: NodeJS.ProcessEnv, flags: string[] = []) {
  const script = `
    import { capabilities } from ${JSON.stringify(capabilitiesUrl)};
    const { error, ...rest } = capabilities();
    console.log(JSON.stringify({ ...rest, code: error?.code, message: error?.message }));
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, "--input-type=module", "-e", script],
    { env: { ...process.env, ...environment }, encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as { shimLoaded: boolean; code?: string; message: string };
}

function assertUnavailable(found: ReturnType<typeof capabilitiesIn>, ...parts: RegExp[]): void {
  assert.equal(found.shimLoaded, false);
  assert.equal(found.code, "FLOE_SHIM_UNAVAILABLE");
  const always = [process.platform, process.arch, /glibc \d|musl/, /kernel \d/, process.version];
  for (const part of [...always, ...parts]) assert.match(found.message, new RegExp(part));
}

test("the shim loads and says what kind of memory it hands out", () => {
  const { path, memoryKind, shim } = loadShim();
  assert.equal(path, shimPath());
  const forced = process.env.FLOE_MEMORY_KIND;
  const best = shim.hasSharedArrayBuffer ? "SharedArrayBuffer" : "ArrayBuffer";
  assert.equal(memoryKind, forced ?? best);
  const { error, ...found } = capabilities();
  assert.equal(error, undefined);
  assert.equal(found.shimLoaded, true);
  assert.match(found.libc, /^glibc \d|^musl$/);
});

test("a missing binary is a typed error that names the file and the remedy", () => {
  const path = join(directory, "missing.node");
  assertUnavailable(capabilitiesIn({ FLOE_SHIM_PATH: path }), /missing\.node/, /build:native/);
});

test("a binary for another architecture is a typed error that says so", () => {
  const other = process.arch === "x64" ? "arm64" : "x64";
  const path = join(directory, "other.node");
  copyFileSync(shimPath().replace(`-${process.arch}.`, `-${other}.`), path);
  assertUnavailable(capabilitiesIn({ FLOE_SHIM_PATH: path }), /architecture/, /build:native/);
});

test("a file of garbage is a typed error", () => {
  const path = join(directory, "garbage.node");
  writeFileSync(path, "this is no shared library".repeat(100));
  assertUnavailable(capabilitiesIn({ FLOE_SHIM_PATH: path }), /garbage\.node/, /build:native/);
});

test("Node's permission model is a typed error that names the flag to set", () => {
  const current = process.allowedNodeEnvironmentFlags.has("--permission");
  const flag = current ? "--permission" : "--experimental-permission";
  const found = capabilitiesIn({}, [flag, "--allow-fs-read=*"]);
  assertUnavailable(found, /--allow-addons/);
});

test("a memory kind that does not exist is a typed error", () => {
  assertUnavailable(capabilitiesIn({ FLOE_MEMORY_KIND: "Blob" }), /Blob/, /FLOE_MEMORY_KIND/);
});

test("an engine that forbids outside memory is recognised by trying", () => {
  const refusing = { hasSharedArrayBuffer: true, mmap: () => 22 } as unknown as Shim;
  assert.throws(() => chooseMemoryKind(refusing, undefined), /forbids buffers.*Electron/);
});

test("a SharedArrayBuffer cannot be forced where Node cannot make one", () => {
  const old = { hasSharedArrayBuffer: false, mmap: () => new ArrayBuffer(1) } as unknown as Shim;
  assert.throws(() => chooseMemoryKind(old, "SharedArrayBuffer"), /cannot map/);
  assert.equal(chooseMemoryKind(old, undefined), "ArrayBuffer");
});

test("a process whose workers alone load the shim survives the end of each", () => {
  // This thread has loaded it, and a library stays as long as one thread uses it.
  const worker = `
    import { openSync } from "node:fs";
    import { parentPort, workerData } from "node:worker_threads";
    const { mmap } = await import(workerData.url);
    globalThis.kept = mmap(openSync(workerData.path, "r"), 4096, "read", workerData.path);
    parentPort.postMessage("mapped");
    if (workerData.isTerminated) setInterval(() => {}, 1000);
  `;
  const script = `
    import { once } from "node:events";
    import { Worker } from "node:worker_threads";
    const [path, url] = process.argv.slice(1);
    const code = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)}));
    for (const isTerminated of [false, true, false, true]) {
      const worker = new Worker(code, { workerData: { isTerminated, path, url } });
      const exit = once(worker, "exit");
      await once(worker, "message");
      if (isTerminated) await worker.terminate();
      await exit;
    }
    console.log("survived");
  `;
  const path = join(directory, "workers-alone");
  writeFileSync(path, new Uint8Array(4096));
  const { signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script, path, systemCallsUrl],
    { encoding: "utf8" },
  );
  assert.deepEqual({ signal, stdout }, { signal: null, stdout: "survived\n" }, stderr);
});

test("worker threads load the shim, map memory and exit cleanly with it mapped", async () => {
  const path = join(directory, "workers");
  writeFileSync(path, new Uint8Array(8192));
  const script = `
    import { openSync } from "node:fs";
    import { workerData } from "node:worker_threads";
    import { mmap } from ${JSON.stringify(systemCallsUrl)};
    const buffer = mmap(openSync(workerData.path, "r+"), 8192, "read-write", workerData.path);
    globalThis.kept = new Int32Array(buffer);
    Atomics.add(globalThis.kept, 0, 1);
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const workerCount = 4;
  for (let round = 0; round < 3; round++) {
    const workers = Array.from(
      { length: workerCount },
      () => new Worker(url, { workerData: { path } }),
    );
    const exits = workers.map(
      (worker) =>
        new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject)),
    );
    assert.deepEqual(await Promise.all(exits), new Array(workerCount).fill(0));
  }
});
