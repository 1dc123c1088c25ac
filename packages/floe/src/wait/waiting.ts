/**
 * Waiting for something at a port: in the event loop with a promise, or blocking this thread.
 *
 * A wait looks first, then spins if asked to, then sleeps on the port's doorbell and looks again
 * when there is news.
 */

import type { FloeError } from "../errors.ts";
import { invalidOption } from "../registry/domain.ts";
import type { Doorbell, Waiter } from "./doorbell.ts";
import {
  aborted,
  interrupted,
  TIMER_MS_MAX,
  timedOut,
  type WaitDescription,
} from "./wait-errors.ts";

/** How long a blocking wait may last, and whether it spins first. */
export interface BlockingWaitOptions {
  /**
   * Milliseconds; default: no limit. With 0 it looks once. In the event loop more than 2^31 - 1 is
   * no limit.
   */
  readonly timeout?: number;
  /**
   * Microseconds for which to look again and again before sleeping, at most `timeout` and 1e9;
   * default 0. It saves the 30 microseconds that waking a sleeper takes, and costs a processor, and
   * everything else that this thread could do, for as long. Who waits behind others does not spin.
   */
  readonly spinUs?: number;
}

/** How long to wait, and what else may end it. */
export interface WaitOptions extends BlockingWaitOptions {
  /** Ends the wait when it is aborted; its reason is the error's `cause`. */
  readonly signal?: AbortSignal;
}

/** What a wait is about; a port makes it once. */
export interface WaitSubject<T> extends WaitDescription {
  /** Whose doorbell rings. */
  readonly doorbell: Doorbell;
  /** See {@link Waiter.lane}. */
  readonly lane?: string;
  /** Returns what is waited for, or undefined while it is not there. */
  look(): T | undefined;
  /**
   * Whether looking again is worth while, in order with what this thread updated before: asked by
   * who sleeps, and much cheaper than a look. If left out, it always is.
   */
  hasNews?(): boolean;
  /** Why what is waited for cannot come any more, if so: the wait then ends with that. */
  whyHopeless?(): FloeError | undefined;
}

const SPIN_US_MAX = 1e9;

/** Options checked. Throws FLOE_OPTION_INVALID. */
function checked(options: BlockingWaitOptions): { timeoutMs: number; spinUs: number } {
  const { timeout = Number.POSITIVE_INFINITY, spinUs = 0 } = options;
  if (!(typeof timeout === "number" && timeout >= 0)) {
    throw invalidOption("timeout", "milliseconds from 0 on", String(timeout));
  }
  if (!(typeof spinUs === "number" && spinUs >= 0 && spinUs <= SPIN_US_MAX)) {
    throw invalidOption("spinUs", `microseconds from 0 to ${SPIN_US_MAX}`, String(spinUs));
  }
  return { timeoutMs: timeout, spinUs };
}

/** Looks for a while without sleeping. */
function spin<T>(subject: WaitSubject<T>, durationMs: number): T | undefined {
  const endMs = performance.now() + durationMs;
  do {
    // A reading of the clock costs as much as several looks.
    for (let turn = 0; turn < 16; turn += 1) {
      const found = subject.look();
      if (found !== undefined) return found;
    }
  } while (performance.now() < endMs);
  return undefined;
}

/** The same for who sleeps. */
function lookAgain<T>(subject: WaitSubject<T>): T | undefined {
  return subject.hasNews === undefined || subject.hasNews() ? subject.look() : undefined;
}

function throwIfHopeless<T>(subject: WaitSubject<T>): void {
  const reason = subject.whyHopeless?.();
  if (reason !== undefined) throw reason;
}

class LoopWait<T> implements Waiter {
  readonly lane: string | undefined;
  readonly promise: Promise<T>;
  readonly #subject: WaitSubject<T>;
  #resolve!: (found: T) => void;
  #reject!: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #endListening: (() => void) | undefined;

  constructor(subject: WaitSubject<T>, timeoutMs: number, signal: AbortSignal | undefined) {
    this.lane = subject.lane;
    this.#subject = subject;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (timeoutMs <= TIMER_MS_MAX) {
      this.#timer = setTimeout(() => this.#onTimer(timeoutMs), timeoutMs);
      if (!subject.doorbell.isRef) this.#timer.unref();
    }
    if (signal !== undefined) {
      const onAbort = (): void => this.#fail(aborted(subject, signal.reason));
      signal.addEventListener("abort", onAbort);
      this.#endListening = () => signal.removeEventListener("abort", onAbort);
    }
  }

  /** Sleeps. Throws what {@link Doorbell.add} throws; then the wait has not begun. */
  begin(): void {
    try {
      this.#subject.doorbell.add(this);
    } catch (error) {
      this.#settle();
      throw error;
    }
  }

  tryFinish(): boolean {
    let found: T | undefined;
    try {
      found = lookAgain(this.#subject);
      if (found === undefined) throwIfHopeless(this.#subject);
    } catch (error) {
      this.#settle();
      this.#reject(error);
      return true;
    }
    if (found === undefined) return false;
    this.#settle();
    this.#resolve(found);
    return true;
  }

  tryGiveUp(): boolean {
    try {
      throwIfHopeless(this.#subject);
      return false;
    } catch (error) {
      this.#settle();
      this.#reject(error);
      return true;
    }
  }

  setHolding(isHolding: boolean): void {
    if (isHolding) this.#timer?.ref();
    else this.#timer?.unref();
  }

  #settle(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#endListening?.();
  }

  #onTimer(timeoutMs: number): void {
    // What came while the timer was late still counts, unless somebody else waits for it in front.
    const { doorbell } = this.#subject;
    if (doorbell.isFirst(this) && this.tryFinish()) doorbell.remove(this);
    else this.#fail(timedOut(this.#subject, timeoutMs));
  }

  #fail(error: FloeError): void {
    this.#settle();
    this.#subject.doorbell.remove(this);
    this.#reject(error);
  }
}

/**
 * Resolves with what is waited for. Rejects with FLOE_TIMEOUT, FLOE_ABORTED, FLOE_OPTION_INVALID,
 * and with what looking throws.
 */
export function waitFor<T>(subject: WaitSubject<T>, options: WaitOptions): Promise<T> {
  try {
    const { timeoutMs, spinUs } = checked(options);
    const { signal } = options;
    if (signal?.aborted === true) throw aborted(subject, signal.reason);
    const mayLook = !subject.doorbell.hasWaiters(subject.lane);
    let found = mayLook ? subject.look() : undefined;
    let spunMs = 0;
    if (found === undefined && mayLook && spinUs > 0) {
      spunMs = Math.min(spinUs / 1000, timeoutMs);
      found = spin(subject, spunMs);
    }
    if (found !== undefined) return Promise.resolve(found);
    throwIfHopeless(subject);
    if (timeoutMs <= spunMs) throw timedOut(subject, timeoutMs);
    const wait = new LoopWait(subject, timeoutMs - spunMs, signal);
    wait.begin();
    return wait.promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Blocks this thread until what is waited for is there, and returns it; undefined when the time is
 * over. Throws FLOE_INTERRUPTED when a signal came that the program handles, FLOE_OPTION_INVALID,
 * and what looking throws.
 */
export function waitForSync<T>(
  subject: WaitSubject<T>,
  options: BlockingWaitOptions,
): T | undefined {
  const { timeoutMs, spinUs } = checked(options);
  let found = subject.look();
  if (found !== undefined) return found;
  throwIfHopeless(subject);
  if (timeoutMs === 0) return undefined;
  const spunMs = Math.min(spinUs / 1000, timeoutMs);
  if (spunMs > 0) found = spin(subject, spunMs);
  if (found !== undefined) return found;
  const outcome = subject.doorbell.block(() => {
    found = lookAgain(subject);
    if (found === undefined) throwIfHopeless(subject);
    return found !== undefined;
  }, timeoutMs - spunMs);
  if (outcome !== "interrupted") return found;
  throw interrupted(subject);
}
