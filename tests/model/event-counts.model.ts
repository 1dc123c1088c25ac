/**
 * Scenarios of event counts: notifiers of the same and of different ids, the carry between the two
 * words of a count, and death between counting and setting the bit.
 */

import { eventCountsScenario } from "./event-counts-model.ts";
import type { Scenario } from "./scenario.ts";

/** The next notification makes the lower word wrap. */
const BEFORE_CARRY = 0xffff_ffff;

/** See the file's first paragraph. */
export const EVENT_COUNTS_SCENARIOS: readonly Scenario[] = [
  eventCountsScenario("one id", { notifiers: [{ eventIds: [0, 0, 0] }], takeCount: 3 }),
  eventCountsScenario("two notifiers, same id", {
    notifiers: [{ eventIds: [0, 0] }, { eventIds: [0, 0] }],
    takeCount: 2,
  }),
  eventCountsScenario("two notifiers, two ids", {
    notifiers: [{ eventIds: [0, 0] }, { eventIds: [1, 1] }],
    takeCount: 2,
  }),
  eventCountsScenario("two notifiers, ids crosswise", {
    notifiers: [{ eventIds: [0, 1] }, { eventIds: [1, 0] }],
    takeCount: 2,
  }),
  eventCountsScenario("two words of bits", {
    notifiers: [{ eventIds: [31, 32] }, { eventIds: [32, 31] }],
    takeCount: 2,
    eventCount: 33,
  }),
  eventCountsScenario("listener throws", {
    notifiers: [{ eventIds: [0, 1] }, { eventIds: [1, 0] }],
    takeCount: 3,
    doesListenerThrow: true,
  }),
  eventCountsScenario("carry", {
    notifiers: [{ eventIds: [0, 0] }],
    takeCount: 3,
    startCount: BEFORE_CARRY,
  }),
  eventCountsScenario("two notifiers, carry", {
    notifiers: [{ eventIds: [0, 0] }, { eventIds: [0] }],
    takeCount: 2,
    startCount: BEFORE_CARRY - 1,
  }),
  eventCountsScenario("notifier dies", {
    notifiers: [{ eventIds: [0, 0, 0], isMortal: true }],
    takeCount: 2,
  }),
  eventCountsScenario("one of two dies, same id", {
    notifiers: [{ eventIds: [0, 0], isMortal: true }, { eventIds: [0, 0] }],
    takeCount: 2,
  }),
  eventCountsScenario("both die, crosswise", {
    notifiers: [
      { eventIds: [0, 1], isMortal: true },
      { eventIds: [1, 0], isMortal: true },
    ],
    takeCount: 2,
  }),
  eventCountsScenario("notifier dies over the carry", {
    notifiers: [{ eventIds: [0, 0], isMortal: true }, { eventIds: [0] }],
    takeCount: 2,
    startCount: BEFORE_CARRY,
  }),
];
