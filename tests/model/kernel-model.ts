/**
 * Kernel model: the mechanisms by which a port sleeps, made of words, so that each is a step.
 *
 * - A *futex* compares its word and goes to sleep under a lock that whoever wakes takes as well. So
 *   the comparison and the look at the count of wakes are one step, and only later wakes count: one
 *   that comes before the sleep is not remembered, as it is not by the kernel.
 * - A *FIFO* is a count of the tokens that were written into it; the reader keeps what it has read.
 *   Waiting for it and reading it are one step, since the reader does nothing between them.
 * - The *life* of a node is a word that the notice of its death sets, however late. As with the end
 *   of a FIFO, only those are told who watched before; a blocked thread, whose sleep comes in
 *   slices, looks by itself.
 */

import { fetchAdd, loadAcquire, type Words } from "floe/model";
import type { ThreadControl } from "./scenario.ts";

/** Where the kernel's words lie. */
export interface KernelShape {
  readonly words: Words;
  /** Counts the wakes of the one futex. */
  readonly wakesWordIndex: number;
  /** Counts the tokens of node 0; those of the others follow. */
  readonly tokensWordIndex: number;
  /** Not 0 when the process of sender 0 is known to be dead; those of the others follow. */
  readonly deathsWordIndex: number;
  readonly senderCount: number;
}

/** How a blocked sleep ended; see FutexOutcome. */
export type SleepOutcome = "woken" | "changed" | "timed-out";

const WOKEN = 1;
const TIMED_OUT = 2;

/** Tokens stand above the bits of the dead. */
const TOKEN_UNIT = 1 << 8;

/** Wakes who sleeps on the futex. */
export function wakeFutex({ words, wakesWordIndex }: KernelShape): void {
  fetchAdd(words, wakesWordIndex, 1);
}

/** Writes a token into the FIFO of a node. */
export function writeToken({ words, tokensWordIndex }: KernelShape, node: number): void {
  fetchAdd(words, tokensWordIndex + node, 1);
}

/** A node of one thread, as its doorbell sees it, and the kernel below it. */
export class ModelNode {
  readonly #shape: KernelShape;
  readonly #control: ThreadControl;
  readonly #tokensWordIndex: number;
  readonly #watched: Map<string, (nodeId: string) => void> = new Map();
  #onRing: () => void = () => {};
  #readTokens = 0;
  /** The dead whom a slice of a blocked sleep has found, as a mask. */
  #foundDead = 0;

  constructor(shape: KernelShape, node: number, control: ThreadControl) {
    this.#shape = shape;
    this.#control = control;
    this.#tokensWordIndex = shape.tokensWordIndex + node;
  }

  /** Stands for NodeBell. */
  readonly bell = {
    register: (onRing: () => void): number => {
      this.#onRing = onRing;
      return 0;
    },
    listen: (): void => {},
    hold: (): void => {},
    letGo: (): void => {},
  };

  /** Stands for PeerLives; the id of a node is the number of its sender. */
  readonly peerLives = {
    watch: (nodeId: string, onEnded: (nodeId: string) => void): boolean => {
      if (this.#watched.has(nodeId)) return true;
      const { words, deathsWordIndex } = this.#shape;
      if (loadAcquire(words, deathsWordIndex + Number(nodeId)) !== 0) return false;
      this.#watched.set(nodeId, onEnded);
      return true;
    },
    forget: (nodeId: string): void => {
      this.#watched.delete(nodeId);
    },
  };

  /** Stands for futexWait. */
  sleep(words: Words, wordIndex: number, expected: number): SleepOutcome {
    const { wakesWordIndex, senderCount } = this.#shape;
    const seenWakes = this.#control.readTogether("the futex to compare", () =>
      loadAcquire(words, wordIndex) === expected ? loadAcquire(words, wakesWordIndex) : -1,
    );
    if (seenWakes === -1) return "changed";
    const senders = Array.from({ length: senderCount }, (_, sender) => sender);
    const newlyDead = (): number => this.#deadAmong(senders) & ~this.#foundDead;
    const how = this.#control.sleepUntil("a wake of the futex", () => {
      if (loadAcquire(words, wakesWordIndex) !== seenWakes) return WOKEN;
      return newlyDead() === 0 ? 0 : TIMED_OUT;
    });
    if (how === WOKEN) return "woken";
    this.#foundDead |= this.#deadAmong(senders);
    return "timed-out";
  }

  /** One turn of the event loop: sleeps until there is something, and hands it on. */
  turn(): void {
    const { words } = this.#shape;
    const watched = [...this.#watched.keys()].map(Number);
    const found = this.#control.sleepUntil("tokens, or the end of a sender", () => {
      const tokens = loadAcquire(words, this.#tokensWordIndex) - this.#readTokens;
      return tokens * TOKEN_UNIT + this.#deadAmong(watched);
    });
    const tokens = Math.floor(found / TOKEN_UNIT);
    this.#readTokens += tokens;
    for (let token = 0; token < tokens; token += 1) this.#onRing();
    for (const sender of watched) {
      if ((found & (1 << sender)) === 0) continue;
      const onEnded = this.#watched.get(String(sender));
      this.#watched.delete(String(sender));
      onEnded?.(String(sender));
    }
  }

  #deadAmong(senders: readonly number[]): number {
    const { words, deathsWordIndex } = this.#shape;
    let dead = 0;
    for (const sender of senders) {
      if (loadAcquire(words, deathsWordIndex + sender) !== 0) dead |= 1 << sender;
    }
    return dead;
  }
}
