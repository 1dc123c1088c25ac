/**
 * Scenarios: what the model explorer is asked to run through every interleaving.
 *
 * A scenario builds memory and a few threads. A thread is a synchronous function that uses the
 * library's structures; each of its accesses to words is one step. The explorer runs a thread again
 * and again from its start, feeding it the results it has seen, so a thread must depend on nothing
 * but those results: everything private (the ends of a queue, a pool of chunks, counters) is made
 * inside `run`, only memory is shared. What a thread has seen it tells by notes, which the check at
 * the end of each execution compares; the notes of a thread that died end where it died.
 */

/** One small world of threads, and what must hold in it. */
export interface Scenario {
  readonly name: string;
  /** Greatest number of preemptions in an execution; every interleaving if left out. */
  readonly preemptionBound?: number;
  /** Greatest number of mortal threads that may die in one execution; 0 if left out. */
  readonly maxDeaths?: number;
  /** An execution with more steps fails as a livelock; 1000 if left out. */
  readonly stepLimit?: number;
  /** Makes memory and threads; called once for a whole exploration. */
  readonly build: () => Model;
}

/** What {@link Scenario.build} makes. */
export interface Model {
  readonly threads: readonly ModelThread[];
  /** Throws if the execution that has just ended was wrong. May use words; all is undone after. */
  readonly check?: (outcome: Outcome) => void;
  /** Names of memory for traces. */
  readonly regions?: readonly Region[];
}

/** A stretch of memory that traces call by a name. */
export interface Region {
  readonly name: string;
  readonly words: Int32Array;
  /** First word of the region; 0 if left out. */
  readonly firstWordIndex?: number;
}

/** A thread of the model. */
export interface ModelThread {
  readonly name: string;
  readonly run: (control: ThreadControl) => void;
  /** Whether it may be killed before any of its steps and after the last. */
  readonly mortal?: boolean;
  /** Runs only if the named thread has died, and only after that: the survivor that cleans up. */
  readonly afterDeathOf?: string;
}

/** What the model offers to the code of a thread. */
export interface ThreadControl {
  /** Tells the check, and the trace, what this thread has seen or done. */
  note(label: string, value: number): void;
  /**
   * Blocks until the condition holds: the model's stand-in for spinning and sleeping. The condition
   * reads words through `loadAcquire` or `peek`, and may ask whether a thread has ended but must
   * not wait for one *not* to have ended.
   */
  waitUntil(what: string, condition: (threads: Endings) => boolean): void;
  /**
   * Sleeps until the condition is not 0, and returns it. An execution may end with the thread
   * asleep; whether somebody should have woken it is for the check to say.
   */
  sleepUntil(what: string, condition: () => number): number;
  /**
   * Reads several words in one step, as the kernel does under a lock that whoever changes some of
   * them takes too.
   */
  readTogether(what: string, read: () => number): number;
}

/** What a waiting thread may know of the others. */
export interface Endings {
  /** Whether the named thread has returned or died. */
  ended(name: string): boolean;
}

/** Something that a thread has told. */
export interface Note {
  readonly label: string;
  readonly value: number;
}

/** A finished execution, as the check sees it. */
export interface Outcome {
  /** The values that a thread has noted under a label, in order. */
  values(threadName: string, label: string): number[];
  /** Whether the thread was killed. */
  died(threadName: string): boolean;
  /** Whether the thread still sleeps in {@link ThreadControl.sleepUntil}. */
  isAsleep(threadName: string): boolean;
}
