/**
 * The books of the soak, over ledgers that a test has written: true ones balance, false ones are
 * found, whether the receiver has ended or stays.
 */
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Books, RESIDENT } from "./books.ts";
import { ListenerLedger, nowNs, SenderLedger, SubscriberLedger } from "./ledger-file.ts";
import { SERVICES } from "./services.ts";

const ID = "0123456789abcdef0123456789abcdef";
const OTHER_ID = "fedcba9876543210fedcba9876543210";
const STRUCTS = SERVICES.findIndex(({ name }) => name === "structs");
const EVENTS = SERVICES.findIndex(({ name }) => name === "told of death");

const port = (id: string) => (): { readonly id: string } => ({ id });
const nothing = (): void => {};

/** Runs `body` with a folder for ledgers; returns the offences. */
function offencesOf(body: (folder: string, books: Books) => void): string[] {
  const folder = mkdtempSync(join(tmpdir(), "floe-books-"));
  const offences: string[] = [];
  try {
    body(folder, new Books(folder, (text) => offences.push(text)));
    return offences;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function send(ledger: SenderLedger, count: number): void {
  for (let sent = 0; sent < count; sent += 1) ledger.sent(nowNs(), 10);
}

/** A publisher that sends 100 messages, and a subscriber that was there before it. */
function exchange(folder: string, receiverName: string, last: number, publisherId = ID): void {
  const subscriber = new SubscriberLedger(`${folder}/${receiverName}-0.1.subscriber`, STRUCTS);
  subscriber.joining(port(OTHER_ID));
  const publisher = new SenderLedger(`${folder}/life1-0.1.publisher`, STRUCTS);
  publisher.joining(port(ID));
  send(publisher, 100);
  publisher.closing(nothing);
  subscriber.received({ publisherId, first: 1, last, received: last - 30, missed: 30 });
  subscriber.note("drainedNs");
}

test("ledgers that agree are closed without an offence", () => {
  const offences = offencesOf((folder, books) => {
    exchange(folder, "life2", 100);
    books.processEnded("life1");
    books.processEnded("life2");
    books.forgetBefore(Number.POSITIVE_INFINITY);
    const { sent, sentBytes, received, missed } = books.totals;
    assert.deepEqual([sent, sentBytes, received, missed], [100, 1000, 70, 30]);
  });
  assert.deepEqual(offences, []);
});

test("a message that is lost is found, whoever ends first", () => {
  for (const order of [
    ["life1", "life2"],
    ["life2", "life1"],
  ] as const) {
    const offences = offencesOf((folder, books) => {
      exchange(folder, "life2", 99);
      for (const name of order) books.processEnded(name);
    });
    assert.match(offences.join(), /life2-0.1.subscriber: ended with 99 instead of 100/);
  }
});

test("messages of a publisher that there never was are found", () => {
  const offences = offencesOf((folder, books) => {
    exchange(folder, "life2", 100, OTHER_ID);
    books.processEnded("life1");
    books.processEnded("life2");
  });
  assert.match(offences.join(), /got nothing of messages 1 to 100/);
  assert.match(offences.join(), /messages of a publisher that nobody is/);
});

test("who stays is compared as soon as it has looked, and may forget then", () => {
  for (const [last, fault] of [
    [100, /^$/],
    [98, /ended with 98 instead of 100/],
  ] as const) {
    const offences = offencesOf((folder, books) => {
      exchange(folder, RESIDENT, last);
      books.processEnded("life1");
      assert.deepEqual(books.settle(), [], "it has not looked since");
      assert.equal(books.unsettledCount, 1);
      lookAgain(folder);
      assert.deepEqual(books.settle(), [ID]);
      assert.equal(books.unsettledCount, 0);
      books.forgetBefore(Number.POSITIVE_INFINITY);
      assert.equal(readdirSync(folder).length, 1);
    });
    assert.match(offences.join(), fault);
  }
});

/** Writes the ledger of the one who stays once more, as it is, with a later look. */
function lookAgain(folder: string): void {
  const path = `${folder}/${RESIDENT}-0.1.subscriber`;
  const offset = 3 * 8;
  const fd = openSync(path, "r+");
  writeSync(fd, new Float64Array([nowNs()]), 0, 8, offset);
  closeSync(fd);
}

test("a notification that is lost, and one that nobody made, are found", () => {
  for (const [count, fault] of [
    [50, /^$/],
    [49, /event 3 counted 49 times/],
    [51, /event 3 counted 51 times/],
  ] as const) {
    const offences = offencesOf((folder, books) => {
      const listener = new ListenerLedger(`${folder}/life2-0.1.listener`, EVENTS, 9);
      listener.joining(port(OTHER_ID));
      const notifier = new SenderLedger(`${folder}/life1-0.1.notifier`, EVENTS);
      notifier.note("eventId", 3);
      notifier.joining(port(ID));
      send(notifier, 50);
      notifier.closing(nothing);
      listener.note("takenNs");
      listener.counted(3, count);
      listener.note("drainedNs");
      books.processEnded("life1");
      books.processEnded("life2");
    });
    assert.match(offences.join(), fault);
  }
});

test("a death that nobody was told of is found", () => {
  for (const [told, fault] of [
    [1, /^$/],
    [0, /event 9 counted 0 times/],
    [2, /event 9 counted 2 times/],
  ] as const) {
    const offences = offencesOf((folder, books) => {
      const listener = new ListenerLedger(`${folder}/${RESIDENT}-0.1.listener`, EVENTS, 9);
      listener.joining(port(OTHER_ID));
      const notifier = new SenderLedger(`${folder}/life1-0.1.notifier`, EVENTS);
      notifier.joining(port(ID));
      books.processEnded("life1");
      listener.note("takenNs");
      listener.counted(7, 1);
      if (told > 0) listener.counted(9, told);
      listener.note("drainedNs");
      books.settle();
      books.checkResidentListeners(0);
    });
    assert.match(offences.join(), fault);
  }
});
