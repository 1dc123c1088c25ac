/**
 * Doorbell: how a port sleeps until there is something for it.
 *
 * A port decides how it waits at the moment it waits. In the *event loop* it joins a list of
 * waiters, arms its bell with the way `loop`, and its node's FIFO brings the wake-up. *Blocking* it
 * arms the bell with the way `blocked` and sleeps on the word itself, as a futex. Either may spin
 * for a while before. In every case the order is: arm, look once more, sleep; a sender's is: make
 * visible, look at the bell, ring. So no wake-up is lost (`structures/doorbell.ts`).
 *
 * A sender that dies between making a message visible and ringing leaves a sleeper behind. In the
 * event loop the end of the sender's node rings instead, because a port that has slept there
 * watches the nodes of its senders. A blocked thread sleeps in slices and looks in between.
 */

import { PORT_ENTRY_BELL_WORD } from "../layout/port-entry.ts";
import { Bell } from "../layout/values.ts";
import type { Id } from "../memory/id.ts";
import { futexWait } from "../os/futex.ts";
import type { NodeCore } from "../registry/node-core.ts";
import { PeerWatch } from "../registry/peer-watch.ts";
import { BellArm } from "../structures/mod.ts";
import type { Words } from "../sync/words.ts";

/** Longest sleep of a blocked thread before it looks by itself, in milliseconds. */
export const BLOCKED_SLICE_MS = 250;

/** Somebody who waits in the event loop. */
export interface Waiter {
  /**
   * Waiters of one lane want the same things and are served in order: if one finds nothing, those
   * behind it do not look. Who takes nothing away from others has none.
   */
  readonly lane: string | undefined;
  /** Looks whether what it waits for has come; true when the wait is over. Must not throw. */
  tryFinish(): boolean;
  /**
   * Looks whether what it waits for cannot come any more; true when the wait is over. Asked instead
   * of who waits behind others in its lane. Must not throw.
   */
  tryGiveUp?(): boolean;
  /** Told when waits at this port begin or cease to keep the process alive. */
  setHolding?(isHolding: boolean): void;
  /** Set when somebody else keeps the process alive for it, or nobody does. */
  readonly isHeldElsewhere?: true;
}

/** What a port contributes to its waits. */
export interface DoorbellOwner {
  /** Changes with the port's senders. */
  readonly senderVersion: number;
  /** The nodes from which a wake-up must come; they are watched while the port sleeps. */
  senderNodeIds(): readonly Id[];
  /** A node of a sender has ended, or a blocked wait has lasted: looks after dead senders. */
  checkSenders?(): void;
}

/** How a blocking wait ended. */
export type BlockedOutcome = "finished" | "timed-out" | "interrupted";

/** The bell of one port of this process. */
export class Doorbell {
  /** What others write into the node's FIFO to ring this port. */
  readonly token: number;
  readonly #node: NodeCore;
  readonly #owner: DoorbellOwner;
  readonly #futexWait: typeof futexWait;
  #words: Words | undefined;
  #bellWordIndex = 0;
  #arm: BellArm | undefined;
  readonly #waiters: Set<Waiter> = new Set();
  readonly #senders: PeerWatch;
  /** The senders that are watched, by their version; undefined: none were looked for. */
  #watchedVersion: number | undefined;
  #isHolding = true;
  #isServing = false;
  #wasRungWhileServing = false;
  #isShut = false;
  /** How often this bell has been rung, by others or by itself. */
  #ringCount = 0;
  /** `sleep` is how a blocked thread sleeps: the model explorer has its own. */
  constructor(node: NodeCore, owner: DoorbellOwner, sleep: typeof futexWait = futexWait) {
    this.#node = node;
    this.#owner = owner;
    this.#futexWait = sleep;
    this.#senders = new PeerWatch(node.peerLives, () => {
      this.#watchedVersion = undefined;
      this.#owner.checkSenders?.();
      this.ring();
    });
    this.token = node.bell.register(() => this.ring());
  }

  /** Says where the port's entry begins, once it has joined. */
  place(words: Words, entryWord: number): void {
    this.#words = words;
    this.#bellWordIndex = entryWord + PORT_ENTRY_BELL_WORD;
    this.#arm = new BellArm(words, this.#bellWordIndex);
  }

  /** Whether somebody waits in a lane. */
  hasWaiters(lane: string | undefined): boolean {
    if (lane === undefined || this.#waiters.size === 0) return false;
    for (const waiter of this.#waiters) if (waiter.lane === lane) return true;
    return false;
  }

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Counts rings, so that a turn of the event loop can be told from the next. */
  get ringCount(): number {
    return this.#ringCount;
  }

  /** The node whose FIFO rings this bell. */
  get node(): NodeCore {
    return this.#node;
  }

  /** Makes waits in the event loop keep the process alive, as they do at first. */
  ref(): void {
    this.#setHolding(true);
  }

  /** Lets the process end although somebody waits. */
  unref(): void {
    this.#setHolding(false);
  }

  #setHolding(isHolding: boolean): void {
    if (this.#isHolding === isHolding) return;
    this.#isHolding = isHolding;
    for (const waiter of this.#waiters) {
      waiter.setHolding?.(isHolding);
      if (waiter.isHeldElsewhere) continue;
      if (isHolding) this.#node.bell.hold();
      else this.#node.bell.letGo();
    }
  }

  #letGoOf(waiter: Waiter): void {
    if (this.#isHolding && !waiter.isHeldElsewhere) this.#node.bell.letGo();
  }

  /** Whether nobody waits in front of a waiter in its lane. */
  isFirst(waiter: Waiter): boolean {
    for (const other of this.#waiters) {
      if (other === waiter) return true;
      if (other.lane !== undefined && other.lane === waiter.lane) return false;
    }
    return false;
  }

  /** Whether waits keep the process alive. */
  get isRef(): boolean {
    return this.#isHolding;
  }

  /**
   * Adds somebody who has looked and found nothing, and sleeps on it. May finish the wait at once.
   * Throws what making the node's FIFO throws; then nobody was added.
   */
  add(waiter: Waiter): void {
    this.#node.bell.listen();
    this.#waiters.add(waiter);
    if (this.#isHolding && !waiter.isHeldElsewhere) this.#node.bell.hold();
    // Who is added while others look, looks after them. Who finds the bell armed has looked since.
    if (this.#isServing || this.#arm === undefined || this.#arm.isArmed) return;
    this.#fallAsleep();
    this.#serve();
  }

  /** Removes somebody whose wait has ended otherwise. */
  remove(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    this.#letGoOf(waiter);
    if (this.#waiters.size === 0) this.#arm?.disarm();
  }

  /** Whether the port was closed: those who wait are told so, and nobody waits any more. */
  get isShut(): boolean {
    return this.#isShut;
  }

  /** The port is closed; it may leave its service later. */
  shut(): void {
    this.#isShut = true;
    this.ring();
  }

  /** Lets all waiters look: called when the bell was rung, and when the port itself changed. */
  ring(): void {
    this.#ringCount += 1;
    if (this.#isServing) {
      this.#wasRungWhileServing = true;
      return;
    }
    this.#arm?.disarm();
    this.#serve();
  }

  /** Lets waiters look, then arms and lets them look again, until they are done or asleep. */
  #serve(): void {
    const arm = this.#arm;
    for (;;) {
      this.#serveOnce();
      if (this.#waiters.size === 0) {
        arm?.disarm();
        return;
      }
      if (arm === undefined || (arm.isArmed && !this.#wasRungWhileServing)) return;
      this.#fallAsleep();
    }
  }

  #fallAsleep(): void {
    if (this.#owner.senderVersion !== this.#watchedVersion) this.#watchSenders();
    this.#arm!.arm(Bell.loop);
  }

  /** Lets every waiter look once; who waits behind another in its lane, if that one finishes. */
  #serveOnce(): void {
    this.#isServing = true;
    this.#wasRungWhileServing = false;
    let emptyLanes: Set<string> | undefined;
    try {
      // Those who are added meanwhile come last, those who are removed not at all.
      for (const waiter of this.#waiters) {
        const { lane } = waiter;
        const isBehind = lane !== undefined && emptyLanes?.has(lane) === true;
        if (!(isBehind ? waiter.tryGiveUp?.() === true : waiter.tryFinish())) {
          if (lane !== undefined) emptyLanes = (emptyLanes ?? new Set()).add(lane);
        } else if (this.#waiters.delete(waiter)) {
          this.#letGoOf(waiter);
        }
      }
    } finally {
      this.#isServing = false;
    }
  }

  #watchSenders(): void {
    // First: what changes meanwhile is looked at by the next sleep.
    this.#watchedVersion = this.#owner.senderVersion;
    const hasEnded = this.#senders.set(new Set(this.#owner.senderNodeIds()));
    if (hasEnded) this.#owner.checkSenders?.();
  }

  /**
   * Blocks this thread until `tryFinish` is true, or for `timeoutMs`. A signal ends the wait as
   * "interrupted" if the program handles signals, so that its handlers can run.
   */
  block(tryFinish: () => boolean, timeoutMs: number): BlockedOutcome {
    const deadlineMs = performance.now() + timeoutMs;
    const arm = this.#arm!;
    try {
      for (;;) {
        const bell = arm.arm(Bell.blocked);
        if (tryFinish()) return "finished";
        const leftMs = deadlineMs - performance.now();
        if (leftMs <= 0) return "timed-out";
        const sliceMs = Math.min(leftMs, BLOCKED_SLICE_MS);
        const outcome = this.#futexWait(this.#words!, this.#bellWordIndex, bell, sliceMs);
        arm.disarm();
        if (tryFinish()) return "finished";
        if (outcome === "interrupted" && handlesSignals()) return "interrupted";
        if (outcome === "timed-out") this.#owner.checkSenders?.();
      }
    } finally {
      arm.disarm();
      if (this.#waiters.size > 0) this.#serve();
    }
  }

  /** Ends everything; the port has left its service. */
  close(): void {
    this.#node.bell.unregister(this.token);
    this.#senders.close();
    this.#arm = undefined;
  }
}

/** Whether the program has handlers of signals, which cannot run while a thread is blocked. */
export function handlesSignals(): boolean {
  return process.eventNames().some((name) => typeof name === "string" && name.startsWith("SIG"));
}
