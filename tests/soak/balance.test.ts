/**
 * What the soak compares: each kind of loss and invention is found between two ledgers, and what
 * may be either way because it was under way is not complained of.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boundsOfNotices,
  faultOfCount,
  faultOfMessages,
  owedTo,
  type SenderAccount,
} from "./balance.ts";

const ID = "0123456789abcdef0123456789abcdef";

/** Message n is sent from time 10 n to time 10 n + 4; the sender was made at time 5. */
function sender(
  sentCount: number,
  { closedNs = 0, oldestSent = 1, begunNs = 5 } = {},
): SenderAccount {
  return {
    id: ID,
    begunNs,
    closedNs,
    sentCount,
    oldestSent,
    sentTimes: (sequence) => ({ beginNs: 10 * sequence, endNs: 10 * sequence + 4 }),
  };
}

function receiver(begunNs: number, joinedNs: number, drainedNs: number, takenNs = drainedNs) {
  return { begunNs, joinedNs, drainedNs, takenNs, closingNs: 0, closedNs: 0 };
}

function got(first: number, last: number, missed = 0) {
  return { publisherId: ID, first, last, received: last - first + 1 - missed, missed };
}

test("what is owed was begun after the joining and over before the last look", () => {
  assert.deepEqual(owedTo(sender(100), receiver(0, 1, 2000)), { first: 1, last: 100 });
  assert.deepEqual(owedTo(sender(100), receiver(190, 201, 503)), { first: 21, last: 49 });
  assert.deepEqual(owedTo(sender(100), receiver(190, 200, 504)), { first: 20, last: 50 });
});

test("a subscriber that got or missed everything is in balance", () => {
  const whole = receiver(0, 1, 2000);
  assert.equal(faultOfMessages(sender(100), whole, got(1, 100)), undefined);
  assert.equal(faultOfMessages(sender(100), whole, got(1, 100, 30)), undefined);
  assert.equal(faultOfMessages(sender(0), whole, undefined), undefined);
  // The message that a kill makes uncertain.
  assert.equal(faultOfMessages(sender(100), whole, got(1, 101)), undefined);
  // What was under way while it joined, or while it looked, may be either.
  const late = receiver(190, 201, 503);
  for (const first of [19, 20, 21]) {
    for (const last of [49, 50, 51]) {
      assert.equal(faultOfMessages(sender(100), late, got(first, last)), undefined);
    }
  }
});

test("every kind of loss and invention between a publisher and a subscriber is found", () => {
  const whole = receiver(0, 1, 2000);
  const late = receiver(190, 201, 503);
  const closed = sender(100, { closedNs: 1500 });
  for (const [fault, account, subscriber, received] of [
    [/got nothing/, sender(100), whole, undefined],
    [/ended with 99/, sender(100), whole, got(1, 99)],
    [/began with 2/, sender(100), whole, got(2, 100)],
    [/99 received and 0 missed/, sender(100), whole, { ...got(1, 100), received: 99 }],
    [/got message 101 of 100/, closed, whole, got(1, 101)],
    [/got message 102 of 100/, sender(100), whole, got(1, 102)],
    [/before it joined/, sender(100), late, got(17, 50)],
    [/began with 22/, sender(100), late, got(22, 50)],
    [/ended with 48/, sender(100), late, got(21, 48)],
  ] as const) {
    assert.match(faultOfMessages(account, subscriber, received) ?? "nothing", fault);
  }
});

test("of a sender that has forgotten when it sent, only what is known is asked for", () => {
  const account = sender(100, { oldestSent: 61 });
  const late = receiver(190, 201, 2000);
  assert.equal(faultOfMessages(account, late, got(21, 100)), undefined);
  assert.match(faultOfMessages(account, late, got(62, 100)) ?? "", /began with 62/);
  assert.deepEqual(boundsOfNotices(account, receiver(0, 1, 2000)), { least: 100, most: 101 });
});

test("notifications are counted within what was under way", () => {
  const closed = sender(100, { closedNs: 1500 });
  assert.deepEqual(boundsOfNotices(closed, receiver(0, 1, 2000)), { least: 100, most: 100 });
  assert.deepEqual(boundsOfNotices(sender(100), receiver(0, 1, 2000)), { least: 100, most: 101 });
  assert.deepEqual(boundsOfNotices(closed, receiver(183, 205, 503, 506)), { least: 29, most: 33 });
  assert.equal(faultOfCount(7, 29, { least: 29, most: 33 }), undefined);
  assert.match(faultOfCount(7, 28, { least: 29, most: 33 }) ?? "", /event 7 counted 28/);
  assert.match(faultOfCount(7, 34, { least: 29, most: 33 }) ?? "", /event 7 counted 34/);
});
