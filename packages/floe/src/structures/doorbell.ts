/**
 * Doorbell: one word through which a sleeping receiver is woken, and an awake one is left alone.
 *
 * The receiver *arms* the bell with the way in which it will sleep, looks once more whether there
 * is something for it, and only then sleeps. A sender makes its message visible, then looks at the
 * bell. Both do an atomic update followed by an ordered read of what the other updates, so at least
 * one of them sees the other: no wake-up is lost. While the receiver is awake the bell costs its
 * senders one read of a line that nobody writes.
 *
 *     bell   | number of the wait, 29 bits | ringing | loop | blocked |
 *
 * Ringing takes a system call, and a sender may die before it, so it is done in three steps:
 *
 *  1. `beginRing` marks the armed bell as ringing. A blocked receiver, whose futex compares the
 *     word, cannot fall asleep any more.
 *  2. The sender makes the system call.
 *  3. `endRing` marks the receiver as awake, so that later messages cost nothing again.
 *
 * Until the third step every other sender rings as well. So a sender that dies on the way takes no
 * wake-up but its own with it, and that one is made good for by the notice of its death. The
 * number of the wait makes a sender harmless that was stopped between two steps: when it goes on,
 * the word is another one. (It would have to be stopped for exactly 2^29 waits.) Numbers go on when
 * a place changes hands, and who rings makes sure, between reading the bell and marking it, that
 * the port is still the one that it knows the way to.
 *
 * The pattern of store, fence and re-check is that of event counts (Dmitry Vyukov, "Eventcounts",
 * https://www.1024cores.net/home/lock-free-algorithms/eventcounts).
 */

import { compareExchange, exchange, loadAcquire, loadAfterUpdate } from "#words";
import { Bell } from "../layout/values.ts";
import type { Words } from "../sync/words.ts";

/** How a receiver sleeps: a value of Bell. */
export type BellWay = typeof Bell.blocked | typeof Bell.loop;

const WAY_BITS = Bell.blocked | Bell.loop;
const STATE_BITS = WAY_BITS | Bell.ringing;

/** The receiver's end of a bell. Its number of the wait is private. */
export class BellArm {
  readonly #words: Words;
  readonly #wordIndex: number;
  #waitNumber: number;
  #armed = 0;

  /** Goes on with the number that stands in the word, so that earlier owners' senders miss it. */
  constructor(words: Words, wordIndex: number) {
    this.#words = words;
    this.#wordIndex = wordIndex;
    this.#waitNumber = loadAcquire(words, wordIndex) & ~STATE_BITS;
  }

  /** Says that the receiver will sleep; returns the word that a futex must still find. */
  arm(way: BellWay): number {
    this.#waitNumber = (this.#waitNumber + Bell.waitNumber) | 0;
    this.#armed = this.#waitNumber | way;
    // SYNC: an update before the receiver's last look; pairs with the look in beginRing().
    exchange(this.#words, this.#wordIndex, this.#armed);
    return this.#armed;
  }

  /** Says that the receiver is awake. */
  disarm(): void {
    if (this.#armed === 0) return;
    this.#armed = 0;
    exchange(this.#words, this.#wordIndex, this.#waitNumber);
  }

  /** Whether the receiver has said that it sleeps, and not since that it is awake. */
  get isArmed(): boolean {
    return this.#armed !== 0;
  }

  /** Whether somebody has rung, or is about to. */
  get isRung(): boolean {
    return loadAcquire(this.#words, this.#wordIndex) !== this.#armed;
  }
}

/** Whether a bell asks to be rung: for who has just made something visible by an atomic update. */
export function isAsleep(words: Words, wordIndex: number): boolean {
  return (loadAfterUpdate(words, wordIndex) & WAY_BITS) !== 0;
}

/** A bell, and the word that says which port it belongs to at the moment. */
export interface BellPlace {
  readonly words: Words;
  readonly bellWordIndex: number;
  readonly generationWordIndex: number;
}

/**
 * Begins to ring the port of a generation: returns the bell as it must be passed to
 * {@link endRing}, with the way in which the receiver sleeps in its bits. Returns 0 when it is
 * awake, or another port.
 */
export function beginRing(place: BellPlace, generation: number): number {
  const { words, bellWordIndex } = place;
  for (;;) {
    const bell = loadAcquire(words, bellWordIndex);
    if ((bell & WAY_BITS) === 0) return 0;
    if (loadAcquire(words, place.generationWordIndex) !== generation) return 0;
    if ((bell & Bell.ringing) !== 0) return bell;
    const ringing = bell | Bell.ringing;
    if (compareExchange(words, bellWordIndex, bell, ringing) === bell) return ringing;
  }
}

/** The receiver has been rung: marks it as awake, if nothing has happened to the bell since. */
export function endRing(place: BellPlace, ringing: number): void {
  compareExchange(place.words, place.bellWordIndex, ringing, ringing & ~STATE_BITS);
}
