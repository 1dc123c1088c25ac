/**
 * Structures: the lock-free data structures that floe's ports are made of.
 *
 * Pure: they know words of memory and nothing of files, processes or ports. Each one is checked by
 * the model explorer (`npm run test:model`).
 */

export {
  type CompletionQueueShape,
  CompletionReceiver,
  CompletionSender,
} from "./completion-queue.ts";
export { BellArm, type BellPlace, type BellWay, beginRing, endRing, isAsleep } from "./doorbell.ts";
export { EventCounts, type EventCountsShape } from "./event-counts.ts";
export {
  DESCRIPTOR_BITS,
  type IsOld,
  type SubmissionQueueShape,
  SubmissionReceiver,
  SubmissionSender,
  TAG_BITS,
} from "./submission-queue.ts";
