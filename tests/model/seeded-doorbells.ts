/**
 * Seeded bugs of the doorbell: senders and receivers that each leave out, or swap, one step.
 *
 * Each shows what a step of `structures/doorbell.ts` or `wait/doorbell.ts` is there for; the
 * scenarios around them are the smallest in which its absence loses a wake-up.
 */

import { Bell } from "floe/internal";
import { compareExchange, exchange, loadAcquire, storeRelease } from "floe/model";
import { BellArm, beginRing, endRing, isAsleep } from "floe/structures";
import {
  type DoorbellOptions,
  doorbellScenario,
  type ReceivingEnd,
  type SendingEnd,
} from "./doorbell-model.ts";
import type { SeededBug } from "./seeded-bugs.ts";

const WAY_BITS = Bell.blocked | Bell.loop;
const STATE_BITS = WAY_BITS | Bell.ringing;

const ONE = { messageCount: 1 };
const TWO = { messageCount: 2 };
const MORTAL = { messageCount: 1, isMortal: true };
const NOTICED = { messageCount: 1, isMortal: true, hasNotice: true };
const FOR_SUCCESSOR = { messageCount: 1, isForSuccessor: true };

/** What can be wrong with a sender. */
type SendingFlaw =
  | "rings before it pushes"
  | "ends the ring without a compare"
  | "ends the ring before it wakes"
  | "does not mark the bell as ringing"
  | "leaves a bell alone that rings already"
  | "does not check the generation"
  | "checks the generation before the bell";

function makeSend(flaw?: SendingFlaw): (end: SendingEnd) => void {
  const begin = ({ place, generation }: SendingEnd): number => {
    const { words, bellWordIndex } = place;
    const hasChanged = (): boolean => loadAcquire(words, place.generationWordIndex) !== generation;
    if (flaw === "checks the generation before the bell" && hasChanged()) return 0;
    if (flaw === undefined) return beginRing(place, generation);
    for (;;) {
      const bell = loadAcquire(words, bellWordIndex);
      if ((bell & WAY_BITS) === 0) return 0;
      const checksHere = !flaw.includes("the generation");
      if (checksHere && hasChanged()) return 0;
      if (flaw === "does not mark the bell as ringing") return bell;
      if ((bell & Bell.ringing) !== 0) {
        return flaw === "leaves a bell alone that rings already" ? 0 : bell;
      }
      const ringing = bell | Bell.ringing;
      if (compareExchange(words, bellWordIndex, bell, ringing) === bell) return ringing;
    }
  };
  const end = ({ place }: SendingEnd, ringing: number): void => {
    const { words, bellWordIndex } = place;
    const awake = ringing & ~STATE_BITS;
    if (flaw === "ends the ring without a compare") storeRelease(words, bellWordIndex, awake);
    else endRing(place, ringing);
  };
  return (sending) => {
    const { place, push, wake } = sending;
    const ringsFirst = flaw === "rings before it pushes";
    if (!ringsFirst) push();
    const ringing = isAsleep(place.words, place.bellWordIndex) ? begin(sending) : 0;
    if (ringing !== 0) {
      const endsFirst = flaw === "ends the ring before it wakes";
      if (endsFirst) end(sending, ringing);
      wake(ringing);
      if (!endsFirst) end(sending, ringing);
    }
    if (ringsFirst) push();
  };
}

/** What can be wrong with a receiver that blocks. */
type BlockingFlaw = "looks before it arms" | "does not number its waits";

function makeBlockedWait(flaw?: BlockingFlaw): (end: ReceivingEnd) => () => void {
  return ({ words, bellWordIndex, node, tryTake }) => {
    let awake = 0;
    return () => {
      while (!tryTake()) {
        if (flaw !== "does not number its waits") awake += Bell.waitNumber;
        const armed = awake | Bell.blocked;
        exchange(words, bellWordIndex, armed);
        const hasTaken = flaw !== "looks before it arms" && tryTake();
        if (!hasTaken) node.sleep(words, bellWordIndex, armed);
        exchange(words, bellWordIndex, awake);
        if (hasTaken) return;
      }
    };
  };
}

/** A receiver in the event loop; the wrong one watches its senders once it has looked. */
function makeLoopWait(watchesFirst: boolean): (end: ReceivingEnd) => () => void {
  return ({ words, bellWordIndex, node, tryTake }) => {
    const arm = new BellArm(words, bellWordIndex);
    const watch = (): void => void node.peerLives.watch("0", () => {});
    return () => {
      while (!tryTake()) {
        if (watchesFirst) watch();
        arm.arm(Bell.loop);
        const hasTaken = tryTake();
        if (!watchesFirst) watch();
        if (!hasTaken) node.turn();
        arm.disarm();
        if (hasTaken) return;
      }
    };
  };
}

/** The small worlds in which one thing or another goes wrong. */
const BLOCKED: DoorbellOptions = { waits: ["blocked", "blocked"], senders: [TWO] };
const LOOP: DoorbellOptions = { waits: ["loop", "loop"], senders: [TWO] };
const ONE_DIES: DoorbellOptions = { waits: ["loop", "loop"], senders: [MORTAL, ONE] };
const ONE_DIES_LATE: DoorbellOptions = {
  waits: ["blocked", "blocked", "blocked"],
  senders: [MORTAL, TWO],
  preemptionBound: 3,
};
const REPLACED: DoorbellOptions = {
  waits: ["loop"],
  successorWaits: ["loop"],
  senders: [ONE, FOR_SUCCESSOR],
};
const NOTICE: DoorbellOptions = { waits: ["loop"], senders: [NOTICED] };

const expected = "lost wake-up";

function sendingBug(flaw: SendingFlaw, options: DoorbellOptions): SeededBug[] {
  const { waits } = options;
  const scenario = (name: string, send: (end: SendingEnd) => void) =>
    doorbellScenario(name, { ...options, send });
  return [
    { scenario: scenario(`bell, ${waits[0]}: sender ${flaw}`, makeSend(flaw)), expected },
    {
      scenario: scenario(`bell, ${waits[0]}: sender ${flaw}, corrected`, makeSend()),
      expected: undefined,
    },
  ];
}

function blockingBug(flaw: BlockingFlaw, options: DoorbellOptions): SeededBug[] {
  const scenario = (name: string, makeWait: (end: ReceivingEnd) => () => void) =>
    doorbellScenario(name, { ...options, makeWait });
  return [
    { scenario: scenario(`bell: receiver ${flaw}`, makeBlockedWait(flaw)), expected },
    {
      scenario: scenario(`bell: receiver ${flaw}, corrected`, makeBlockedWait()),
      expected: undefined,
    },
  ];
}

/** The bugs and their corrections. */
export const SEEDED_DOORBELLS: readonly SeededBug[] = [
  ...sendingBug("rings before it pushes", BLOCKED),
  ...sendingBug("rings before it pushes", LOOP),
  ...sendingBug("ends the ring without a compare", BLOCKED),
  ...sendingBug("ends the ring without a compare", LOOP),
  ...sendingBug("ends the ring before it wakes", ONE_DIES),
  ...sendingBug("does not mark the bell as ringing", BLOCKED),
  ...sendingBug("leaves a bell alone that rings already", ONE_DIES),
  ...sendingBug("does not check the generation", REPLACED),
  ...sendingBug("checks the generation before the bell", REPLACED),
  {
    scenario: doorbellScenario("bell: successor begins with wait 0 again", {
      ...REPLACED,
      forgetsWaits: true,
    }),
    expected,
  },
  ...blockingBug("looks before it arms", BLOCKED),
  ...blockingBug("does not number its waits", ONE_DIES_LATE),
  {
    scenario: doorbellScenario("bell: receiver watches senders once it has looked", {
      ...NOTICE,
      makeWait: makeLoopWait(false),
    }),
    expected,
  },
  {
    scenario: doorbellScenario("bell: receiver watches senders once it has looked, corrected", {
      ...NOTICE,
      makeWait: makeLoopWait(true),
    }),
    expected: undefined,
  },
];
