/**
 * Runs the tests of this folder that need one process once more, with shared memory as the other
 * kind of buffer: which kind a program sees depends on its Node line, and both are supported.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { capabilities } from "floe";

const TIMEOUT_MS = 120_000;
const SUITES = ["messages", "overflow", "limits", "lifetime", "parties"];
const paths = SUITES.map((name) => fileURLToPath(new URL(`./${name}.test.js`, import.meta.url)));

test("everything holds with memory as ArrayBuffer", { timeout: TIMEOUT_MS + 10_000 }, (t) => {
  const { memoryKind } = capabilities();
  if (memoryKind === "ArrayBuffer") return t.skip("it is what this Node uses anyway");
  const env: NodeJS.ProcessEnv = { ...process.env, FLOE_MEMORY_KIND: "ArrayBuffer" };
  // Else the suites would report to our runner instead of writing lines that can be shown.
  delete env.NODE_TEST_CONTEXT;
  const args = ["--test", "--test-concurrency=2", "--test-reporter=tap", ...paths];
  const options = { env, encoding: "utf8", timeout: TIMEOUT_MS } as const;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, options);
  assert.equal(status, 0, `${error ?? ""}\n${stdout}\n${stderr}`);
  assert.match(stdout, /# pass [1-9]/);
});
