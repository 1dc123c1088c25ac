/**
 * Faults of access: directories that may not be entered, read or written, for this user or at all.
 */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Expected } from "../support/assertions.ts";
import type { ChildOptions } from "../support/child.ts";
import { NOBODY_ID, otherUserProblem } from "../support/other-user.ts";
import type { Chapter, Fault } from "./fault.ts";
import { mountProblem, readOnlyWrapper } from "./namespaces.ts";
import type { Scene } from "./scene.ts";

const isRoot = process.getuid!() === 0;

/** Permissions do not bind root, so root becomes nobody; everybody else is bound as they are. */
const UNPRIVILEGED: ChildOptions = isRoot ? { userId: NOBODY_ID, groupId: NOBODY_ID } : {};

function unprivilegedProblem(): string | false {
  return isRoot ? otherUserProblem() : false;
}

function denied(subject: RegExp, found: RegExp, remedy: RegExp): Required<Expected> {
  return { subject, wanted: /./, found, remedy };
}

/** Gives the root of the domain to who is not privileged. */
function giveAway(scene: Scene): void {
  if (isRoot) chownSync(scene.bench.root, NOBODY_ID, NOBODY_ID);
}

const rootClosed: Fault = {
  fault: "the root directory may not be entered",
  outcome: "`Node.create` throws.",
  codes: ["FLOE_ROOT_UNUSABLE"],
  skip: unprivilegedProblem,
  prove: async (scene) => {
    chmodSync(scene.bench.root, isRoot ? 0o700 : 0o000);
    const expected = denied(/\/test$/, /EACCES/, /FLOE_ROOT/);
    await scene.rejects("FLOE_ROOT_UNUSABLE", expected, scene.puppet(UNPRIVILEGED).call("node"));
    chmodSync(scene.bench.root, 0o700);
  },
};

const domainClosed: Fault = {
  fault: "the domain may be entered but not written, when a node or a service is created",
  outcome: "It throws; what runs goes on, also joining. With permission, everything works.",
  codes: ["FLOE_PERMISSION"],
  skip: unprivilegedProblem,
  prove: async (scene) => {
    giveAway(scene);
    const puppet = scene.puppet(UNPRIVILEGED);
    await puppet.call("open", "publisher");
    chmodSync(scene.bench.directory, 0o500);
    const expected = denied(/\/test\/\.(node|created)\./, /EACCES/, /FLOE_ROOT/);
    await scene.rejects("FLOE_PERMISSION", expected, puppet.call("second", "node"));
    await scene.rejects("FLOE_PERMISSION", expected, puppet.call("createOther"));
    await puppet.call("open", "subscriber");
    assert.equal(await puppet.call("send", 1), 1);
    assert.deepEqual(await puppet.call("poll"), [1]);
    chmodSync(scene.bench.directory, 0o700);
    await puppet.call("second", "node");
    await puppet.call("createOther");
  },
};

const lastCloses: Fault = {
  fault: "the domain may not be written when its last service and node are closed",
  outcome:
    "Leaving the service throws and may be tried again. A node ends all the same: a warning " +
    "tells, and what it leaves is cleaned up after as if it were dead.",
  codes: ["FLOE_PERMISSION"],
  skip: unprivilegedProblem,
  prove: async (scene) => {
    giveAway(scene);
    const puppet = scene.puppet(UNPRIVILEGED);
    await puppet.call("open", "publisher");
    chmodSync(scene.bench.directory, 0o500);
    const expected = denied(/service\.publish-subscribe\.m$/, /EACCES/, /mode/);
    await scene.rejects("FLOE_PERMISSION", expected, puppet.call("close"));
    chmodSync(scene.bench.directory, 0o700);
    await puppet.call("close");
    assert.deepEqual(await puppet.call("filesBelow"), []);
    await puppet.call("node");
    await puppet.call("noteWarnings");
    chmodSync(scene.bench.directory, 0o500);
    await puppet.call("close");
    assert.match((await puppet.call("warnings"))[0] ?? "", /EACCES.*\[FLOE_PERMISSION\]/);
    assert.deepEqual((await puppet.call("holdings")).open, []);
    chmodSync(scene.bench.directory, 0o700);
    assert.equal((await puppet.call("clean")).length, 1);
  },
};

const serviceClosed: Fault = {
  fault: "a service's directory may not be entered by this user",
  outcome: "Opening it throws; other services of the domain are open to everybody.",
  codes: ["FLOE_PERMISSION"],
  skip: unprivilegedProblem,
  prove: async (scene) => {
    giveAway(scene);
    const owner = scene.puppet(UNPRIVILEGED);
    await owner.call("open", "publisher");
    const directory = join(scene.bench.directory, "service.publish-subscribe.m");
    chmodSync(directory, 0o000);
    const puppet = scene.puppet(UNPRIVILEGED);
    const expected = denied(/service\.publish-subscribe\.m$/, /EACCES/, /mode/);
    await scene.rejects("FLOE_PERMISSION", expected, puppet.call("open", "subscriber"));
    await puppet.call("open", "listener");
    chmodSync(directory, 0o700);
    await puppet.call("open", "subscriber");
    assert.equal(await owner.call("send", 1), 1);
    assert.deepEqual(await puppet.call("poll"), [1]);
  },
};

const readOnlyDomain: Fault = {
  fault: "the domain is mounted read-only (`EROFS`), as in a container",
  outcome: "`Node.create` throws.",
  codes: ["FLOE_PERMISSION"],
  skip: mountProblem,
  prove: async (scene) => {
    const publisher = scene.actor("publisher");
    const puppet = scene.puppet({ wrapper: readOnlyWrapper(scene.bench.root) });
    const expected = denied(/\/test\/\.node\./, /EROFS/, /read-only/);
    await scene.rejects("FLOE_PERMISSION", expected, puppet.call("node"));
    assert.equal(publisher.send(1), 0);
  },
};

const readOnlyRoot: Fault = {
  fault: "the root is mounted read-only and the domain does not exist yet",
  outcome: "`Node.create` throws.",
  codes: ["FLOE_ROOT_UNUSABLE"],
  skip: mountProblem,
  prove: async (scene) => {
    const puppet = scene.puppet({ wrapper: readOnlyWrapper(scene.bench.root) });
    const expected = denied(/\/test$/, /EROFS/, /FLOE_ROOT/);
    await scene.rejects("FLOE_ROOT_UNUSABLE", expected, puppet.call("node"));
  },
};

const foreignDomain: Fault = {
  fault: "the domain's directory belongs to another user, who could plant services in it",
  outcome: "`Node.create` throws, whatever the directory's mode is.",
  codes: ["FLOE_ROOT_UNUSABLE"],
  skip: otherUserProblem,
  prove: async (scene) => {
    mkdirSync(scene.bench.directory);
    chmodSync(scene.bench.directory, 0o777);
    chownSync(scene.bench.directory, NOBODY_ID, NOBODY_ID);
    const expected = denied(/\/test$/, /belongs to user 65534/, /FLOE_ROOT/);
    scene.throws("FLOE_ROOT_UNUSABLE", expected, () => scene.actor().node());
  },
};

/** See the file's first paragraph. */
export const accessFaults: Chapter = {
  title: "No permission",
  text: "Modes, owners and mounts; the error names the path and what the kernel answered.",
  faults: [
    rootClosed,
    domainClosed,
    lastCloses,
    serviceClosed,
    readOnlyDomain,
    readOnlyRoot,
    foreignDomain,
  ],
};
