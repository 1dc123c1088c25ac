/**
 * Crash points count what is changed, and kill at the one that was chosen; production has none.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { armCrashPoints, crashPoint, disarmCrashPoints } from "./points.crash.ts";
import * as production from "./points.ts";

const CONDITION = "--conditions=floe-crash";
const TIMEOUT_MS = 30_000;

function run(program: string, ...options: string[]) {
  const pointsUrl = JSON.stringify(import.meta.resolve("./points.crash.js"));
  const wordsUrl = JSON.stringify(import.meta.resolve("../sync/words.crash.js"));
  const text = program.replace("POINTS", pointsUrl).replace("WORDS", wordsUrl);
  const args = [...options, "--input-type=module", "--eval", text];
  return spawnSync(process.execPath, args, { encoding: "utf8", timeout: TIMEOUT_MS });
}

test("points are counted while they are armed", () => {
  crashPoint("too early");
  armCrashPoints(0);
  crashPoint("one");
  crashPoint("two");
  assert.equal(disarmCrashPoints(), 2);
  crashPoint("too late");
  armCrashPoints(0);
  assert.equal(disarmCrashPoints(), 0);
});

test("a process dies before the change that it was told to die at, and says which", () => {
  const { signal, stdout, stderr } = run(
    `import { writeSync } from "node:fs";
    import { armCrashPoints } from POINTS;
    import { exchange, loadAcquire, storeRelease } from WORDS;
    const words = new Int32Array(1);
    armCrashPoints(2, (point) => writeSync(1, JSON.stringify({ ...point, word: words[0] })));
    function change(value) { storeRelease(words, 0, value); }
    change(5);
    loadAcquire(words, 0);
    exchange(words, 0, 6);
    writeSync(1, "survived");`,
    CONDITION,
  );
  assert.equal(signal, "SIGKILL", stderr);
  assert.deepEqual(JSON.parse(stdout), { ordinal: 2, operation: "exchange", place: "", word: 5 });
});

test("production has no crash points, and programs cannot reach them", () => {
  armCrashPoints(0);
  production.crashPoint("nothing");
  assert.equal(disarmCrashPoints(), 0);
  const { stderr } = run(`import "floe/crash";`);
  assert.match(stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
});
