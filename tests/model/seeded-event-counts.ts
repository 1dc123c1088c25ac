/**
 * Seeded bugs of event counts: the same, with one pair of steps swapped or one step left out.
 */

import { exchange, fetchAdd, fetchOr, loadAcquire, storeRelease } from "floe/model";
import type { EventCounts, EventCountsShape } from "floe/structures";
import { type EventCountsOptions, eventCountsScenario } from "./event-counts-model.ts";
import type { SeededBug } from "./seeded-bugs.ts";

/** What can be wrong. */
type Flaw =
  | "the bit before the count"
  | "counts taken before bits"
  | "bits set without an update"
  | "no carry";

/** Counts of at most 32 ids, in the order of the library's unless there is a flaw. */
class FlawedCounts implements Pick<EventCounts, "add" | "take"> {
  readonly #shape: EventCountsShape;
  readonly #flaw: Flaw | undefined;

  constructor(shape: EventCountsShape, flaw: Flaw | undefined) {
    this.#shape = shape;
    this.#flaw = flaw;
  }

  add(eventId: number): void {
    const isBitFirst = this.#flaw === "the bit before the count";
    if (isBitFirst) this.#setBit(eventId);
    const { words, countsWordIndex } = this.#shape;
    const countWord = countsWordIndex + eventId * 2;
    const previous = fetchAdd(words, countWord, 1);
    if (previous === -1 && this.#flaw !== "no carry") fetchAdd(words, countWord + 1, 1);
    if (!isBitFirst) this.#setBit(eventId);
  }

  #setBit(eventId: number): void {
    const { words, bitsWordIndex } = this.#shape;
    const bits = loadAcquire(words, bitsWordIndex);
    if ((bits & (1 << eventId)) !== 0) return;
    if (this.#flaw === "bits set without an update") {
      storeRelease(words, bitsWordIndex, bits | (1 << eventId));
    } else {
      fetchOr(words, bitsWordIndex, 1 << eventId);
    }
  }

  take(onEvent: (eventId: number, count: number) => void): number {
    const { words, bitsWordIndex, eventCount } = this.#shape;
    const isCountFirst = this.#flaw === "counts taken before bits";
    const bits = isCountFirst
      ? loadAcquire(words, bitsWordIndex)
      : exchange(words, bitsWordIndex, 0);
    let idCount = 0;
    for (let eventId = 0; eventId < eventCount; eventId += 1) {
      const count = (bits & (1 << eventId)) === 0 ? 0 : this.#takeCount(eventId);
      if (count === 0) continue;
      idCount += 1;
      onEvent(eventId, count);
    }
    if (isCountFirst) exchange(words, bitsWordIndex, 0);
    return idCount;
  }

  #takeCount(eventId: number): number {
    const { words, countsWordIndex } = this.#shape;
    const countWord = countsWordIndex + eventId * 2;
    const low = exchange(words, countWord, 0) >>> 0;
    return (exchange(words, countWord + 1, 0) >>> 0) * 2 ** 32 + low;
  }
}

function countsBug(flaw: Flaw, options: EventCountsOptions): SeededBug[] {
  const scenario = (name: string, given: Flaw | undefined) =>
    eventCountsScenario(name, { ...options, make: (shape) => new FlawedCounts(shape, given) });
  return [
    { scenario: scenario(`event counts: ${flaw}`, flaw), expected: "in the end: found" },
    { scenario: scenario(`event counts: ${flaw}, corrected`, undefined), expected: undefined },
  ];
}

const SAME_ID: EventCountsOptions = { notifiers: [{ eventIds: [0, 0] }], takeCount: 2 };

/** The bugs and their corrections. */
export const SEEDED_EVENT_COUNTS: readonly SeededBug[] = [
  ...countsBug("the bit before the count", SAME_ID),
  ...countsBug("counts taken before bits", SAME_ID),
  ...countsBug("bits set without an update", {
    notifiers: [{ eventIds: [0] }, { eventIds: [1] }],
    takeCount: 0,
  }),
  ...countsBug("no carry", { ...SAME_ID, startCount: 0xffff_ffff }),
];
