/** Tests of what an open watch means for the end of a process, each in a process of its own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const TIMEOUT_MS = 60_000;
const directory = mkdtempSync(join(tmpdir(), "floe-watch-programs-"));
after(() => rmSync(directory, { recursive: true }));

let programCount = 0;

/** How a program ends that has a FIFO `fd`, `write()` to it and `read()` from it. */
function run(script: string): {
  readonly end: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const source = `
    import * as fifos from ${JSON.stringify(new URL("./fifos.js", import.meta.url).href)};
    import { DescriptorWatch }
      from ${JSON.stringify(new URL("./descriptor-watch.js", import.meta.url).href)};
    const path = process.argv[1];
    fifos.makeFifo(path, 0o600);
    const fd = fifos.openFifoForOwner(path);
    const write = () => fifos.writeFifo(fd, Uint8Array.of(1));
    const read = () => fifos.readFifo(fd, new Uint8Array(16));
    const watchFor = (onReady) => new DescriptorWatch(fd, { readable: true }, onReady);
    ${script}
  `;
  const path = join(directory, `fifo-${programCount++}`);
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", source, path],
    { encoding: "utf8", timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
  );
  return { end: signal ?? status, stdout, stderr };
}

function assertEnds(script: string, end: number, stdout = ""): void {
  const found = run(script);
  assert.deepEqual({ end: found.end, stdout: found.stdout }, { end, stdout }, found.stderr);
}

test("a process ends with an open watch that was unreferenced or paused", () => {
  assertEnds(`watchFor(() => {}).unref();`, 0);
  assertEnds(`watchFor(() => {}).pause();`, 0);
});

test("a process does not end before a watch that is referenced", () => {
  const wait = `setTimeout(write, 1).unref()`;
  const callback = `() => { read(); console.log("ready"); watch.close(); }`;
  assertEnds(`const watch = watchFor(${callback}); ${wait};`, 0, "ready\n");
  assertEnds(
    `const watch = watchFor(${callback}); watch.unref(); watch.ref(); ${wait};`,
    0,
    "ready\n",
  );
  assertEnds(
    `const watch = watchFor(${callback}); watch.pause(); watch.resume(); ${wait};`,
    0,
    "ready\n",
  );
});

test("a process may exit in a callback", () => {
  assertEnds(
    `process.on("exit", () => console.log("exit"));
     watchFor(() => process.exit(7)); write();`,
    7,
    "exit\n",
  );
  assertEnds(`const watch = watchFor(() => { watch.close(); process.exit(8); }); write();`, 8);
});

test("an exception in a callback is an uncaught exception", () => {
  const { end, stderr } = run(`watchFor(() => { throw new Error("on purpose"); }); write();`);
  assert.equal(end, 1, stderr);
  assert.match(stderr, /Error: on purpose/);
});

test("a watch goes on after an uncaught exception that has a listener", () => {
  assertEnds(
    `let count = 0;
     process.on("uncaughtException", ({ message }) => console.log(message));
     const watch = watchFor(() => {
       count += 1;
       process.nextTick(() => console.log("tick", count));
       if (count === 3) watch.close();
       throw new Error("number " + count);
     });
     write();`,
    0,
    "number 1\ntick 1\nnumber 2\ntick 2\nnumber 3\ntick 3\n",
  );
});

test("an exception in a promise or tick of a callback has its usual listeners", () => {
  assertEnds(
    `process.on("uncaughtException", ({ message }) => console.log("thrown", message));
     process.on("unhandledRejection", ({ message }) => console.log("rejected", message));
     const watch = watchFor(() => {
       watch.close();
       process.nextTick(() => { throw new Error("tick"); });
       Promise.reject(new Error("promise"));
     });
     write();`,
    0,
    "thrown tick\nrejected promise\n",
  );
});

test("a callback runs in the context that the watch was made in", () => {
  assertEnds(
    `import { AsyncLocalStorage } from "node:async_hooks";
     const storage = new AsyncLocalStorage();
     storage.run("inside", () => {
       const watch = watchFor(() => { console.log(storage.getStore()); watch.close(); });
     });
     write();`,
    0,
    "inside\n",
  );
});

test("a process ends at once while workers have open watches", () => {
  const worker = `
    import { parentPort, workerData } from "node:worker_threads";
    const { openFifoForOwner } = await import(workerData.fifos);
    const { DescriptorWatch } = await import(workerData.watches);
    new DescriptorWatch(openFifoForOwner(workerData.path), { readable: true }, () => {});
    parentPort.postMessage("");
  `;
  const fifos = JSON.stringify(new URL("./fifos.js", import.meta.url).href);
  const watches = JSON.stringify(new URL("./descriptor-watch.js", import.meta.url).href);
  assertEnds(
    `import { Worker } from "node:worker_threads";
     const url = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)}));
     const workerData = { path, fifos: ${fifos}, watches: ${watches} };
     write();
     for (let count = 0; count < 3; count++) {
       new Worker(url, { workerData }).once("message", () => process.exit(9));
     }`,
    9,
  );
});
