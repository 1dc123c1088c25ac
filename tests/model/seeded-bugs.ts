/**
 * Seeded bugs: little structures, each once broken and once right, that test the explorer itself.
 *
 * A checker that passes everything is worth nothing; these show that the mistakes which lock-free
 * code is prone to are found, each in its own kind of report, and that the corrected version next
 * to it passes. `explorer.test.ts` runs the list.
 */

import assert from "node:assert/strict";
import {
  compareExchange,
  exchange,
  fetchAdd,
  loadAcquire,
  peek,
  poke,
  storeRelease,
} from "floe/model";
import { linkScenario } from "./link-model.ts";
import type { ModelThread, Scenario, ThreadControl } from "./scenario.ts";
import { SEEDED_DOORBELLS } from "./seeded-doorbells.ts";
import { SEEDED_EVENT_COUNTS } from "./seeded-event-counts.ts";

/** A scenario together with what the explorer has to say about it. */
export interface SeededBug {
  readonly scenario: Scenario;
  /** What the failure's message contains; undefined for the corrected versions, which pass. */
  readonly expected: string | undefined;
}

function countingThreads(name: string, increment: (words: Int32Array) => void): Scenario {
  return {
    name,
    build: () => {
      const words = new Int32Array(1);
      const run = (): void => increment(words);
      return {
        threads: [
          { name: "left", run },
          { name: "right", run },
        ],
        check: () => assert.equal(peek(words, 0), 2, "an increment was lost"),
        regions: [{ name: "count", words }],
      };
    },
  };
}

const DATA = 0;
const FLAG = 1;

/** One message, published through FLAG; the order and the kind of the two writes differ. */
function publishing(name: string, publish: (words: Int32Array) => void): Scenario {
  return {
    name,
    build: () => {
      const words = new Int32Array(2);
      return {
        threads: [
          { name: "writer", run: () => publish(words) },
          {
            name: "reader",
            run: ({ note }) => {
              if (loadAcquire(words, FLAG) === 1) note("read", peek(words, DATA));
            },
          },
        ],
        check: ({ values }) => {
          for (const value of values("reader", "read")) assert.equal(value, 42, "torn message");
        },
        regions: [{ name: "message", words }],
      };
    },
  };
}

/** Two takers for one message; the message must be delivered once. */
function taking(name: string, take: (words: Int32Array) => number): Scenario {
  return {
    name,
    build: () => {
      const words = new Int32Array([7]);
      const taker = (threadName: string): ModelThread => ({
        name: threadName,
        run: ({ note }) => {
          const message = take(words);
          if (message !== 0) note("took", message);
        },
      });
      return {
        threads: [taker("receiver"), taker("sender")],
        check: ({ values }) => {
          const took = [...values("receiver", "took"), ...values("sender", "took")];
          assert.deepEqual(took, [7], "not delivered exactly once");
        },
        regions: [{ name: "slot", words }],
      };
    },
  };
}

const FREE = 0;
const OWNER = 1;

/**
 * A chunk is taken out of FREE and recorded in OWNER by a thread that may die in between. Its
 * survivor returns what is recorded; the right one asks the chunk itself, so that nothing is lost.
 */
function dyingOwner(name: string, recordsFirst: boolean): Scenario {
  return {
    name,
    maxDeaths: 1,
    build: () => {
      const words = new Int32Array([5, 0]);
      const run = (): void => {
        if (recordsFirst) {
          // An intention that may name a chunk which was not taken; the survivor compares.
          storeRelease(words, OWNER, loadAcquire(words, FREE));
          exchange(words, FREE, 0);
        } else {
          storeRelease(words, OWNER, exchange(words, FREE, 0));
        }
        storeRelease(words, FREE, loadAcquire(words, OWNER));
        storeRelease(words, OWNER, 0);
      };
      const recover = (): void => {
        const chunk = loadAcquire(words, OWNER);
        if (chunk !== 0) compareExchange(words, FREE, 0, chunk);
        storeRelease(words, OWNER, 0);
      };
      return {
        threads: [
          { name: "owner", run, mortal: true },
          { name: "survivor", run: recover, afterDeathOf: "owner" },
        ],
        check: () => assert.equal(peek(words, FREE), 5, "the chunk has leaked"),
        regions: [
          { name: "free", words, firstWordIndex: FREE },
          { name: "owner", words, firstWordIndex: OWNER },
        ],
      };
    },
  };
}

const MESSAGES = 0;
const ARMED = 1;
const BELL = 2;

/** A receiver that sleeps until it is rung; it must look again between arming and sleeping. */
function sleeping(name: string, looksAgain: boolean): Scenario {
  return {
    name,
    build: () => {
      const words = new Int32Array(3);
      const receive = ({ waitUntil }: ThreadControl): void => {
        const heard = loadAcquire(words, BELL);
        if (loadAcquire(words, MESSAGES) !== 0) return;
        exchange(words, ARMED, 1);
        if (looksAgain && loadAcquire(words, MESSAGES) !== 0) return;
        waitUntil("the bell", () => loadAcquire(words, BELL) !== heard);
        assert.equal(loadAcquire(words, MESSAGES), 1, "rung for nothing");
      };
      const send = (): void => {
        exchange(words, MESSAGES, 1);
        if (loadAcquire(words, ARMED) === 1) fetchAdd(words, BELL, 1);
      };
      return {
        threads: [
          { name: "receiver", run: receive },
          { name: "sender", run: send },
        ],
        regions: [
          { name: "messages", words, firstWordIndex: MESSAGES },
          { name: "armed", words, firstWordIndex: ARMED },
          { name: "bell", words, firstWordIndex: BELL },
        ],
      };
    },
  };
}

/** A lock that is spun for; without the model's wait it has executions without an end. */
function spinning(name: string, waits: boolean): Scenario {
  return {
    name,
    stepLimit: 200,
    build: () => {
      const words = new Int32Array(2);
      const run = ({ waitUntil }: ThreadControl): void => {
        while (compareExchange(words, 0, 0, 1) !== 0) {
          if (waits) waitUntil("the lock", () => peek(words, 0) === 0);
        }
        poke(words, 1, peek(words, 1) + 1);
        storeRelease(words, 0, 0);
      };
      return {
        threads: ["a", "b", "c"].map((threadName) => ({ name: threadName, run })),
        check: () => assert.equal(peek(words, 1), 3),
        regions: [
          { name: "lock", words },
          { name: "guarded", words, firstWordIndex: 1 },
        ],
      };
    },
  };
}

/** The bugs and their corrections. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    scenario: countingThreads("lost update", (words) => {
      storeRelease(words, 0, loadAcquire(words, 0) + 1);
    }),
    expected: "an increment was lost",
  },
  {
    scenario: countingThreads("lost update, corrected", (words) => {
      fetchAdd(words, 0, 1);
    }),
    expected: undefined,
  },
  {
    scenario: publishing("publish before payload", (words) => {
      storeRelease(words, FLAG, 1);
      storeRelease(words, DATA, 42);
    }),
    expected: "torn message",
  },
  {
    scenario: publishing("publish before plain payload", (words) => {
      storeRelease(words, FLAG, 1);
      poke(words, DATA, 42);
    }),
    expected: "data race",
  },
  {
    scenario: publishing("publish without release", (words) => {
      poke(words, DATA, 42);
      poke(words, FLAG, 1);
    }),
    expected: "data race",
  },
  {
    scenario: publishing("publish, corrected", (words) => {
      poke(words, DATA, 42);
      storeRelease(words, FLAG, 1);
    }),
    expected: undefined,
  },
  {
    scenario: taking("double delivery", (words) => {
      const message = loadAcquire(words, 0);
      storeRelease(words, 0, 0);
      return message;
    }),
    expected: "not delivered exactly once",
  },
  {
    scenario: taking("double delivery, corrected", (words) => {
      const message = peek(words, 0);
      return compareExchange(words, 0, message, 0) === message ? message : 0;
    }),
    expected: undefined,
  },
  { scenario: dyingOwner("leaked chunk", false), expected: "the chunk has leaked" },
  { scenario: dyingOwner("leaked chunk, corrected", true), expected: undefined },
  { scenario: sleeping("lost wake-up", false), expected: "deadlock" },
  { scenario: sleeping("lost wake-up, corrected", true), expected: undefined },
  {
    scenario: linkScenario("submission queue that does not ask for the age", {
      slotCount: 2,
      messageCount: 10,
      pollCount: 2,
      tagBits: 2,
      asksAge: false,
    }),
    expected: "messages stayed in a drained ring",
  },
  {
    scenario: linkScenario("receiver ejected without asking what it has taken", {
      slotCount: 2,
      messageCount: 3,
      pollCount: 2,
      heldSamples: 1,
      ejection: "at once",
    }),
    expected: "data race",
  },
  ...SEEDED_DOORBELLS,
  ...SEEDED_EVENT_COUNTS,
  { scenario: spinning("livelock", false), expected: "livelock" },
  { scenario: spinning("livelock, corrected", true), expected: undefined },
];
