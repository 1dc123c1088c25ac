/**
 * Explorer: runs a scenario through every interleaving that matters, and through every death.
 *
 * Depth-first search over the choice "who takes the next step". Two things keep it small, and both
 * leave out only executions that cannot be told apart from ones that are run:
 *
 * - A step on a word that no other thread touches in any execution is taken at once, without a
 *   choice. Which words those are is found on the way: all count as private until a second thread
 *   comes to one, and then the search starts again. (A singleton persistent set in the sense of
 *   Godefroid 1996. If some execution reached a private word from a second thread, take the first
 *   such access: before it every private word was private, so an execution that the search runs
 *   agrees with it up to the order of independent steps, and would have found the word shared.)
 * - Sleep sets (Godefroid): after all that begins with thread A's step has been searched, the
 *   search that begins with B's step does not let A go first again until something happens that
 *   depends on A's step: the same word, at least one of the two writing.
 *
 * With a preemption bound (CHESS, Musuvathi & Qadeer 2007: few preemptions find most bugs) sleep
 * sets would wrongly prune, so only the first reduction is used then.
 *
 * A death is only tried immediately after the thread's own last step (or at the very beginning):
 * dying later looks the same, since nobody can see that a living thread has *not* died.
 */

import { WordOperation } from "floe/model";
import { Execution, type Step, type ThreadState, WAIT } from "./execution.ts";
import type { Scenario } from "./scenario.ts";
import { describeExecution } from "./trace.ts";

/** No thread takes a step: the execution is over. */
const NOBODY = -1;

/** A choice that kills thread t instead of letting it take a step is -2 - t. */
const killChoice = (thread: number): number => -2 - thread;

const DEFAULT_STEP_LIMIT = 1000;
const SIMPLIFYING_EXECUTIONS = 200_000;

/** A point of the search at which there was a choice. */
interface Branch {
  readonly stepCount: number;
  readonly choices: number[];
  nextChoice: number;
  readonly sleeping: number;
  readonly running: number;
  readonly preemptions: number;
  readonly deaths: number;
}

/** How an exploration went. */
export interface Exploration {
  /** Executions that were run to their end and checked. */
  readonly executions: number;
  /** Executions given up because they repeat another one. */
  readonly pruned: number;
  /** Checked executions in which a thread died. */
  readonly executionsWithDeath: number;
  /** Steps performed. */
  readonly steps: number;
  readonly milliseconds: number;
  /** The first execution that failed. */
  readonly failure: Failure | undefined;
}

/** A failed execution. */
export interface Failure {
  readonly error: unknown;
  /** The interleaving, readable. */
  readonly trace: string;
  /** The interleaving for {@link replay}: for each step the thread's index, with x if killed. */
  readonly schedule: string;
}

/**
 * Runs all executions of a scenario, up to the first that fails; then looks for a failing one with
 * fewer preemptions, which is easier to understand.
 */
export function explore(scenario: Scenario): Exploration {
  const exploration = new Search(scenario, scenario.preemptionBound, undefined).run();
  if (exploration.failure === undefined || scenario.preemptionBound !== undefined) {
    return exploration;
  }
  for (const bound of [0, 1, 2]) {
    const simpler = new Search(scenario, bound, undefined, SIMPLIFYING_EXECUTIONS).run();
    if (simpler.failure !== undefined) return { ...exploration, failure: simpler.failure };
  }
  return exploration;
}

/** Runs the one execution that a schedule describes. */
export function replay(scenario: Scenario, schedule: string): Exploration {
  const choices = schedule
    .split(" ")
    .map((word) => (word.endsWith("x") ? killChoice(Number.parseInt(word, 10)) : Number(word)));
  return new Search(scenario, undefined, choices).run();
}

class Search {
  readonly #execution: Execution;
  readonly #regions: Parameters<typeof describeExecution>[1];
  readonly #maxDeaths: number;
  readonly #stepLimit: number;
  readonly #bound: number;
  readonly #usesSleepSets: boolean;
  readonly #schedule: readonly number[] | undefined;
  readonly #executionLimit: number;
  readonly #branches: Branch[] = [];
  /** Threads, as a mask, whose pending step need not be taken here. */
  #sleeping = 0;
  /** The thread that took the last step on a shared word, or -1: leaving it is a preemption. */
  #running = NOBODY;
  #preemptions = 0;
  #deaths = 0;
  #next = NOBODY;
  #executions = 0;
  #executionsWithDeath = 0;
  #pruned = 0;

  constructor(
    scenario: Scenario,
    bound: number | undefined,
    schedule: readonly number[] | undefined,
    executionLimit: number = Number.POSITIVE_INFINITY,
  ) {
    const model = scenario.build();
    this.#regions = model.regions ?? [];
    this.#execution = new Execution(model, (step) => this.#decide(step));
    this.#maxDeaths = scenario.maxDeaths ?? 0;
    this.#stepLimit = scenario.stepLimit ?? DEFAULT_STEP_LIMIT;
    this.#bound = bound ?? Number.POSITIVE_INFINITY;
    this.#usesSleepSets = bound === undefined;
    this.#schedule = schedule;
    this.#executionLimit = executionLimit;
  }

  run(): Exploration {
    const started = performance.now();
    this.#execution.open();
    let failure: Failure | undefined;
    try {
      this.#searchAll();
      if (this.#execution.failure !== undefined) {
        const { failure: error, journal } = this.#execution;
        failure = { error, ...describeExecution(journal, this.#regions) };
      }
    } finally {
      this.#execution.close();
    }
    return {
      executions: this.#executions,
      pruned: this.#pruned,
      executionsWithDeath: this.#executionsWithDeath,
      steps: this.#execution.stepCount,
      milliseconds: performance.now() - started,
      failure,
    };
  }

  #searchAll(): void {
    const execution = this.#execution;
    if (execution.failure !== undefined) return;
    let choice = this.#arrive(NOBODY);
    for (;;) {
      while (choice !== NOBODY) choice = this.#take(choice);
      if (execution.failure !== undefined) return;
      if (execution.sharedWordFound) {
        this.#startAgain();
        choice = this.#arrive(NOBODY);
      } else {
        if (this.#schedule !== undefined || this.#executions >= this.#executionLimit) return;
        const branch = this.#backtrack();
        if (branch === undefined) return;
        choice = this.#follow(branch);
      }
    }
  }

  #startAgain(): void {
    this.#execution.restart();
    this.#branches.length = 0;
    this.#sleeping = 0;
    this.#running = NOBODY;
    this.#preemptions = 0;
    this.#deaths = 0;
    this.#executions = 0;
    this.#executionsWithDeath = 0;
    this.#pruned = 0;
  }

  /** Takes a choice and returns the next one. */
  #take(choice: number): number {
    const { threads } = this.#execution;
    if (choice < NOBODY) {
      const thread = threads[-2 - choice]!;
      this.#execution.kill(thread);
      this.#deaths += 1;
      return this.#arrive(thread.index);
    }
    const thread = threads[choice]!;
    this.#next = NOBODY;
    this.#execution.step(thread);
    if (this.#execution.failure !== undefined) return NOBODY;
    return thread.status === "done" ? this.#arrive(choice) : this.#next;
  }

  /** A thread has come to a new step: may it go on at once? */
  #decide(step: Step): boolean {
    this.#next = this.#arrive(step.thread.index);
    return this.#next === step.thread.index;
  }

  /** All threads stand before a step or have ended: decide who is next. `last` has just moved. */
  #arrive(last: number): number {
    const execution = this.#execution;
    const stepCount = execution.journal.length;
    if (execution.sharedWordFound) return NOBODY;
    if (this.#schedule !== undefined && stepCount < this.#schedule.length) {
      return this.#schedule[stepCount]!;
    }
    if (stepCount >= this.#stepLimit) {
      execution.failure = new Error(`no end after ${stepCount} steps: a livelock?`);
      return NOBODY;
    }
    const kills = this.#deaths < this.#maxDeaths ? this.#listKills(last) : [];
    const local = execution.threads.find(
      (thread) =>
        thread.pending !== undefined && execution.isLocal(thread.pending) && this.#canGo(thread),
    );
    let choices: number[];
    if (local !== undefined) {
      // No branch: who else could move would not notice whether this step has been taken.
      if (kills.length === 0) return local.index;
      choices = [local.index];
    } else {
      choices = this.#listChoices();
      if (kills.length === 0 && choices.length === 1 && choices[0] === NOBODY) {
        this.#finish();
        return NOBODY;
      }
    }
    choices.push(...kills);
    if (choices.length === 0) {
      this.#pruned += 1;
      return NOBODY;
    }
    const branch: Branch = {
      stepCount,
      choices,
      nextChoice: 0,
      sleeping: this.#sleeping,
      running: this.#running,
      preemptions: this.#preemptions,
      deaths: this.#deaths,
    };
    if (choices.length > 1) this.#branches.push(branch);
    return this.#follow(branch);
  }

  #canGo(thread: ThreadState): boolean {
    return thread.status === "ready" && this.#execution.hasStarted(thread);
  }

  /** Threads that may take the next step; `[NOBODY]` if none can, none if all of them sleep. */
  #listChoices(): number[] {
    const execution = this.#execution;
    const enabled = execution.threads.filter((thread) => execution.isEnabled(thread));
    if (enabled.length === 0) return [NOBODY];
    const choices: number[] = [];
    const canGoOn = enabled.some((thread) => thread.index === this.#running);
    if (canGoOn && (this.#sleeping & (1 << this.#running)) === 0) choices.push(this.#running);
    if (canGoOn && this.#preemptions >= this.#bound) return choices;
    for (const { index } of enabled) {
      const isAsleep = (this.#sleeping & (1 << index)) !== 0;
      if (index !== this.#running && !isAsleep) choices.push(index);
    }
    return choices;
  }

  #listKills(last: number): number[] {
    const { threads } = this.#execution;
    const lastThread = threads[last];
    // Only deaths so far: whoever has not moved may still have died before it began.
    const atStart = this.#execution.journal.length === this.#deaths;
    const kills: number[] = [];
    for (const thread of threads) {
      if (thread.spec.mortal !== true || thread.status === "dead") continue;
      if (!this.#execution.hasStarted(thread)) continue;
      const isFresh = thread.steps.length === 0 && (atStart || thread.starter === last);
      if (thread === lastThread || isFresh) kills.push(killChoice(thread.index));
    }
    return kills;
  }

  /** Takes the next choice of a branch and sets the search to what holds after it. */
  #follow(branch: Branch): number {
    const choice = branch.choices[branch.nextChoice]!;
    const { threads } = this.#execution;
    this.#running = branch.running;
    this.#preemptions = branch.preemptions;
    this.#deaths = branch.deaths;
    this.#sleeping = branch.sleeping;
    if (choice === NOBODY) {
      this.#finish();
      return NOBODY;
    }
    if (choice < NOBODY) {
      // The siblings do not kill at this point, so only what slept before may sleep on.
      this.#sleeping = this.#awakenedBy(-2 - choice, undefined, branch.sleeping);
      return choice;
    }
    const step = threads[choice]!.pending!;
    let sleeping = branch.sleeping;
    for (let earlier = 0; earlier < branch.nextChoice; earlier += 1) {
      const sibling = branch.choices[earlier]!;
      if (sibling >= 0) sleeping |= 1 << sibling;
    }
    this.#sleeping = this.#awakenedBy(choice, step, sleeping);
    if (this.#execution.isLocal(step)) return choice;
    if (branch.running >= 0 && branch.running !== choice) {
      if (this.#execution.isEnabled(threads[branch.running]!)) this.#preemptions += 1;
    }
    this.#running = choice;
    return choice;
  }

  /** Those of the sleeping threads whose step does not depend on this one. */
  #awakenedBy(thread: number, step: Step | undefined, sleeping: number): number {
    if (!this.#usesSleepSets || sleeping === 0) return 0;
    // Evaluates conditions, so that waits know what they depend on here and not elsewhere.
    for (const waiting of this.#execution.threads) this.#execution.isEnabled(waiting);
    let remaining = 0;
    for (const sleeper of this.#execution.threads) {
      const mask = 1 << sleeper.index;
      if ((sleeping & mask) === 0 || sleeper.index === thread) continue;
      if (!isDependent(thread, step, sleeper.pending!)) remaining |= mask;
    }
    return remaining;
  }

  #finish(): void {
    const execution = this.#execution;
    const blocked = execution.threads.filter(
      (thread) => this.#canGo(thread) && !execution.isAsleep(thread),
    );
    if (blocked.length > 0) {
      const waits = blocked.map((thread) => `${thread.spec.name} for ${thread.pending?.what}`);
      execution.failure = new Error(`deadlock: waiting forever: ${waits.join(", ")}`);
      return;
    }
    this.#executions += 1;
    if (this.#deaths > 0) this.#executionsWithDeath += 1;
    execution.check();
  }

  /** Goes back to the last branch that has a choice left. */
  #backtrack(): Branch | undefined {
    for (;;) {
      const branch = this.#branches.at(-1);
      if (branch === undefined) return undefined;
      branch.nextChoice += 1;
      if (branch.nextChoice < branch.choices.length) {
        this.#execution.undoTo(branch.stepCount);
        return branch;
      }
      this.#branches.pop();
    }
  }
}

/** Whether a thread's step (undefined: its death) and the pending step of another may not swap. */
function isDependent(thread: number, step: Step | undefined, other: Step): boolean {
  if (other.kind === WAIT) {
    if ((other.waitThreads & (1 << thread)) !== 0) return true;
    return step !== undefined && writes(step) && other.waitLocations.includes(step.location);
  }
  if (step === undefined) return false;
  if (step.kind === WAIT) {
    const asksForOther = (step.waitThreads & (1 << other.thread.index)) !== 0;
    return asksForOther || (writes(other) && step.waitLocations.includes(other.location));
  }
  return step.location === other.location && (writes(step) || writes(other));
}

function writes(step: Step): boolean {
  return (
    step.location >= 0 &&
    step.kind !== WordOperation.loadAcquire &&
    step.kind !== WordOperation.peek
  );
}
