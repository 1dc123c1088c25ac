/**
 * Node watch: what it does where a directory cannot be watched, or not any more.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { FloeError } from "../errors.ts";
import { DirectoryWatch, type DirectoryWatcher } from "../os/directory-watch.ts";
import { systemError } from "../os/system-error.ts";
import { enterDomain } from "./domain.ts";
import { NodeCore } from "./node-core.ts";
import { NodeWatch } from "./node-watch.ts";

const WATCHDOG = { timeout: 60_000 };

interface Scene {
  readonly core: NodeCore;
  readonly told: string[];
  /** How often the directory could be watched, or not. */
  readonly attempts: ("watched" | "refused")[];
  /** Makes the watch that is open now fail. */
  fail: () => void;
  readonly watch: NodeWatch;
}

/** A watch whose directory cannot be watched as often as `isRefused` says so. */
function sceneOf(t: TestContext, isRefused: (attempt: number) => boolean): Scene {
  const root = mkdtempSync(join(process.env.FLOE_ROOT ?? tmpdir(), "node-watch-"));
  const domain = enterDomain({ root });
  const core = new NodeCore("watcher", domain);
  const told: string[] = [];
  const attempts: Scene["attempts"] = [];
  const error = (path: string) => systemError("inotify", "EMFILE", path);
  const scene: Scene = {
    core,
    told,
    attempts,
    fail: () => assert.fail("nothing is watched"),
    watch: new NodeWatch({
      domainPath: domain.path,
      ownId: core.id,
      lives: core.peerLives,
      onChange: (change, { name }) => told.push(`${name} ${change}`),
      watchDirectory: (path: string, watcher: DirectoryWatcher) => {
        const isRefusedNow = isRefused(attempts.length);
        attempts.push(isRefusedNow ? "refused" : "watched");
        if (isRefusedNow) throw error(path);
        scene.fail = () => watcher.onFailure(error(path));
        return new DirectoryWatch(path, watcher);
      },
    }),
  };
  t.after(() => {
    scene.watch.end();
    core.release();
    rmSync(root, { recursive: true });
  });
  return scene;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

test("without a watch the directory is listed, until it can be watched", WATCHDOG, async (t) => {
  const scene = sceneOf(t, (attempt) => attempt < 2);
  const warned = once(process, "warning");
  scene.watch.begin();
  const guest = new NodeCore("guest", scene.core.domain);
  const [warning] = (await warned) as [unknown];
  assert.ok(FloeError.is(warning) && warning.code === "FLOE_TOO_MANY_FILES");
  process.once("warning", () => assert.fail("warned twice"));
  await until(() => scene.told.length === 1);
  guest.release();
  await until(() => scene.told.length === 2);
  assert.deepEqual(scene.told, ["guest joined", "guest left"]);
  await until(() => scene.attempts.length === 3);
  // From now on no listing is needed, and none is made.
  const late = new NodeCore("late", scene.core.domain);
  await until(() => scene.told.length === 3);
  assert.deepEqual(scene.attempts, ["refused", "refused", "watched"]);
  late.release();
  await until(() => scene.told.length === 4);
  process.removeAllListeners("warning");
});

test("a watch that ends by itself is made anew", WATCHDOG, async (t) => {
  const scene = sceneOf(t, () => false);
  const warned = once(process, "warning");
  scene.watch.begin();
  scene.fail();
  await warned;
  const guest = new NodeCore("guest", scene.core.domain);
  await until(() => scene.told.length === 1);
  assert.deepEqual(scene.attempts, ["watched", "watched"]);
  guest.release();
  await until(() => scene.told.length === 2);
  assert.deepEqual(scene.told, ["guest joined", "guest left"]);
});
