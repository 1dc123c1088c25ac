/**
 * The explorer finds the bugs that were put there for it, and passes their corrections.
 *
 * `#words` is only the model's under the import condition `floe-model`, so a child process with
 * that condition runs the scenarios of `seeded-bugs.ts` and this file judges what it prints.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { BruteForceReport, SeededBugReport } from "./seeded-bugs.main.ts";

const main = fileURLToPath(import.meta.resolve("./seeded-bugs.main.js"));
const output = execFileSync(process.execPath, ["--conditions=floe-model", main], {
  encoding: "utf8",
  timeout: 60_000,
});
const lines = output.trim().split("\n");
const comparison: BruteForceReport = JSON.parse(lines.pop()!);
const reports = lines.map((line): SeededBugReport => JSON.parse(line));

for (const report of reports) {
  const { name, expected, message, trace, replayed, executions } = report;
  if (expected === undefined) {
    test(`the explorer passes: ${name}`, (t) => {
      assert.equal(message, undefined, `${message}\n${trace}`);
      assert.ok(executions > 0);
      t.diagnostic(`${executions} executions, ${report.executionsWithDeath} with a death`);
    });
  } else {
    test(`the explorer finds: ${name}`, (t) => {
      assert.ok(message?.includes(expected), `found ${message}, not: ${expected}`);
      assert.equal(replayed, message, "the schedule does not lead to the same failure");
      t.diagnostic(`found after ${executions} executions: ${message}\n${trace}`);
    });
  }
}

test("the explorer was given both broken and corrected structures", () => {
  assert.ok(reports.length >= 40);
});

test("the explorer reaches the outcomes of brute force and no others, with every bound", (t) => {
  assert.deepEqual(comparison.differences, []);
  assert.ok(comparison.outcomes > 1000);
  t.diagnostic(`${comparison.executions} executions, ${comparison.outcomes} outcomes`);
});
