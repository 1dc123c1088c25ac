/**
 * Peer watch: the nodes on whose lives one port depends.
 */

import type { Id } from "../memory/id.ts";
import type { OnEnded, PeerLives } from "./peer-lives.ts";
import { Retry } from "./retry.ts";

/** A changing set of nodes that are watched for one port. */
export class PeerWatch {
  readonly #lives: PeerLives;
  readonly #onEnded: OnEnded;
  readonly #watchedIds: Set<Id> = new Set();
  /** Nodes that could not be watched for want of descriptors. */
  readonly #missingIds: Set<Id> = new Set();
  readonly #retry: Retry = new Retry(() => this.#complete());

  /** `onEnded` is called from the event loop when one of the nodes ends. */
  constructor(lives: PeerLives, onEnded: OnEnded) {
    this.#lives = lives;
    this.#onEnded = (nodeId, ending) => {
      this.#watchedIds.delete(nodeId);
      onEnded(nodeId, ending);
    };
  }

  /**
   * Watches these nodes and no others from now on; those that cannot be watched now, as soon as
   * they can be. Tells whether some had ended before, of which nobody will tell.
   */
  set(nodeIds: ReadonlySet<Id>): boolean {
    for (const nodeId of this.#watchedIds) {
      if (nodeIds.has(nodeId)) continue;
      this.#lives.forget(nodeId, this.#onEnded);
      this.#watchedIds.delete(nodeId);
    }
    this.#missingIds.clear();
    for (const nodeId of nodeIds) {
      if (!this.#watchedIds.has(nodeId)) this.#missingIds.add(nodeId);
    }
    const endedIds = this.#watchMissing();
    if (this.#missingIds.size > 0) this.#retry.beginLater();
    return endedIds.length > 0;
  }

  /** Watches those who are not watched yet, as far as possible; returns those that have ended. */
  #watchMissing(): Id[] {
    const endedIds: Id[] = [];
    for (const nodeId of this.#missingIds) {
      const outcome = this.#lives.watch(nodeId, this.#onEnded);
      if (outcome === "cannot") continue;
      this.#missingIds.delete(nodeId);
      if (outcome === "watched") this.#watchedIds.add(nodeId);
      else endedIds.push(nodeId);
    }
    return endedIds;
  }

  #complete(): boolean {
    for (const nodeId of this.#watchMissing()) {
      this.#onEnded(nodeId, this.#lives.endingOf(nodeId) ?? "died");
    }
    return this.#missingIds.size === 0;
  }

  /** Watches nobody any more. */
  close(): void {
    this.#retry.end();
    this.#missingIds.clear();
    for (const nodeId of this.#watchedIds) this.#lives.forget(nodeId, this.#onEnded);
    this.#watchedIds.clear();
  }
}
