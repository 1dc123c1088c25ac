/**
 * Race detector: vector clocks that tell whether plain accesses are ordered by atomics.
 *
 * The explorer performs one step at a time, in program order, so by itself it would not notice that
 * an index was published by a plain write: under sequential consistency that works. Real machines
 * and compilers reorder plain accesses, so the detector demands what the names in `words.ts`
 * promise: a poke must be ordered, by a release and an acquire of some word, against every access
 * of another thread to the same word. A peek that races with an atomic write is allowed, because
 * that is what a hint is. The method is that of DJIT+ and FastTrack (Flanagan & Freund 2009); a
 * race is found in each execution that contains it, also when nothing went wrong there.
 *
 * Clocks are immutable arrays, so that undoing a step means putting the old references back.
 */

/** For each thread the number of its steps that are known to have happened. */
export type Clock = readonly number[];

/** What the detector remembers about one word. */
export interface WordClocks {
  /** What a thread learns that acquires the word. */
  readonly released: Clock;
  /** Each thread's last poke. */
  readonly poked: Clock;
  /** Each thread's last access of any kind. */
  readonly accessed: Clock;
}

/** A clock or a word about which nothing is known yet. */
export function freshClock(threadCount: number): Clock {
  return new Array<number>(threadCount).fill(0);
}

/** The clock that knows what either of two knows. */
export function joinClocks(left: Clock, right: Clock): Clock {
  return left.map((time, thread) => Math.max(time, right[thread]!));
}

/** The clock after one more step of `thread`. */
export function tickClock(clock: Clock, thread: number): Clock {
  return withTime(clock, thread, clock[thread]! + 1);
}

/** `clock` with the time of one thread replaced. */
export function withTime(clock: Clock, thread: number, time: number): Clock {
  const copy = clock.slice();
  copy[thread] = time;
  return copy;
}

/** The first other thread with an event in `events` that `clock` does not know, or -1. */
export function unorderedThread(events: Clock, clock: Clock, thread: number): number {
  for (let other = 0; other < events.length; other += 1) {
    if (other !== thread && events[other]! > clock[other]!) return other;
  }
  return -1;
}
