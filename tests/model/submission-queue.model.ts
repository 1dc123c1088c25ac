/**
 * Scenarios of the submission queue: overflow, the wrap of positions and tags, and death.
 *
 * Where a receiver oversleeps two cycles of tags the interleavings are too many; three preemptions
 * are enough for it to be overtaken at each of the places that matter.
 */

import { linkScenario } from "./link-model.ts";
import type { Scenario } from "./scenario.ts";

/** See the file's first paragraph. */
export const SUBMISSION_QUEUE_SCENARIOS: readonly Scenario[] = [
  linkScenario("room for all", { slotCount: 4, messageCount: 4, pollCount: 4 }),
  linkScenario("overflow of 1 slot", { slotCount: 1, messageCount: 7, pollCount: 4 }),
  linkScenario("overflow of 2 slots", { slotCount: 2, messageCount: 8, pollCount: 4 }),
  linkScenario("overflow of 3 slots, spread", {
    slotCount: 3,
    messageCount: 8,
    pollCount: 4,
    strideWords: 4,
  }),
  linkScenario("collisions in 4 slots", {
    slotCount: 4,
    messageCount: 12,
    pollCount: 4,
    preemptionBound: 3,
  }),
  linkScenario("samples held, chunks short", {
    slotCount: 2,
    messageCount: 5,
    pollCount: 3,
    chunkCount: 3,
    heldSamples: 1,
  }),
  linkScenario("from position 0xffffffff", {
    slotCount: 1,
    messageCount: 5,
    pollCount: 3,
    startPosition: 0xffffffff,
  }),
  linkScenario("from position 0xfffffffe", {
    slotCount: 2,
    messageCount: 5,
    pollCount: 3,
    startPosition: 0xfffffffe,
  }),
  linkScenario("from the last tag", {
    slotCount: 2,
    messageCount: 5,
    pollCount: 3,
    startPosition: 2 * 1023,
  }),
  linkScenario("2-bit tags, 1 slot", { slotCount: 1, messageCount: 8, pollCount: 3, tagBits: 2 }),
  linkScenario("2-bit tags, 2 slots", { slotCount: 2, messageCount: 10, pollCount: 2, tagBits: 2 }),
  linkScenario("2-bit tags wrap twice, 2 slots", {
    slotCount: 2,
    messageCount: 18,
    pollCount: 3,
    tagBits: 2,
    preemptionBound: 3,
  }),
  linkScenario("2-bit tags wrap twice, 3 slots", {
    slotCount: 3,
    messageCount: 22,
    pollCount: 3,
    tagBits: 2,
    preemptionBound: 3,
  }),
  linkScenario("1-bit tags, 1 slot", { slotCount: 1, messageCount: 6, pollCount: 3, tagBits: 1 }),
  linkScenario("1-bit tags, 2 slots", { slotCount: 2, messageCount: 8, pollCount: 3, tagBits: 1 }),
  linkScenario("receiver dies", {
    slotCount: 2,
    messageCount: 4,
    pollCount: 3,
    mortal: "receiver",
  }),
  linkScenario("receiver dies holding", {
    slotCount: 1,
    messageCount: 5,
    pollCount: 3,
    heldSamples: 1,
    mortal: "receiver",
  }),
  linkScenario("receiver ejected", {
    slotCount: 2,
    messageCount: 4,
    pollCount: 3,
    heldSamples: 1,
    ejection: "withdrawing",
  }),
  linkScenario("receiver ejected, 1 slot, 1-bit tags", {
    slotCount: 1,
    messageCount: 4,
    pollCount: 4,
    tagBits: 1,
    ejection: "withdrawing",
  }),
  linkScenario("receiver ejected, overtaken in 4 slots", {
    slotCount: 4,
    messageCount: 9,
    pollCount: 4,
    heldSamples: 2,
    ejection: "withdrawing",
    preemptionBound: 3,
  }),
  linkScenario("receiver ejected, and dies", {
    slotCount: 2,
    messageCount: 4,
    pollCount: 3,
    heldSamples: 1,
    ejection: "withdrawing",
    mortal: "receiver",
  }),
  linkScenario("sender dies", { slotCount: 2, messageCount: 5, pollCount: 2, mortal: "sender" }),
  linkScenario("sender dies, 1 slot", {
    slotCount: 1,
    messageCount: 5,
    pollCount: 3,
    mortal: "sender",
  }),
];
