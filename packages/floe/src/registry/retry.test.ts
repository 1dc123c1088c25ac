/** Retries: again and again until it works, also when it throws, and not a moment longer. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { FloeError } from "../errors.ts";
import { Retry } from "./retry.ts";

const refusal = new FloeError("FLOE_SYSTEM", {
  subject: "something",
  wanted: "to have it",
  found: "that it is not to be had",
  remedy: "Try again.",
});

test("what fails is tried again in growing intervals, until it succeeds", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => 0);
  const attempt = mock.fn(() => attempt.mock.callCount() >= 3);
  const retry = new Retry(attempt);
  retry.begin();
  retry.begin();
  assert.equal(attempt.mock.callCount(), 1, "a later try is due already");
  t.mock.timers.tick(5);
  assert.equal(attempt.mock.callCount(), 2);
  t.mock.timers.tick(9);
  assert.equal(attempt.mock.callCount(), 2, "the second interval is longer");
  t.mock.timers.tick(1);
  assert.equal(attempt.mock.callCount(), 3);
  t.mock.timers.tick(20);
  assert.equal(attempt.mock.callCount(), 4);
  t.mock.timers.tick(100_000);
  assert.equal(attempt.mock.callCount(), 4, "it has succeeded");
});

test("who blocks its thread, so that no timer fires, tries again by asking again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const attempt = mock.fn(() => attempt.mock.callCount() >= 2);
  const retry = new Retry(attempt);
  retry.begin();
  nowMs = 4.9;
  retry.begin();
  assert.equal(attempt.mock.callCount(), 1, "not before it is due");
  nowMs = 5;
  retry.begin();
  assert.equal(attempt.mock.callCount(), 2);
  nowMs = 14;
  retry.begin();
  assert.equal(attempt.mock.callCount(), 2, "the second interval is longer");
  nowMs = 15;
  retry.begin();
  assert.equal(attempt.mock.callCount(), 3);
  t.mock.timers.tick(100_000);
  assert.equal(attempt.mock.callCount(), 3, "it has succeeded");
});

test("what the system refuses is a failure with a warning, once, and no uncaught error", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const warn = t.mock.method(process, "emitWarning", () => {});
  const attempt = mock.fn(() => {
    if (attempt.mock.callCount() < 2) throw refusal;
    return true;
  });
  new Retry(attempt).begin();
  t.mock.timers.tick(5);
  t.mock.timers.tick(10);
  assert.equal(attempt.mock.callCount(), 3);
  assert.deepEqual(
    warn.mock.calls.map((call) => call.arguments[0]),
    [refusal],
  );
});

test("a mistake of ours is not tried again", () => {
  const mistake = new TypeError("mine");
  const retry = new Retry(() => {
    throw mistake;
  });
  assert.throws(() => retry.begin(), mistake);
});

test("what is ended is tried no more, and what shall be tried later is not tried now", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const attempt = mock.fn(() => false);
  const retry = new Retry(attempt);
  retry.beginLater();
  assert.equal(attempt.mock.callCount(), 0);
  t.mock.timers.tick(5);
  assert.equal(attempt.mock.callCount(), 1);
  retry.end();
  t.mock.timers.tick(100_000);
  assert.equal(attempt.mock.callCount(), 1);
});
