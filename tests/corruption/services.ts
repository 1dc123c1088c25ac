/**
 * The services of the corruption test: three whose memory is written to, and two in the same
 * processes and nodes that nobody touches, and in which therefore nothing may ever go wrong.
 */
import { array, rawBytes, struct, text, u32 } from "floe";

/** Words of a record in which it says whose it is. */
export const RECORD_WORDS = 12;

/** A payload with the kinds of fields that read foreign lengths. */
export const Record = struct("Record", { label: text(20), words: array(u32, RECORD_WORDS) });

/** Few of everything, so that places are taken over and limits are met. */
const QUALITY = {
  bufferSize: 4,
  maxBorrowedSamples: 3,
  maxLoanedSamples: 2,
  maxPublishers: 2,
  maxSubscribers: 3,
  maxNodes: 6,
} as const;

export const NOISY_BYTES = "noisy-bytes";
export const NOISY_RECORDS = "noisy-records";
export const NOISY_EVENTS = "noisy-events";
export const CALM_BYTES = "calm-bytes";
export const CALM_EVENTS = "calm-events";

export const BYTES_OPTIONS = { payload: rawBytes, ...QUALITY } as const;
export const RECORDS_OPTIONS = { payload: Record, ...QUALITY } as const;

/** Ids 0 to 40: two words of bits, the second of which has bits that mean nothing. */
export const EVENTS_OPTIONS = {
  eventIdMax: 40,
  maxNotifiers: 2,
  maxListeners: 3,
  maxNodes: 6,
  deadline: 1000,
  createdEventId: 1,
  droppedEventId: 2,
  deadEventId: 3,
} as const;

/** The event that the test itself notifies. */
export const TOLD_EVENT_ID = 35;

/** The directories of the services that are written to. */
export const NOISY_DIRECTORIES: readonly string[] = [
  `service.publish-subscribe.${NOISY_BYTES}`,
  `service.publish-subscribe.${NOISY_RECORDS}`,
  `service.event.${NOISY_EVENTS}`,
];
