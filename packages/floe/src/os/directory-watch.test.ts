/**
 * Tests of watching a directory: what comes and goes in it is told, and nothing after the end.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { FloeError } from "../errors.ts";
import { DirectoryWatch } from "./directory-watch.ts";

const WATCHDOG = { timeout: 60_000 };
const root = fs.mkdtempSync(join(tmpdir(), "floe-directory-watch-"));
after(() => fs.rmSync(root, { recursive: true }));

const onFailure = (error: FloeError): void => assert.fail(error);

test("what comes and goes is told by its name, until the watch is closed", WATCHDOG, async () => {
  const directory = fs.mkdtempSync(join(root, "told-"));
  const names: (string | undefined)[] = [];
  const watch = new DirectoryWatch(directory, { onChange: (name) => names.push(name), onFailure });
  const told = async (name: string): Promise<void> => {
    while (!names.includes(name)) await turn();
    names.length = 0;
  };
  fs.mkdirSync(join(directory, "made"));
  await told("made");
  fs.renameSync(join(directory, "made"), join(directory, "renamed"));
  await told("renamed");
  fs.rmdirSync(join(directory, "renamed"));
  await told("renamed");
  watch.close();
  fs.mkdirSync(join(directory, "unseen"));
  for (let turns = 0; turns < 100; turns += 1) await turn();
  assert.deepEqual(names, []);
});

test("a directory that is not there cannot be watched", () => {
  const path = join(root, "missing");
  assert.throws(
    () => new DirectoryWatch(path, { onChange: () => {}, onFailure }),
    (error) =>
      FloeError.is(error) && error.code === "FLOE_SERVICE_CORRUPT" && /ENOENT/.test(error.message),
  );
});

for (const [call, ends] of [
  ["", true],
  ["watch.ref(); watch.unref();", true],
  ["watch.ref();", false],
] as const) {
  test(`a process ends ${ends ? "although" : "only after"} it watches: ${call}`, WATCHDOG, () => {
    const url = new URL("./directory-watch.js", import.meta.url);
    const script = `
      import { DirectoryWatch } from ${JSON.stringify(url.href)};
      const watch = new DirectoryWatch(${JSON.stringify(root)}, {
        onChange() {}, onFailure(error) { throw error; },
      });
      ${call}
      // It keeps nobody alive, so it comes only if the watch does.
      setTimeout(() => { watch.close(); console.log("closed"); }, 20).unref();`;
    const args = ["--input-type=module", "--eval", script];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, ends ? "" : "closed\n");
  });
}
