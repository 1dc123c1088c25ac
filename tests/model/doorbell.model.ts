/**
 * Scenarios of the doorbell: both ways of sleeping, several senders, and deaths on either side.
 *
 * Where two senders meet a receiver that waits three times there are many millions of
 * interleavings (nine, of two messages and three blocked waits). Four preemptions are enough to
 * stop either sender between any two steps of its ring, to let the other one ring meanwhile, and to
 * let each of them go on in a later wait; with deaths, which cost nothing, two or three are.
 */

import { doorbellScenario } from "./doorbell-model.ts";
import type { Scenario } from "./scenario.ts";

const ONE = { messageCount: 1 };
const TWO = { messageCount: 2 };
const THREE = { messageCount: 3 };
const MORTAL = { messageCount: 1, isMortal: true };
const NOTICED = { messageCount: 1, isMortal: true, hasNotice: true };
const NOTICED_TWO = { messageCount: 2, isMortal: true, hasNotice: true };
const FOR_SUCCESSOR = { messageCount: 1, isForSuccessor: true };
const TWO_FOR_SUCCESSOR = { messageCount: 2, isForSuccessor: true };

/** The last wait's number; the next one is 0. */
const LAST_WAIT = -8;

/** See the file's first paragraph. */
export const DOORBELL_SCENARIOS: readonly Scenario[] = [
  doorbellScenario("blocked", { waits: ["blocked", "blocked", "blocked"], senders: [TWO] }),
  doorbellScenario("blocked, 3 messages", {
    waits: ["blocked", "blocked", "blocked"],
    senders: [THREE],
  }),
  doorbellScenario("loop", { waits: ["loop", "loop", "loop"], senders: [TWO] }),
  doorbellScenario("loop, 3 messages", { waits: ["loop", "loop", "loop"], senders: [THREE] }),
  doorbellScenario("blocked, queue", {
    waits: ["blocked", "blocked"],
    senders: [TWO],
    messages: "queues",
  }),
  doorbellScenario("loop, queue", {
    waits: ["loop", "loop"],
    senders: [TWO],
    messages: "queues",
  }),
  doorbellScenario("blocked, then loop", { waits: ["blocked", "loop", "blocked"], senders: [TWO] }),
  doorbellScenario("loop, then blocked", { waits: ["loop", "blocked", "loop"], senders: [TWO] }),
  doorbellScenario("blocked over loop", { waits: ["blocked over loop", "loop"], senders: [THREE] }),
  doorbellScenario("three in the loop", { waits: ["three in the loop"], senders: [THREE] }),
  doorbellScenario("two in the loop, one rings", {
    waits: ["loop, ringing itself", "loop"],
    senders: [THREE],
  }),
  doorbellScenario("one in the loop gives up", {
    waits: ["loop, giving up", "loop"],
    senders: [TWO],
  }),
  doorbellScenario("numbers of waits wrap", {
    waits: ["blocked", "loop", "blocked"],
    senders: [TWO],
    startBell: LAST_WAIT,
  }),
  doorbellScenario("two senders, blocked", { waits: ["blocked", "blocked"], senders: [ONE, ONE] }),
  doorbellScenario("two senders, loop", { waits: ["loop", "loop", "loop"], senders: [ONE, ONE] }),
  doorbellScenario("two senders, both ways", { waits: ["blocked", "loop"], senders: [ONE, ONE] }),
  doorbellScenario("two senders, blocked, queues", {
    waits: ["blocked", "blocked"],
    senders: [ONE, ONE],
    messages: "queues",
  }),
  doorbellScenario("two senders, loop, queues", {
    waits: ["loop", "loop"],
    senders: [ONE, ONE],
    messages: "queues",
  }),
  doorbellScenario("two senders, 3 blocked waits", {
    waits: ["blocked", "blocked", "blocked"],
    senders: [ONE, TWO],
    preemptionBound: 4,
  }),
  doorbellScenario("two senders, 3 loop waits", {
    waits: ["loop", "loop", "loop"],
    senders: [ONE, TWO],
    preemptionBound: 4,
  }),
  doorbellScenario("two senders, 3 mixed waits", {
    waits: ["loop", "blocked", "loop"],
    senders: [ONE, TWO],
    preemptionBound: 4,
  }),
  doorbellScenario("sender dies, blocked", {
    waits: ["blocked", "blocked"],
    senders: [NOTICED_TWO],
  }),
  doorbellScenario("sender dies, loop", { waits: ["loop", "loop"], senders: [NOTICED_TWO] }),
  doorbellScenario("sender dies, both ways", {
    waits: ["blocked over loop"],
    senders: [NOTICED_TWO],
  }),
  doorbellScenario("one of two dies, blocked", {
    waits: ["blocked", "blocked"],
    senders: [MORTAL, ONE],
  }),
  doorbellScenario("one of two dies, loop", { waits: ["loop", "loop"], senders: [MORTAL, ONE] }),
  doorbellScenario("one of two dies, 3 blocked", {
    waits: ["blocked", "blocked", "blocked"],
    senders: [MORTAL, TWO],
    preemptionBound: 3,
  }),
  doorbellScenario("one of two dies, 3 loop waits", {
    waits: ["loop", "loop", "loop"],
    senders: [MORTAL, TWO],
    preemptionBound: 3,
  }),
  doorbellScenario("one of two dies, its notice", {
    waits: ["loop", "loop"],
    senders: [NOTICED, ONE],
  }),
  doorbellScenario("both senders die, blocked", {
    waits: ["blocked", "blocked"],
    senders: [NOTICED, NOTICED],
    preemptionBound: 2,
  }),
  doorbellScenario("both senders die, loop", {
    waits: ["loop", "loop"],
    senders: [NOTICED, NOTICED],
    preemptionBound: 2,
  }),
  doorbellScenario("receiver dies", {
    waits: ["blocked", "loop"],
    senders: [TWO],
    isReceiverMortal: true,
  }),
  doorbellScenario("successor, blocked", {
    waits: ["blocked"],
    successorWaits: ["blocked", "blocked"],
    senders: [ONE, FOR_SUCCESSOR],
  }),
  doorbellScenario("successor, loop", {
    waits: ["loop"],
    successorWaits: ["loop", "loop"],
    senders: [ONE, FOR_SUCCESSOR],
  }),
  doorbellScenario("successor, both ways", {
    waits: ["loop"],
    successorWaits: ["blocked", "loop"],
    senders: [ONE, TWO_FOR_SUCCESSOR],
    preemptionBound: 3,
  }),
  doorbellScenario("rung for nothing, blocked", {
    waits: ["blocked", "blocked"],
    senders: [TWO],
    spuriousRings: 2,
  }),
  doorbellScenario("rung for nothing, loop", {
    waits: ["loop", "loop"],
    senders: [TWO],
    spuriousRings: 2,
  }),
  doorbellScenario("rung for nothing, both ways", {
    waits: ["blocked over loop"],
    senders: [TWO],
    spuriousRings: 1,
  }),
  doorbellScenario("events, blocked", {
    waits: ["blocked", "blocked", "blocked"],
    senders: [TWO],
    messages: "events",
  }),
  doorbellScenario("events, two notifiers", {
    waits: ["loop", "loop"],
    senders: [ONE, ONE],
    messages: "events",
    preemptionBound: 3,
  }),
  doorbellScenario("events, one of two dies", {
    waits: ["loop", "loop"],
    senders: [MORTAL, ONE],
    messages: "events",
    preemptionBound: 3,
  }),
];
