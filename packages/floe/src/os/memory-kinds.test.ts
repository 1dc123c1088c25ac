/**
 * Runs the tests of the system calls once for each kind of memory, and once more with the binary
 * for arm64 in an emulator, because the kinds and architectures are separate paths through the shim
 * and both are supported for good.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadShim } from "./shim.ts";

const TIMEOUT_MS = 300_000;
const suites = [
  "./system-calls.test.js",
  "./futex.test.js",
  "./fifos.test.js",
  "./poll.test.js",
  "./descriptor-watch.test.js",
];

function runSuites(command: string[], environment: NodeJS.ProcessEnv): void {
  for (const suite of suites) runSuite(command, suite, environment);
}

function runSuite(command: string[], suite: string, environment: NodeJS.ProcessEnv): void {
  const suitePath = fileURLToPath(new URL(suite, import.meta.url));
  const env = { ...process.env, ...environment };
  // Else the suite would report to our runner instead of writing lines that can be shown.
  delete env.NODE_TEST_CONTEXT;
  const [file, ...rest] = [...command, "--test-reporter=tap", suitePath];
  const options = { env, encoding: "utf8", timeout: TIMEOUT_MS } as const;
  const { status, stdout, stderr, error } = spawnSync(file!, rest, options);
  assert.equal(status, 0, `${error ?? ""}\n${stdout}\n${stderr}`);
  assert.match(stdout, /# pass [1-9]/);
}

for (const memoryKind of ["ArrayBuffer", "SharedArrayBuffer"]) {
  test(`the system calls pass with memory as ${memoryKind}`, { timeout: TIMEOUT_MS }, (t) => {
    if (memoryKind === "SharedArrayBuffer" && !loadShim().shim.hasSharedArrayBuffer) {
      return t.skip(`Node ${process.version} cannot map memory as a SharedArrayBuffer`);
    }
    runSuites([process.execPath], { FLOE_MEMORY_KIND: memoryKind });
  });
}

test("the system calls pass with the binary for arm64 in qemu", { timeout: TIMEOUT_MS }, (t) => {
  const nodePath = process.env.FLOE_ARM64_NODE;
  if (nodePath === undefined) return t.skip("FLOE_ARM64_NODE does not name a Node for arm64");
  const qemu = "qemu-aarch64-static";
  if (spawnSync(qemu, ["--version"]).status !== 0) return t.skip(`there is no ${qemu}`);
  runSuites([qemu, "-L", "/usr/aarch64-linux-gnu", nodePath], {});
});
