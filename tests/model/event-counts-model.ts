/**
 * Event counts model: notifiers that count while a listener takes.
 *
 * The listener takes a few times, whenever that happens to be. When nobody can take a step any more
 * the check takes once more, and then lets every id happen once and takes again.
 *
 * Checked: what was added completely is found by then, once; what a notifier had begun to add when
 * it died is found at the latest when the same id happens again; then nothing is left.
 */

import assert from "node:assert/strict";
import { peek } from "floe/model";
import { EventCounts, type EventCountsShape } from "floe/structures";
import type { Model, ModelThread, Outcome, Scenario } from "./scenario.ts";

/** What distinguishes one notifier from another. */
export interface NotifierOptions {
  /** The events that it adds, one after another. */
  readonly eventIds: readonly number[];
  /** Whether it may be killed before any of its steps. */
  readonly isMortal?: boolean;
}

/** What distinguishes one scenario from another. */
export interface EventCountsOptions {
  readonly notifiers: readonly NotifierOptions[];
  /** How often the listener takes while notifiers may still be adding. */
  readonly takeCount: number;
  /** How many ids there are; 2 if left out. */
  readonly eventCount?: number;
  /** How often event 0 has happened before; 0 if left out. */
  readonly startCount?: number;
  readonly preemptionBound?: number;
  /** Whether the listener's callback throws at each event, once it has been told. */
  readonly doesListenerThrow?: boolean;
  /** Makes what is checked, if not the library's; for seeded bugs. */
  readonly make?: (shape: EventCountsShape) => Pick<EventCounts, "add" | "take">;
}

const LISTENER = "listener";
const CARRY = 2 ** 32;

/** What a listener's callback throws. */
const TOLD = new Error("told");

const notifierName = (notifier: number): string => `notifier ${notifier}`;

function makeShape({ eventCount = 2, startCount = 0 }: EventCountsOptions): EventCountsShape {
  const countsWordIndex = Math.ceil(eventCount / 32);
  const words = new Int32Array(countsWordIndex + eventCount * 2);
  if (startCount > 0) words[0] = 1;
  words[countsWordIndex] = startCount | 0;
  words[countsWordIndex + 1] = Math.floor(startCount / CARRY);
  return { words, bitsWordIndex: 0, countsWordIndex, eventCount };
}

const makeCounts = (options: EventCountsOptions, shape: EventCountsShape) =>
  options.make?.(shape) ?? new EventCounts(shape);

/** What must hold after every execution. */
function checkCounts(options: EventCountsOptions, shape: EventCountsShape, outcome: Outcome): void {
  const { eventCount, words } = shape;
  const { startCount = 0 } = options;
  const counts = makeCounts(options, shape);
  const found = Array.from({ length: eventCount }, (_, eventId) =>
    outcome.values(LISTENER, `took ${eventId}`).reduce((sum, count) => sum + count, 0),
  );
  const complete = found.map((_, eventId) => (eventId === 0 ? startCount : 0));
  const begun = found.map(() => 0);
  options.notifiers.forEach(({ eventIds }, notifier) => {
    const name = notifierName(notifier);
    const added = outcome.values(name, "added");
    for (const eventId of added) complete[eventId]! += 1;
    const next = eventIds[added.length];
    if (next !== undefined && outcome.died(name)) begun[next]! += 1;
  });
  const take = (): void =>
    void counts.take((eventId, count) => {
      found[eventId]! += count;
    });
  const assertFound = (when: string): void => {
    for (const [eventId, count] of found.entries()) {
      // Who dies between a count that wraps and its carry takes the carry along.
      const mayMissCarry = begun[eventId]! > 0 && complete[eventId]! + begun[eventId]! >= CARRY;
      const missed = complete[eventId]! - count;
      const least = mayMissCarry && missed > 0 ? missed - CARRY : missed;
      const message = `event ${eventId} ${when}: found ${count}, added ${complete[eventId]}`;
      assert.ok(least <= 0 && -least <= begun[eventId]!, message);
    }
  };
  take();
  assertFound("in the end");
  for (let eventId = 0; eventId < eventCount; eventId += 1) {
    counts.add(eventId);
    complete[eventId]! += 1;
  }
  take();
  assertFound("when it has happened again");
  for (let word = 0; word < words.length; word += 1) {
    assert.equal(peek(words, word), 0, `something is left in word ${word}`);
  }
}

/** A scenario of one listener's counts. */
export function eventCountsScenario(name: string, options: EventCountsOptions): Scenario {
  const build = (): Model => {
    const shape = makeShape(options);
    const { words, countsWordIndex } = shape;
    const threads = options.notifiers.map(
      ({ eventIds, isMortal = false }, notifier): ModelThread => ({
        name: notifierName(notifier),
        mortal: isMortal,
        run: ({ note }) => {
          const counts = makeCounts(options, shape);
          for (const eventId of eventIds) {
            counts.add(eventId);
            note("added", eventId);
          }
        },
      }),
    );
    threads.push({
      name: LISTENER,
      run: ({ note }) => {
        const counts = makeCounts(options, shape);
        for (let taken = 0; taken < options.takeCount; taken += 1) {
          try {
            counts.take((eventId, count) => {
              note(`took ${eventId}`, count);
              if (options.doesListenerThrow === true) throw TOLD;
            });
          } catch (error) {
            if (error !== TOLD) throw error;
          }
        }
      },
    });
    return {
      threads,
      check: (outcome) => checkCounts(options, shape, outcome),
      regions: [
        { name: "bits", words },
        { name: "counts", words, firstWordIndex: countsWordIndex },
      ],
    };
  };
  const mortals = options.notifiers.filter(({ isMortal }) => isMortal === true);
  return {
    name,
    maxDeaths: mortals.length,
    ...(options.preemptionBound !== undefined && { preemptionBound: options.preemptionBound }),
    build,
  };
}
