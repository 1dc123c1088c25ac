/** Service names: each has a directory of its own that is safe, readable and not too long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { serviceDirectoryName } from "./service-name.ts";

const nameOf = (name: string): string => serviceDirectoryName("publish-subscribe", name);
const PREFIX = "service.publish-subscribe.";

test("a name stays readable, and what is unsafe in a path is written in hexadecimal", () => {
  assert.equal(nameOf("robot.pose_1-a"), `${PREFIX}robot.pose_1-a`);
  assert.equal(nameOf("robot/pose"), `${PREFIX}robot%2Fpose`);
  assert.equal(nameOf("100% é"), `${PREFIX}100%25%20%C3%A9`);
  assert.equal(nameOf(".."), `${PREFIX}..`);
});

test("any two names have two directories, each one component that a file system takes", (t) => {
  const seed = Number(process.env.FLOE_TEST_SEED ?? Date.now() | 0);
  t.diagnostic(`seed ${seed}; set FLOE_TEST_SEED to run it again`);
  const anyName = fc
    .string({ unit: "binary", minLength: 1, maxLength: 255, size: "max" })
    .filter((name) => Buffer.byteLength(name) <= 255 && !name.includes("\0"));
  fc.assert(
    fc.property(anyName, anyName, (one, other) => {
      for (const directory of [nameOf(one), nameOf(other)]) {
        assert.match(directory, /^service\.publish-subscribe\.[A-Za-z0-9._~%-]+$/);
        assert.ok(directory.length <= 255);
      }
      assert.equal(nameOf(one) === nameOf(other), one === other);
    }),
    { seed, numRuns: 500 },
  );
});

test("long names that differ only behind the cut, or only by it, are told apart", () => {
  const long = "x".repeat(254);
  assert.notEqual(nameOf(`${long}1`), nameOf(`${long}2`));
  assert.ok(nameOf(`${long}1`).startsWith(`${PREFIX}xxxx`));
  assert.notEqual(nameOf("x".repeat(180)), nameOf("x".repeat(181)));
});

test("no name, a long one, and one with a NUL are refused", () => {
  for (const name of ["", "x".repeat(256), "🚀".repeat(64), "a\0"]) {
    assert.throws(() => nameOf(name), { code: "FLOE_NAME_INVALID", wanted: /255/ });
  }
});
