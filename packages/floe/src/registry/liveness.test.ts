/**
 * Liveness: told by the lock alone, and never guessed.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { randomId } from "../memory/id.ts";
import { makeDirectory } from "../os/files.ts";
import { enterDomain } from "./domain.ts";
import { deathRegister, livenessOf } from "./liveness.ts";
import { NodeCore } from "./node-core.ts";
import { ALIVE_FILE, nodeDirectory } from "./node-files.ts";

test("a node lives as long as its lock is held, and what cannot be asked is not dead", (t) => {
  const root = mkdtempSync(join(process.env.FLOE_ROOT ?? tmpdir(), "liveness-"));
  t.after(() => rmSync(root, { recursive: true }));
  const domain = enterDomain({ root });
  const one = new NodeCore("one", domain);
  const other = new NodeCore("other", domain);
  assert.equal(livenessOf(domain.path, one.id), "alive");
  const isDead = deathRegister(other);
  assert.deepEqual([isDead(one.id), isDead(other.id), isDead(randomId())], [false, false, true]);
  one.release();
  assert.equal(livenessOf(domain.path, one.id), "dead");
  assert.equal(isDead(one.id), false, "asked once");
  // The node of a process that was killed: all its files are there, and nobody holds the lock.
  const killedId = randomId();
  makeDirectory(nodeDirectory(domain.path, killedId), 0o700);
  const alivePath = join(nodeDirectory(domain.path, killedId), ALIVE_FILE);
  writeFileSync(alivePath, "");
  assert.equal(livenessOf(domain.path, killedId), "dead");
  unlinkSync(alivePath);
  // The errno of a file that cannot be opened, whoever asks: a link that leads to itself.
  symlinkSync(ALIVE_FILE, alivePath);
  assert.equal(livenessOf(domain.path, killedId), "inaccessible");
  assert.equal(deathRegister(other)(killedId), false);
  other.release();
});
