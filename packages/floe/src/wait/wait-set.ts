/**
 * Wait set: waiting for many things at once, in the event loop or blocking.
 *
 * Subscribers and listeners, with deadlines if wanted, intervals, and descriptors of the program's
 * own are attached; each wait tells what has happened. In the event loop every port sleeps on its
 * node's FIFO and the wait is a promise; blocking, the thread sleeps in `ppoll` on the same FIFO
 * and the descriptors. Waits are level-triggered: what was not taken is told again.
 */

import { FloeError } from "../errors.ts";
import { type PollRequest, pollDescriptors, type ReadinessInterest } from "../os/poll.ts";
import { invalidOption } from "../registry/domain.ts";
import type { NodeCore } from "../registry/node-core.ts";
import {
  type Attachment,
  type AttachmentHost,
  DescriptorAttachment,
  IntervalAttachment,
  PortAttachment,
  type WaitEvent,
} from "./attachment.ts";
import { BLOCKED_SLICE_MS, handlesSignals } from "./doorbell.ts";
import { Termination, type TerminationSignal } from "./termination.ts";
import { aborted, interrupted, TIMER_MS_MAX, type WaitDescription } from "./wait-errors.ts";
import type { Waitable, WaitableCore } from "./waitable.ts";

/** How a wait set is made. */
export interface WaitSetOptions {
  /**
   * Signals that end waiting instead of the process; default SIGINT and SIGTERM. The program's own
   * handlers run as well. They are taken from the first `wait` until the set is closed or a loop
   * over it is left, in the main thread. Afterwards every wait ends at once: look at `endedBy`.
   */
  readonly signals?: readonly TerminationSignal[];
}

/** How long one wait may last. */
export interface WaitSetWaitOptions {
  /** Milliseconds; default: no limit. */
  readonly timeout?: number;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Events that are told in one turn of the event loop, before it goes on with other things. */
const WAITS_PER_TURN_MAX = 256;

const SELF: WaitDescription = { subject: "wait set", awaited: "something to happen" };

/** A descriptor, and what to do when it is ready. */
interface Source extends PollRequest {
  onReady(ready: number): void;
}

/** Waits for many things at once. Close it when it is no longer needed. */
export class WaitSet implements AsyncIterable<WaitEvent> {
  readonly #host: AttachmentHost = {
    examineSoon: (attachment) => this.#examineSoon(attachment),
    forget: (attachment) => this.#forget(attachment),
  };
  readonly #attachments: Set<Attachment> = new Set();
  /** Which attachment waits for a port, by the port's core. */
  readonly #ports: Map<WaitableCore, Attachment> = new Map();
  /** The nodes of ports, with the number of those ports. */
  readonly #nodes: Map<NodeCore, number> = new Map();
  readonly #descriptors: Set<DescriptorAttachment> = new Set();
  /** Those with a time at which they must be examined. */
  readonly #timed: Set<Attachment> = new Set();
  /** Those that may have something. */
  #toExamine: Set<Attachment> = new Set();
  /** What a loop that was left has not handed out. */
  readonly #undelivered: WaitEvent[] = [];
  readonly #termination: Termination;
  /** Wakes the wait that sleeps, so that it looks what has happened. */
  #wakeUp: (() => void) | undefined;
  #waitsThisTurn = 0;
  #isWaiting = false;
  #isRef = true;
  #isClosed = false;

  constructor(options: WaitSetOptions = {}) {
    const { signals = ["SIGINT", "SIGTERM"] } = options;
    this.#termination = new Termination(signals, () => this.#wakeUp?.());
  }

  /** How many things are attached. */
  get size(): number {
    return this.#attachments.size;
  }

  /** The signal that has ended waiting, if one has. */
  get endedBy(): TerminationSignal | undefined {
    return this.#termination.signal;
  }

  /** Waits for messages or notifications at a port. Throws FLOE_ALREADY_ATTACHED or FLOE_CLOSED. */
  attach(port: Waitable): Attachment {
    return this.#attachPort(port, Number.POSITIVE_INFINITY);
  }

  /**
   * The same with a deadline: most milliseconds between two of them; default is the deadline of the
   * port's service. What comes begins the deadline anew. When it is missed, dead senders are looked
   * for. Throws FLOE_OPTION_INVALID for a deadline that is missing or not a positive number, else
   * as `attach`.
   */
  attachDeadline(port: Waitable, deadline?: number): Attachment {
    const deadlineMs = deadline ?? port.waitable.deadlineMs;
    if (!(typeof deadlineMs === "number" && deadlineMs > 0)) {
      const found = deadlineMs === undefined ? "none, and the service has none" : `${deadlineMs}`;
      throw invalidOption("deadline", "a positive number of milliseconds", found);
    }
    return this.#attachPort(port, deadlineMs);
  }

  #attachPort(port: Waitable, deadlineMs: number): Attachment {
    const core = port.waitable;
    if (this.#ports.has(core)) throw alreadyAttached(core.subject);
    const attachment = new PortAttachment(this.#host, core, deadlineMs, performance.now());
    this.#add(attachment);
    this.#ports.set(core, attachment);
    const { node } = core.doorbell;
    this.#nodes.set(node, (this.#nodes.get(node) ?? 0) + 1);
    return attachment;
  }

  /**
   * Tells every `intervalMs` milliseconds, up to 2^31 - 1, without drift.
   * Throws FLOE_OPTION_INVALID or FLOE_CLOSED.
   */
  attachInterval(intervalMs: number): Attachment {
    if (!(typeof intervalMs === "number" && intervalMs > 0 && intervalMs <= TIMER_MS_MAX)) {
      throw invalidOption("intervalMs", "a positive number of milliseconds", String(intervalMs));
    }
    return this.#add(new IntervalAttachment(this.#host, intervalMs, performance.now()));
  }

  /**
   * Waits until a descriptor of the program's own is ready; default: to be read. It is told as
   * long as it is ready, as epoll does, so read until there is nothing left. It becomes
   * non-blocking, for all who share it. Detach it before it is closed. Throws FLOE_SYSTEM for a
   * descriptor that cannot be waited for, or twice.
   */
  attachDescriptor(fd: number, interest: ReadinessInterest = { readable: true }): Attachment {
    const attachment = this.#add(new DescriptorAttachment(this.#host, fd, interest));
    this.#descriptors.add(attachment);
    return attachment;
  }

  #add<Kind extends Attachment>(attachment: Kind): Kind {
    if (this.#isClosed) {
      attachment.detach();
      throw closedSet();
    }
    this.#attachments.add(attachment);
    this.#examineSoon(attachment);
    return attachment;
  }

  #examineSoon(attachment: Attachment): void {
    this.#toExamine.add(attachment);
    this.#wakeUp?.();
  }

  #forget(attachment: Attachment): void {
    this.#attachments.delete(attachment);
    this.#toExamine.delete(attachment);
    this.#timed.delete(attachment);
    if (attachment instanceof PortAttachment) this.#forgetPort(attachment.core);
    if (attachment instanceof DescriptorAttachment) this.#descriptors.delete(attachment);
    if (this.#attachments.size === 0) this.#wakeUp?.();
  }

  #forgetPort(core: WaitableCore): void {
    if (!this.#ports.delete(core)) return;
    const { node } = core.doorbell;
    const count = this.#nodes.get(node)! - 1;
    if (count > 0) this.#nodes.set(node, count);
    else this.#nodes.delete(node);
  }

  /**
   * Examines those that may have something; returns what has happened. Throws what goes wrong with
   * one of them, if nothing has; it is examined again by the next wait.
   */
  #collect(): WaitEvent[] {
    if (this.#undelivered.length > 0) return this.#undelivered.splice(0);
    const nowMs = performance.now();
    for (const attachment of this.#timed) {
      if (attachment.dueAtMs <= nowMs) this.#toExamine.add(attachment);
    }
    const examined = this.#toExamine;
    this.#toExamine = new Set();
    const events: WaitEvent[] = [];
    let failure: unknown;
    for (const attachment of examined) {
      if (!attachment.isAttached) continue;
      try {
        const event = attachment.examine(nowMs);
        if (event !== undefined) events.push(event);
      } catch (error) {
        this.#toExamine.add(attachment);
        failure ??= error;
      }
      // A port that was closed has detached itself.
      if (!attachment.isAttached) continue;
      if (attachment.dueAtMs === Number.POSITIVE_INFINITY) this.#timed.delete(attachment);
      else this.#timed.add(attachment);
    }
    if (failure !== undefined && events.length === 0) throw failure;
    return events;
  }

  #nextDueMs(): number {
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const attachment of this.#timed) dueAtMs = Math.min(dueAtMs, attachment.dueAtMs);
    return dueAtMs;
  }

  #checkUsable(): void {
    if (this.#isClosed) throw closedSet();
    if (this.#attachments.size > 0) return;
    throw new FloeError("FLOE_NOTHING_ATTACHED", {
      subject: "wait set",
      wanted: "to wait for something",
      found: "nothing attached",
      remedy: "Attach a port, an interval or a descriptor first.",
    });
  }

  /**
   * Resolves with what has happened: nothing after `timeout` ms, when a signal ended waiting (see
   * `endedBy`), or when nothing is attached any more. One wait at a time.
   * Rejects with FLOE_NOTHING_ATTACHED, FLOE_ABORTED, FLOE_CLOSED, or FLOE_OPTION_INVALID for a
   * second wait at the same time.
   */
  async wait(options: WaitSetWaitOptions = {}): Promise<readonly WaitEvent[]> {
    const { timeout = Number.POSITIVE_INFINITY, signal } = options;
    this.#checkUsable();
    checkTimeout(timeout);
    if (this.#isWaiting) throw invalidOption("wait set", "one wait at a time", "another");
    this.#termination.begin();
    this.#isWaiting = true;
    try {
      return await this.#waitUntil(performance.now() + timeout, signal);
    } finally {
      this.#isWaiting = false;
    }
  }

  async #waitUntil(deadlineMs: number, signal: AbortSignal | undefined): Promise<WaitEvent[]> {
    this.#waitsThisTurn += 1;
    if (this.#waitsThisTurn > WAITS_PER_TURN_MAX) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.#waitsThisTurn = 0;
    }
    for (;;) {
      if (signal?.aborted === true) throw aborted(SELF, signal.reason);
      if (this.#isClosed) throw closedSet();
      const events = this.endedBy === undefined ? this.#collect() : [];
      const isOver = this.endedBy !== undefined || this.#attachments.size === 0;
      if (events.length > 0 || isOver) return events;
      if (performance.now() >= deadlineMs) return this.#lastLook();
      if (this.#toExamine.size === 0) await this.#sleep(deadlineMs, signal);
    }
  }

  /** What came while the event loop had no turn still counts. */
  #lastLook(): WaitEvent[] {
    for (const { bell } of this.#nodes.keys()) bell.catchUp();
    return this.#collect();
  }

  /** Keeps the process alive until the returned function is called. */
  #hold(): () => void {
    const bells = [...this.#nodes.keys()].map(({ bell }) => bell);
    const descriptors = [...this.#descriptors];
    for (const bell of bells) bell.hold();
    for (const descriptor of descriptors) descriptor.hold(true);
    return () => {
      for (const bell of bells) bell.letGo();
      for (const descriptor of descriptors) descriptor.hold(false);
    };
  }

  /** Makes waits keep the process alive, as they do at first; nothing else here does. */
  ref(): this {
    this.#isRef = true;
    return this;
  }

  /** Lets the process end although somebody waits, from the next wait on. */
  unref(): this {
    this.#isRef = false;
    return this;
  }

  /** Resolves when something may have happened, at the latest at `deadlineMs`. */
  async #sleep(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const untilMs = Math.min(deadlineMs, this.#nextDueMs());
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => this.#wakeUp?.();
    this.#waitsThisTurn = 0;
    const held = this.#isRef ? this.#hold() : undefined;
    try {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
        if (untilMs !== Number.POSITIVE_INFINITY) {
          const sleepMs = Math.min(Math.max(0, untilMs - performance.now()), TIMER_MS_MAX);
          timer = setTimeout(resolve, Math.ceil(sleepMs));
          if (!this.#isRef) timer.unref();
        }
        signal?.addEventListener("abort", onAbort);
      });
    } finally {
      this.#wakeUp = undefined;
      held?.();
      if (timer !== undefined) clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Blocks this thread until something has happened, and returns it; nothing after `timeout` ms,
   * when a signal has ended waiting (see `endedBy`), or when nothing is attached any more.
   * Throws FLOE_INTERRUPTED when a signal comes that the program handles, and as `wait` otherwise.
   * It takes no signals by itself: where the program does not handle them, they end the process.
   */
  waitSync(options: Omit<WaitSetWaitOptions, "signal"> = {}): readonly WaitEvent[] {
    const { timeout = Number.POSITIVE_INFINITY } = options;
    this.#checkUsable();
    checkTimeout(timeout);
    const deadlineMs = performance.now() + timeout;
    // However busy one port is, the others are asked once in each call.
    this.#block(0);
    for (;;) {
      const events = this.endedBy === undefined ? this.#collect() : [];
      const isOver = this.endedBy !== undefined || this.#attachments.size === 0;
      const nowMs = performance.now();
      if (events.length > 0 || isOver || nowMs >= deadlineMs) return events;
      if (this.#toExamine.size > 0) continue;
      const untilMs = Math.min(deadlineMs, this.#nextDueMs(), nowMs + BLOCKED_SLICE_MS);
      this.#block(Math.max(0, untilMs - nowMs));
    }
  }

  /** Blocks until something is ready that may wake an attachment, or the time is over. */
  #block(timeoutMs: number): void {
    const sources = [...this.#sources()];
    const outcome = pollDescriptors(sources, timeoutMs);
    if (outcome === "interrupted" && handlesSignals()) throw interrupted(SELF);
    if (outcome === "interrupted" || outcome === "timed-out") return;
    for (const [index, ready] of outcome.entries()) if (ready !== 0) sources[index]!.onReady(ready);
  }

  /** What a blocked thread sleeps on: bells, the lives of senders, the program's descriptors. */
  *#sources(): IterableIterator<Source> {
    for (const { bell, peerLives } of this.#nodes.keys()) {
      yield { fd: bell.fd, readable: true, onReady: () => bell.drain() };
      for (const { nodeId, fd } of peerLives.descriptors()) {
        yield { fd, readable: true, onReady: () => peerLives.look(nodeId) };
      }
    }
    for (const descriptor of this.#descriptors) {
      const { fd, interest } = descriptor;
      yield { fd, ...interest, onReady: (ready) => descriptor.note(ready) };
    }
  }

  /**
   * Iterates over what happens, event by event. Ends when a signal comes (see `endedBy`), when the
   * wait set is closed, or when nothing is attached (any more). Events of what was detached
   * meanwhile are left out. Leaving the loop keeps the wait set usable, and leaves signals to the
   * program.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<WaitEvent, void, undefined> {
    let events: WaitEvent[] = [];
    try {
      while (!this.#isClosed && this.#attachments.size > 0) {
        events = [...(await this.wait())];
        while (events.length > 0) {
          const event = events.shift()!;
          if (event.attachment.isAttached) yield event;
          if (this.#isClosed) return;
        }
        if (this.endedBy !== undefined) return;
      }
    } catch (error) {
      if (!(FloeError.is(error) && error.code === "FLOE_CLOSED" && this.#isClosed)) throw error;
    } finally {
      this.#undelivered.push(...events);
      this.#termination.end();
    }
  }

  /** Detaches everything and ends waits that are under way; may be called again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const attachment of [...this.#attachments]) attachment.detach();
    this.#termination.end();
    this.#wakeUp?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function checkTimeout(timeoutMs: number): void {
  if (typeof timeoutMs === "number" && timeoutMs >= 0) return;
  throw invalidOption("timeout", "milliseconds from 0 on", String(timeoutMs));
}

function alreadyAttached(subject: string): FloeError {
  return new FloeError("FLOE_ALREADY_ATTACHED", {
    subject,
    wanted: "to attach it to the wait set",
    found: "that it is attached already",
    remedy: "Detach it first, or use another wait set.",
  });
}

function closedSet(): FloeError {
  return new FloeError("FLOE_CLOSED", {
    subject: "wait set",
    wanted: "to use it",
    found: "that it was closed",
    remedy: "Make a new wait set.",
  });
}
