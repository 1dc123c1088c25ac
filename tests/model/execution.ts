/**
 * Execution: the state of one run of a model, with a journal that can take every step back.
 *
 * A JavaScript function cannot be copied half way through, so a thread is represented by what it
 * has seen: the list of its steps and their results. To go on, it is called again from its start
 * and fed with those results until it reaches a new operation; that operation is then either
 * performed on the spot or left pending by throwing {@link SUSPENDED} through the thread. Because
 * memory is restored from the journal, executions that share a beginning share its cost.
 */

import { performOperation, setWordsHook, WordOperation, type Words } from "floe/model";
import {
  type Clock,
  freshClock,
  joinClocks,
  tickClock,
  unorderedThread,
  type WordClocks,
  withTime,
} from "./race-detector.ts";
import type { Endings, Model, ModelThread, Note, Outcome } from "./scenario.ts";

/** Steps that are no operations on words; the numbers of those begin at 0. */
export const WAIT = -1;
export const DEATH = -2;

/** Kinds of steps: a {@link WordOperation}, {@link WAIT} or {@link DEATH}. */
export type StepKind = WordOperation | typeof WAIT | typeof DEATH;

/** A thread is ready (or waiting), has returned, or has been killed. */
export type ThreadStatus = "ready" | "done" | "dead";

/** Thrown through the code of a thread to hold it before its next step. */
const SUSPENDED = Symbol("suspended by the model explorer");

type WaitCondition = (threads: Endings) => number | undefined;

/** A step, pending or performed. */
export interface Step {
  readonly thread: ThreadState;
  readonly kind: StepKind;
  readonly words: Words | undefined;
  readonly wordIndex: number;
  /** Number of the word among all words of the model, -1 for steps that have none. */
  readonly location: number;
  readonly value: number;
  readonly expected: number;
  /** The description of a wait. */
  readonly what: string;
  /** The result of a wait that may end, undefined while it may not. */
  readonly condition: WaitCondition | undefined;
  /** Whether an execution may end in this wait. */
  readonly isSleep: boolean;
  /** Locations that the condition read when it was last evaluated. */
  readonly waitLocations: number[];
  /** Threads, as a mask, whose end the condition asked for when it was last evaluated. */
  waitThreads: number;
  /** How many notes the thread had made when it reached this step. */
  noteCount: number;
  result: number;
  previousValue: number;
  previousStatus: ThreadStatus;
  previousClock: Clock;
  previousWordClocks: WordClocks | undefined;
}

/** A thread in an execution. */
export interface ThreadState {
  readonly index: number;
  readonly spec: ModelThread;
  /** Index of the thread whose death starts this one, or -1. */
  readonly starter: number;
  readonly steps: Step[];
  readonly notes: Note[];
  status: ThreadStatus;
  pending: Step | undefined;
  clock: Clock;
}

type Mode = "idle" | "run" | "discover" | "condition" | "acquire" | "direct";

/** Asked when a thread reaches a new operation: true performs it now, false holds the thread. */
export type Decide = (step: Step) => boolean;

/** Memory, threads and journal of one execution after another. */
export class Execution implements Endings {
  readonly threads: readonly ThreadState[];
  readonly journal: Step[] = [];
  /** What went wrong in the current execution, if anything did. */
  failure: unknown;
  /** Set when a word that was thought to be one thread's own turns out to be shared. */
  sharedWordFound = false;
  /** Steps performed in all executions. */
  stepCount = 0;

  readonly #model: Model;
  readonly #decide: Decide;
  readonly #buffers: { buffer: ArrayBufferLike; base: number; before: Int32Array }[] = [];
  readonly #owners: number[] = [];
  readonly #shared: boolean[] = [];
  readonly #wordClocks: (WordClocks | undefined)[] = [];
  readonly #directWrites: { words: Words; wordIndex: number; value: number }[] = [];
  #lastWords: Words | undefined;
  #lastBase = 0;
  #mode: Mode = "idle";
  #current: ThreadState | undefined;
  #conditionStep: Step | undefined;
  #cursor = 0;
  #suspending = false;

  constructor(model: Model, decide: Decide) {
    this.#model = model;
    this.#decide = decide;
    const names = model.threads.map((thread) => thread.name);
    this.threads = model.threads.map((spec, index) => ({
      index,
      spec,
      starter: spec.afterDeathOf === undefined ? -1 : names.indexOf(spec.afterDeathOf),
      steps: [],
      notes: [],
      status: "ready",
      pending: undefined,
      clock: freshClock(names.length),
    }));
  }

  /** Takes over all words; {@link close} gives them back. */
  open(): void {
    setWordsHook((kind, words, wordIndex, value, expected) =>
      this.#operate(kind, words, wordIndex, value, expected),
    );
    for (const thread of this.threads) this.#call(thread, "discover");
  }

  /** Lets go of the words, and checks that nobody wrote to them past the model. */
  close(): void {
    setWordsHook(undefined);
    if (this.failure !== undefined) return;
    this.undoTo(0);
    for (const { buffer, before } of this.#buffers) {
      if (new Int32Array(buffer).some((value, index) => value !== before[index])) {
        throw new Error("a thread or a check wrote to memory without the functions of #words");
      }
    }
  }

  /** Forgets all steps, so that the exploration can start again with more words known as shared. */
  restart(): void {
    this.undoTo(0);
    this.sharedWordFound = false;
  }

  /** Whether the thread's pending step is on a word that no other thread touches. */
  isLocal(step: Step): boolean {
    return step.location >= 0 && this.#shared[step.location] !== true;
  }

  /** Whether the thread could take a step now. */
  isEnabled(thread: ThreadState): boolean {
    if (thread.status !== "ready" || !this.hasStarted(thread)) return false;
    const step = thread.pending!;
    return step.kind !== WAIT || this.#evaluate(step, "condition") !== undefined;
  }

  /** Whether the thread sleeps, in a wait that need not end. */
  isAsleep(thread: ThreadState): boolean {
    return thread.status === "ready" && thread.pending?.isSleep === true;
  }

  /** Whether the thread is one that runs from the beginning, or its starter has died. */
  hasStarted(thread: ThreadState): boolean {
    return thread.starter < 0 || this.threads[thread.starter]!.status === "dead";
  }

  /** See {@link Endings}; conditions get the execution itself. */
  ended(name: string): boolean {
    const thread = this.#find(name);
    this.#conditionStep!.waitThreads |= 1 << thread.index;
    if (thread.status === "ready") return false;
    if (this.#mode === "acquire") this.#learn(this.#current!, thread.clock);
    return true;
  }

  /** Performs the pending step of a thread and runs the thread on until it is held or returns. */
  step(thread: ThreadState): void {
    this.#perform(thread.pending!);
    if (this.failure === undefined) this.#call(thread, "run");
  }

  /** Kills a thread: it takes no further step. */
  kill(thread: ThreadState): void {
    const death = this.#makeStep(thread, DEATH, undefined, 0, 0, 0);
    death.previousStatus = thread.status;
    death.noteCount = thread.notes.length;
    thread.status = "dead";
    this.journal.push(death);
  }

  /** Takes back all steps but the first `stepCount`. */
  undoTo(stepCount: number): void {
    let staleWaits = 0;
    while (this.journal.length > stepCount) {
      const step = this.journal.pop()!;
      const thread = step.thread;
      thread.status = step.previousStatus;
      if (step.kind === DEATH) continue;
      thread.steps.pop();
      thread.pending = step;
      thread.notes.length = step.noteCount;
      thread.clock = step.previousClock;
      staleWaits &= ~(1 << thread.index);
      if (step.kind === WAIT) {
        staleWaits |= 1 << thread.index;
      } else {
        if (step.words !== undefined) step.words[step.wordIndex] = step.previousValue;
        this.#wordClocks[step.location] = step.previousWordClocks;
      }
    }
    // A condition sees the thread's variables, which have changed since: make it anew.
    for (const thread of this.threads) {
      if ((staleWaits & (1 << thread.index)) !== 0) this.#recall(thread);
    }
  }

  /** Runs the model's check on the execution as it stands. */
  check(): void {
    const outcome: Outcome = {
      values: (threadName, label) =>
        this.#find(threadName)
          .notes.filter((note) => note.label === label)
          .map((note) => note.value),
      died: (threadName) => this.#find(threadName).status === "dead",
      isAsleep: (threadName) => this.isAsleep(this.#find(threadName)),
    };
    this.#mode = "direct";
    try {
      this.#model.check?.(outcome);
    } catch (error) {
      this.failure = error;
    }
    this.#mode = "idle";
    while (this.#directWrites.length > 0) {
      const { words, wordIndex, value } = this.#directWrites.pop()!;
      words[wordIndex] = value;
    }
  }

  #find(name: string): ThreadState {
    const thread = this.threads.find((candidate) => candidate.spec.name === name);
    if (thread === undefined) throw new Error(`the scenario has no thread ${name}`);
    return thread;
  }

  /** Runs a thread to its pending step again, without performing anything. */
  #recall(thread: ThreadState): void {
    this.#call(thread, "discover");
  }

  #call(thread: ThreadState, mode: "run" | "discover"): void {
    this.#current = thread;
    this.#cursor = 0;
    this.#suspending = false;
    this.#mode = mode;
    thread.notes.length = 0;
    try {
      thread.spec.run({
        note: (label, value) => {
          thread.notes.push({ label, value });
        },
        waitUntil: (what, condition) => {
          this.#wait(what, (threads) => (condition(threads) ? 1 : undefined));
        },
        sleepUntil: (what, condition) => this.#wait(what, () => condition() || undefined, true),
        readTogether: (what, read) => this.#wait(what, read),
      });
      if (this.#cursor < thread.steps.length) this.#complain("took fewer steps than before");
      thread.status = "done";
      thread.pending = undefined;
    } catch (error) {
      if (error !== SUSPENDED) this.failure ??= error;
    }
    this.#mode = "idle";
  }

  #complain(what: string): void {
    throw new Error(
      `thread ${this.#current!.spec.name} ${what} in the same situation: it depends on something ` +
        "that is not made inside its run function",
    );
  }

  #wait(what: string, condition: WaitCondition, isSleep = false): number {
    const thread = this.#current!;
    if (this.#suspending) throw SUSPENDED;
    if (this.#cursor < thread.steps.length) return this.#replay(WAIT, -1, 0, 0);
    const step = this.#makeStep(thread, WAIT, undefined, 0, 0, 0);
    return this.#reach({ ...step, what, condition, isSleep });
  }

  #operate(
    kind: WordOperation,
    words: Words,
    wordIndex: number,
    value: number,
    expected: number,
  ): number {
    if (wordIndex < 0 || wordIndex >= words.length || !Number.isInteger(wordIndex)) {
      throw new RangeError(`word ${wordIndex} is outside of memory of ${words.length} words`);
    }
    switch (this.#mode) {
      case "run":
      case "discover":
        return this.#reachWord(kind, words, wordIndex, value, expected);
      case "condition":
      case "acquire":
        return this.#readInCondition(kind, words, wordIndex);
      case "direct":
        this.#directWrites.push({ words, wordIndex, value: words[wordIndex]! });
        return performOperation(kind, words, wordIndex, value, expected);
      case "idle":
        throw new Error("words were used outside of any thread");
    }
  }

  #reachWord(
    kind: WordOperation,
    words: Words,
    wordIndex: number,
    value: number,
    expected: number,
  ): number {
    const thread = this.#current!;
    // The thread is being left, and passes a `finally`: nothing of that happens.
    if (this.#suspending) throw SUSPENDED;
    if (this.#cursor < thread.steps.length) {
      return this.#replay(kind, this.#locate(words, wordIndex), value, expected);
    }
    return this.#reach(this.#makeStep(thread, kind, words, wordIndex, value, expected));
  }

  /** Answers an operation of the thread's past with the recorded result. */
  #replay(kind: StepKind, location: number, value: number, expected: number): number {
    const past = this.#current!.steps[this.#cursor]!;
    if (
      past.kind !== kind ||
      past.location !== location ||
      past.value !== value ||
      past.expected !== expected
    ) {
      this.#complain("took another step than before");
    }
    this.#cursor += 1;
    return past.result;
  }

  /** A thread has come to a new step: perform it or hold it. */
  #reach(step: Step): number {
    const thread = step.thread;
    step.noteCount = thread.notes.length;
    thread.pending = step;
    if (step.location >= 0) this.#touch(step.location, thread);
    if (this.#mode === "run") {
      const decided = this.#decide(step);
      this.#mode = "run";
      this.#current = thread;
      if (decided) {
        this.#perform(step);
        if (this.failure === undefined) {
          this.#cursor += 1;
          return step.result;
        }
      }
    }
    this.#suspending = true;
    throw SUSPENDED;
  }

  #touch(location: number, thread: ThreadState): void {
    const owner = this.#owners[location];
    if (owner === undefined) {
      this.#owners[location] = thread.index;
    } else if (owner !== thread.index && this.#shared[location] !== true) {
      this.#shared[location] = true;
      this.sharedWordFound = true;
    }
  }

  #perform(step: Step): void {
    const thread = step.thread;
    step.previousStatus = thread.status;
    step.previousClock = thread.clock;
    if (step.kind === WAIT) {
      this.#current = thread;
      thread.clock = tickClock(thread.clock, thread.index);
      step.result = this.#evaluate(step, "acquire") ?? 0;
    } else if (step.kind !== DEATH) {
      const words = step.words!;
      step.previousValue = words[step.wordIndex]!;
      step.previousWordClocks = this.#wordClocks[step.location];
      step.result = performOperation(step.kind, words, step.wordIndex, step.value, step.expected);
      if (this.#shared[step.location] === true) this.#track(thread, step);
    }
    thread.steps.push(step);
    thread.pending = undefined;
    this.journal.push(step);
    this.stepCount += 1;
  }

  #evaluate(step: Step, mode: "condition" | "acquire"): number | undefined {
    const modeBefore = this.#mode;
    const currentBefore = this.#current;
    this.#mode = mode;
    this.#current = step.thread;
    this.#conditionStep = step;
    step.waitLocations.length = 0;
    step.waitThreads = 0;
    const result = step.condition!(this);
    this.#mode = modeBefore;
    this.#current = currentBefore;
    return result;
  }

  #readInCondition(kind: WordOperation, words: Words, wordIndex: number): number {
    if (kind !== WordOperation.loadAcquire && kind !== WordOperation.peek) {
      throw new Error("the condition of a wait may only read");
    }
    const location = this.#locate(words, wordIndex);
    const thread = this.#current!;
    this.#touch(location, thread);
    this.#conditionStep!.waitLocations.push(location);
    if (this.#mode === "acquire") {
      const clocks = this.#wordClocks[location];
      if (clocks !== undefined) this.#learn(thread, clocks.released);
    }
    return words[wordIndex]!;
  }

  #learn(thread: ThreadState, clock: Clock): void {
    thread.clock = joinClocks(thread.clock, clock);
  }

  /** Moves the clocks for a step and fails the execution if the step races. */
  #track(thread: ThreadState, step: Step): void {
    const { index } = thread;
    const nothing = freshClock(this.threads.length);
    const before = this.#wordClocks[step.location] ?? {
      released: nothing,
      poked: nothing,
      accessed: nothing,
    };
    const isPoke = step.kind === WordOperation.poke;
    const isPeek = step.kind === WordOperation.peek;
    if (thread.starter >= 0) this.#learn(thread, this.threads[thread.starter]!.clock);
    if (!isPoke && !isPeek && step.kind !== WordOperation.storeRelease) {
      this.#learn(thread, before.released);
    }
    const other = unorderedThread(isPoke ? before.accessed : before.poked, thread.clock, index);
    if (other >= 0) {
      const name = this.threads[other]!.spec.name;
      this.failure = new Error(
        `data race: the last step of ${thread.spec.name} is not ordered against the ` +
          `${isPoke ? "access" : "poke"} of ${name} to the same word`,
      );
    }
    thread.clock = tickClock(thread.clock, index);
    const time = thread.clock[index]!;
    const reads =
      isPeek ||
      step.kind === WordOperation.loadAcquire ||
      (step.kind === WordOperation.compareExchange && step.result !== (step.expected | 0));
    this.#wordClocks[step.location] = {
      released: reads ? before.released : isPoke ? nothing : thread.clock,
      poked: isPoke ? withTime(before.poked, index, time) : before.poked,
      accessed: withTime(before.accessed, index, time),
    };
  }

  #locate(words: Words, wordIndex: number): number {
    if (words !== this.#lastWords) {
      const { buffer } = words;
      let known = this.#buffers.find((candidate) => candidate.buffer === buffer);
      if (known === undefined) {
        const last = this.#buffers.at(-1);
        const base = last === undefined ? 0 : last.base + last.before.length;
        known = { buffer, base, before: new Int32Array(buffer).slice() };
        this.#buffers.push(known);
      }
      this.#lastWords = words;
      this.#lastBase = known.base + words.byteOffset / Int32Array.BYTES_PER_ELEMENT;
    }
    return this.#lastBase + wordIndex;
  }

  #makeStep(
    thread: ThreadState,
    kind: StepKind,
    words: Words | undefined,
    wordIndex: number,
    value: number,
    expected: number,
  ): Step {
    return {
      thread,
      kind,
      words,
      wordIndex,
      location: words === undefined ? -1 : this.#locate(words, wordIndex),
      value,
      expected,
      what: "",
      condition: undefined,
      isSleep: false,
      waitLocations: [],
      waitThreads: 0,
      noteCount: 0,
      result: 0,
      previousValue: 0,
      previousStatus: thread.status,
      previousClock: thread.clock,
      previousWordClocks: undefined,
    };
  }
}
