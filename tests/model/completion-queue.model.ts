/**
 * Scenarios of the completion queue: batches, the wrap of positions, and death between the writing
 * and the publishing of a batch.
 */

import { linkScenario } from "./link-model.ts";
import type { Scenario } from "./scenario.ts";

/** See the file's first paragraph. */
export const COMPLETION_QUEUE_SCENARIOS: readonly Scenario[] = [
  linkScenario("ring of entries wraps", {
    slotCount: 1,
    messageCount: 6,
    pollCount: 4,
    chunkCount: 2,
  }),
  linkScenario("batches of 2", {
    slotCount: 2,
    messageCount: 6,
    pollCount: 3,
    chunkCount: 3,
    batchSize: 2,
  }),
  linkScenario("positions wrap at 2^32", {
    slotCount: 1,
    messageCount: 5,
    pollCount: 4,
    chunkCount: 2,
    completionStart: 0xffffffff,
  }),
  linkScenario("positions wrap at 2^31", {
    slotCount: 1,
    messageCount: 5,
    pollCount: 4,
    chunkCount: 2,
    completionStart: 0x7fffffff,
  }),
  linkScenario("receiver dies, batches of 2", {
    slotCount: 2,
    messageCount: 5,
    pollCount: 3,
    chunkCount: 3,
    batchSize: 2,
    mortal: "receiver",
  }),
];
