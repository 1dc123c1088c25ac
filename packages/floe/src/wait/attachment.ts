/**
 * Attachments: what a wait set waits for, and how each kind finds out that it has happened.
 *
 * An attachment is *examined* only when it may have something: when it is new, was rung, is due, or
 * was reported before and may not have been drained. So a wake-up costs the same however many
 * attachments sleep; only of those with a deadline or an interval all are asked when they are due.
 */

import { DescriptorWatch } from "../os/descriptor-watch.ts";
import { type ReadinessInterest, Ready } from "../os/poll.ts";
import type { PortDetails } from "../registry/port-table.ts";
import type { Waiter } from "./doorbell.ts";
import type { WaitableCore } from "./waitable.ts";

/** What happened at an attachment. */
export type WaitEvent =
  /** Something waits to be taken from the port. */
  | { readonly kind: "ready"; readonly attachment: Attachment }
  /** Nothing came in time; `deadSenders` are those that were found dead, and cleaned up after. */
  | {
      readonly kind: "deadline-missed";
      readonly attachment: Attachment;
      readonly deadSenders: readonly PortDetails[];
    }
  /** An interval has passed; `passedCount` is more than 1 when nobody looked for so long. */
  | { readonly kind: "tick"; readonly attachment: Attachment; readonly passedCount: number }
  /** The descriptor is ready. */
  | {
      readonly kind: "descriptor";
      readonly attachment: Attachment;
      readonly isReadable: boolean;
      readonly isWritable: boolean;
      /** The other end is gone. */
      readonly isHungUp: boolean;
    };

/** What a wait set offers to its attachments. */
export interface AttachmentHost {
  /** Makes the wait set examine an attachment, and wakes who waits. */
  examineSoon(attachment: Attachment): void;
  /** Takes an attachment out. */
  forget(attachment: Attachment): void;
}

/** Something that a wait set waits for, until it is detached. */
export abstract class Attachment {
  /** @internal */
  protected readonly host: AttachmentHost;
  #isAttached = true;

  constructor(host: AttachmentHost) {
    this.host = host;
  }

  /** Whether it has not been detached. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Ends the waiting for it; may be called again, and while the wait set is being iterated. */
  detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.sleepNoMore();
    this.host.forget(this);
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** @internal When it must be examined again although nothing happens, in ms of the clock. */
  abstract readonly dueAtMs: number;

  /** @internal What has happened; if nothing has, it sleeps. */
  abstract examine(nowMs: number): WaitEvent | undefined;

  /** @internal Lets go of everything that would wake it. */
  protected abstract sleepNoMore(): void;
}

/** How long a port that was reported and not drained is left alone, at first and at most. */
const REST_MS_MIN = 1;
const REST_MS_MAX = 100;

/**
 * A port. It is reported as long as something waits in it. One that nobody drains is then left
 * alone for growing times, or until something new comes, so that it costs no processor time.
 */
export class PortAttachment extends Attachment implements Waiter {
  readonly lane: undefined = undefined;
  readonly #core: WaitableCore;
  readonly #deadlineMs: number;
  #deadlineAtMs: number;
  readonly isHeldElsewhere = true;
  #isAsleep = false;
  /** The port's count of takes when it was examined last. */
  #seenTakeCount: number;
  /** The port's count of takes when it was reported last; -1 when it was empty since. */
  #reportedTakeCount = -1;
  #restMs = 0;
  #hasRested = false;
  #restUntilMs = Number.POSITIVE_INFINITY;
  /** The count of rings when the rest began: another one ends it. */
  #restRingCount = 0;

  constructor(host: AttachmentHost, core: WaitableCore, deadlineMs: number, nowMs: number) {
    super(host);
    this.#core = core;
    this.#deadlineMs = deadlineMs;
    this.#deadlineAtMs = nowMs + deadlineMs;
    this.#seenTakeCount = core.takeCount;
  }

  /** @internal */
  get core(): WaitableCore {
    return this.#core;
  }

  get dueAtMs(): number {
    return Math.min(this.#deadlineAtMs, this.#restUntilMs);
  }

  examine(nowMs: number): WaitEvent | undefined {
    this.#wakeUp();
    if (this.#core.doorbell.isShut) {
      this.detach();
      return undefined;
    }
    const { takeCount } = this.#core;
    // What was taken without having been told counts as well.
    if (takeCount !== this.#seenTakeCount) this.#deadlineAtMs = nowMs + this.#deadlineMs;
    this.#seenTakeCount = takeCount;
    if (!this.#core.isReady()) {
      this.#reportedTakeCount = -1;
      this.#restMs = 0;
      const event = nowMs >= this.#deadlineAtMs ? this.#reportDeadline(nowMs) : undefined;
      this.#sleep();
      return event;
    }
    if (takeCount !== this.#reportedTakeCount) this.#restMs = 0;
    else if (!this.#hasRested) {
      this.#rest(nowMs);
      return undefined;
    }
    this.#reportedTakeCount = takeCount;
    this.#hasRested = false;
    this.#deadlineAtMs = nowMs + this.#deadlineMs;
    this.host.examineSoon(this);
    return { kind: "ready", attachment: this };
  }

  #reportDeadline(nowMs: number): WaitEvent {
    this.#deadlineAtMs = nowMs + this.#deadlineMs;
    const deadSenders = this.#core.findDeadSenders?.() ?? [];
    return { kind: "deadline-missed", attachment: this, deadSenders };
  }

  #rest(nowMs: number): void {
    this.#hasRested = true;
    this.#restMs = Math.min(Math.max(this.#restMs * 2, REST_MS_MIN), REST_MS_MAX);
    this.#restUntilMs = nowMs + this.#restMs;
    this.#restRingCount = this.#core.doorbell.ringCount;
    this.#sleep();
  }

  #sleep(): void {
    this.#core.tidyUp?.();
    this.#isAsleep = true;
    this.#core.doorbell.add(this);
  }

  #wakeUp(): void {
    this.#restUntilMs = Number.POSITIVE_INFINITY;
    if (this.#isAsleep) this.#core.doorbell.remove(this);
    this.#isAsleep = false;
  }

  /** The doorbell asks whether the sleep is over. */
  tryFinish(): boolean {
    if (this.#core.doorbell.isShut) {
      this.#isAsleep = false;
      this.detach();
      return true;
    }
    const isResting = this.#restUntilMs !== Number.POSITIVE_INFINITY;
    const isOver = isResting
      ? this.#core.doorbell.ringCount !== this.#restRingCount
      : this.#isReadyOrBroken();
    if (!isOver) return false;
    this.#isAsleep = false;
    this.host.examineSoon(this);
    return true;
  }

  /** What goes wrong here is told by the next examination, to those who wait. */
  #isReadyOrBroken(): boolean {
    try {
      return this.#core.isReady();
    } catch {
      return true;
    }
  }

  protected sleepNoMore(): void {
    this.#wakeUp();
  }
}

/** An interval. Ticks fall on multiples of it since it was attached, however late they are seen. */
export class IntervalAttachment extends Attachment {
  readonly #intervalMs: number;
  #dueAtMs: number;

  constructor(host: AttachmentHost, intervalMs: number, nowMs: number) {
    super(host);
    this.#intervalMs = intervalMs;
    this.#dueAtMs = nowMs + intervalMs;
  }

  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  examine(nowMs: number): WaitEvent | undefined {
    if (nowMs < this.#dueAtMs) return undefined;
    const passedCount = 1 + Math.floor((nowMs - this.#dueAtMs) / this.#intervalMs);
    this.#dueAtMs += passedCount * this.#intervalMs;
    return { kind: "tick", attachment: this, passedCount };
  }

  protected sleepNoMore(): void {}
}

/** A descriptor of the program's own. It is reported as long as it is ready. */
export class DescriptorAttachment extends Attachment {
  readonly fd: number;
  readonly interest: ReadinessInterest;
  readonly #watch: DescriptorWatch;
  #ready = 0;

  constructor(host: AttachmentHost, fd: number, interest: ReadinessInterest) {
    super(host);
    this.fd = fd;
    this.interest = interest;
    this.#watch = new DescriptorWatch(fd, interest, (ready) => this.note(ready));
    this.#watch.pause();
    this.#watch.unref();
  }

  /** @internal Whether waiting for it keeps the process alive. */
  hold(isHolding: boolean): void {
    if (isHolding) this.#watch.ref();
    else this.#watch.unref();
  }

  get dueAtMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** @internal The descriptor was found ready. */
  note(ready: number): void {
    this.#ready = ready;
    this.#watch.pause();
    this.host.examineSoon(this);
  }

  examine(): WaitEvent | undefined {
    const ready = this.#ready;
    this.#ready = 0;
    if (ready === 0) {
      this.#watch.resume();
      return undefined;
    }
    this.host.examineSoon(this);
    return {
      kind: "descriptor",
      attachment: this,
      isReadable: (ready & Ready.readable) !== 0,
      isWritable: (ready & Ready.writable) !== 0,
      isHungUp: (ready & Ready.hangUp) !== 0,
    };
  }

  protected sleepNoMore(): void {
    this.#watch.close();
  }
}
