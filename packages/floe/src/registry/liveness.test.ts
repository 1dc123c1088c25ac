/**
 * Liveness: told by the kernel alone, never guessed; and what is not understood is not dead.
 */
import assert from "node:assert/strict";
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { randomId } from "../memory/id.ts";
import { makeFifo } from "../os/fifos.ts";
import { makeDirectory } from "../os/files.ts";
import { type Domain, enterDomain } from "./domain.ts";
import { deathRegister, livenessOf } from "./liveness.ts";
import { NodeCore } from "./node-core.ts";
import { describeNode, listNodes } from "./node-details.ts";
import { ALIVE_FILE, DETAILS_FILE, LIFE_FILE, nodeDirectory } from "./node-files.ts";

function domainOf(t: TestContext): Domain {
  const root = mkdtempSync(join(process.env.FLOE_ROOT ?? tmpdir(), "liveness-"));
  t.after(() => rmSync(root, { recursive: true }));
  return enterDomain({ root });
}

test("a node lives as long as its lock is held, and is dead when it is gone", (t) => {
  const domain = domainOf(t);
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
  assert.equal(livenessOf(domain.path, killedId), "dead", "whoever cleans up began with it");
  other.release();
});

test("who has no descriptor to look with is told so, and may look again", (t) => {
  const domain = domainOf(t);
  const other = new NodeCore("other", domain);
  const killedId = randomId();
  makeDirectory(nodeDirectory(domain.path, killedId), 0o700);
  writeFileSync(join(nodeDirectory(domain.path, killedId), ALIVE_FILE), "");
  const isDead = deathRegister(other);
  const refusing = t.mock.method(fs, "openSync", () => {
    throw Object.assign(new Error("refused"), { code: "EMFILE", syscall: "open" });
  });
  syncBuiltinESMExports();
  const refusal = { code: "FLOE_TOO_MANY_FILES" };
  assert.throws(() => isDead(killedId), refusal);
  assert.throws(() => describeNode(domain.path, killedId), refusal);
  assert.throws(() => listNodes(domain.path), refusal);
  refusing.mock.restore();
  syncBuiltinESMExports();
  assert.equal(isDead(killedId), true);
  other.release();
});

/** What somebody may have done to a node that lives. */
const DAMAGES: Readonly<Record<string, (directory: string) => void>> = {
  "a directory instead of its lock": (directory) => {
    replace(join(directory, ALIVE_FILE), (path) => mkdirSync(path));
  },
  "a FIFO instead of its lock": (directory) => {
    replace(join(directory, ALIVE_FILE), (path) => makeFifo(path, 0o600));
  },
  "a link that leads to itself instead of its lock": (directory) => {
    replace(join(directory, ALIVE_FILE), (path) => symlinkSync(ALIVE_FILE, path));
  },
  "a file instead of its life": (directory) => {
    replace(join(directory, LIFE_FILE), (path) => writeFileSync(path, ""));
  },
  "no life": (directory) => unlinkSync(join(directory, LIFE_FILE)),
  "a file instead of its directory": (directory) => {
    replace(directory, (path) => writeFileSync(path, ""));
  },
};

/** Puts something else in the place of a file, and keeps that beside it. */
function replace(path: string, make: (path: string) => void): void {
  renameSync(path, `${path}.moved`);
  make(path);
}

for (const [damage, inflict] of Object.entries(DAMAGES)) {
  test(`a node is undefined, and not dead, with ${damage}`, (t) => {
    const domain = domainOf(t);
    const node = new NodeCore("node", domain);
    const other = new NodeCore("other", domain);
    inflict(nodeDirectory(domain.path, node.id));
    assert.equal(livenessOf(domain.path, node.id), "undefined");
    assert.equal(describeNode(domain.path, node.id)?.state, "undefined");
    assert.equal(deathRegister(other)(node.id), false);
    other.release();
    // What is not a node's own is in the way of its end, which says so.
    rmSync(nodeDirectory(domain.path, node.id), { recursive: true });
    node.release();
  });
}

/** What may stand in a file that says who a node is. */
const NOISE: Readonly<Record<string, (path: string) => void>> = {
  nothing: (path) => unlinkSync(path),
  "an empty file": (path) => writeFileSync(path, ""),
  noise: (path) => writeFileSync(path, "\0\x01{"),
  "another id": (path) => writeFileSync(path, JSON.stringify({ id: randomId(), name: "" })),
  "a name that is a number": (path) => writeFileSync(path, JSON.stringify({ name: 7 })),
  "the JSON of nothing": (path) => writeFileSync(path, "null"),
  "a directory": (path) => replace(path, () => mkdirSync(path)),
  "a FIFO": (path) => replace(path, () => makeFifo(path, 0o600)),
  "too much": (path) => writeFileSync(path, " ".repeat(1 << 20)),
};

for (const [noise, make] of Object.entries(NOISE)) {
  test(`a living node that says of itself ${noise} is reported as undefined`, (t) => {
    const domain = domainOf(t);
    const node = new NodeCore("node", domain);
    const directory = nodeDirectory(domain.path, node.id);
    make(join(directory, DETAILS_FILE));
    assert.deepEqual(listNodes(domain.path), [{ id: node.id, name: "", state: "undefined" }]);
    // It does live: nobody cleans up after it.
    assert.equal(livenessOf(domain.path, node.id), "alive");
    rmSync(directory, { recursive: true });
    node.release();
  });
}

test("a node says who it is, and a dead one whatever is left of that", (t) => {
  const domain = domainOf(t);
  const node = new NodeCore("planner", domain);
  const { id } = node;
  const living = { id, name: "planner", processId: process.pid, executable: process.argv0 };
  assert.deepEqual(listNodes(domain.path), [{ ...living, state: "alive" }]);
  const deadId = randomId();
  const directory = nodeDirectory(domain.path, deadId);
  makeDirectory(directory, 0o700);
  assert.deepEqual(describeNode(domain.path, deadId), { id: deadId, name: "", state: "dead" });
  writeFileSync(join(directory, DETAILS_FILE), JSON.stringify({ id: deadId, name: "dead" }));
  assert.deepEqual(describeNode(domain.path, deadId), { id: deadId, name: "dead", state: "dead" });
  // Neither is a node's directory.
  makeDirectory(join(domain.path, "node.x"), 0o700);
  makeDirectory(join(domain.path, `.node.${randomId()}`), 0o700);
  assert.equal(listNodes(domain.path).length, 2);
  node.release();
  assert.equal(describeNode(domain.path, id), undefined);
  assert.deepEqual(listNodes(join(domain.path, "elsewhere")), []);
});

test("a node that may not be looked at is inaccessible, and not dead", {
  skip: process.getuid!() === 0 && "root may look at everything",
}, (t) => {
  const domain = domainOf(t);
  const node = new NodeCore("node", domain);
  const other = new NodeCore("other", domain);
  chmodSync(nodeDirectory(domain.path, node.id), 0);
  assert.equal(livenessOf(domain.path, node.id), "inaccessible");
  assert.equal(describeNode(domain.path, node.id)?.state, "inaccessible");
  assert.equal(deathRegister(other)(node.id), false);
  chmodSync(nodeDirectory(domain.path, node.id), 0o700);
  node.release();
  other.release();
});
