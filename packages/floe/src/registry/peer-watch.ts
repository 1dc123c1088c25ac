/**
 * Peer watch: the nodes on whose lives one port depends.
 */

import type { Id } from "../memory/id.ts";
import type { OnEnded, PeerLives } from "./peer-lives.ts";

/** A changing set of nodes that are watched for one port. */
export class PeerWatch {
  readonly #lives: PeerLives;
  readonly #onEnded: OnEnded;
  #nodeIds: Set<Id> = new Set();

  /** `onEnded` is called from the event loop when one of the nodes ends. */
  constructor(lives: PeerLives, onEnded: OnEnded) {
    this.#lives = lives;
    this.#onEnded = (nodeId, ending) => {
      this.#nodeIds.delete(nodeId);
      onEnded(nodeId, ending);
    };
  }

  /**
   * Watches these nodes and no others from now on. Tells whether some had "ended" before, of which
   * nobody will tell, and whether some could "not" be watched for want of descriptors.
   */
  set(nodeIds: ReadonlySet<Id>): { readonly hasEnded: boolean; readonly isComplete: boolean } {
    for (const nodeId of this.#nodeIds) {
      if (!nodeIds.has(nodeId)) this.#lives.forget(nodeId, this.#onEnded);
    }
    const watched = new Set<Id>();
    let hasEnded = false;
    let isComplete = true;
    for (const nodeId of nodeIds) {
      const outcome = this.#lives.watch(nodeId, this.#onEnded);
      if (outcome === "watched") watched.add(nodeId);
      else if (outcome === "ended") hasEnded = true;
      else isComplete = false;
    }
    this.#nodeIds = watched;
    return { hasEnded, isComplete };
  }

  /** Watches nobody any more. */
  close(): void {
    for (const nodeId of this.#nodeIds) this.#lives.forget(nodeId, this.#onEnded);
    this.#nodeIds.clear();
  }
}
