/**
 * The table of faults, in the order in which the page shows it.
 */
import { accessFaults } from "./access.ts";
import { callbackFaults } from "./callbacks.ts";
import { childFaults } from "./children.ts";
import { clockFaults } from "./clocks.ts";
import { descriptorFaults } from "./descriptors.ts";
import type { Chapter } from "./fault.ts";
import { fileFaults } from "./files.ts";
import { memoryFaults } from "./memory.ts";
import { nodeFaults } from "./nodes.ts";
import { removalFaults } from "./removal.ts";
import { stopFaults } from "./stops.ts";
import { workerFaults } from "./workers.ts";

/** Every fault that is known and proved. */
export const CHAPTERS: readonly Chapter[] = [
  memoryFaults,
  descriptorFaults,
  accessFaults,
  removalFaults,
  ...fileFaults,
  nodeFaults,
  stopFaults,
  callbackFaults,
  workerFaults,
  childFaults,
  clockFaults,
];
