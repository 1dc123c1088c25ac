/**
 * Peer bells: how a node rings the event loops of others.
 *
 * Each node that waits in an event loop has a FIFO; who rings writes the token of the port that is
 * concerned. The FIFO of a peer is opened when it first has to be rung, and closed when no port of
 * this node has anything to do with that peer any more: descriptors grow with peers, not ports.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { openFifoForWritingIfPresent, writeFifo } from "../os/fifos.ts";
import { closeFile } from "../os/files.ts";
import { BELL_FILE, nodeDirectory } from "./node-files.ts";
import { Retry } from "./retry.ts";

const TOKEN_BYTES = 4;

const tokenBytes = new Uint8Array(TOKEN_BYTES);
const tokenView = new DataView(tokenBytes.buffer);

/** The FIFO by which a peer is rung: a node's, or one that a listener has of its own. */
export class PeerBell {
  readonly #path: string;
  #fd: number | undefined;
  #hasWarned = false;

  /** @internal See {@link PeerBells.acquire}. */
  uses = 1;

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes the token of a port; see {@link write}. */
  ring(token: number): boolean {
    tokenView.setUint32(0, token, true);
    return this.write(tokenBytes);
  }

  /**
   * Writes; false when that was impossible, so that a sleeper may sleep on. A peer that is gone
   * counts as rung, and so does a full FIFO: its reader then looks at everything.
   */
  write(bytes: Uint8Array): boolean {
    try {
      this.#fd ??= openFifoForWritingIfPresent(this.#path);
      if (this.#fd === undefined) return true;
      if (writeFifo(this.#fd, bytes) === "gone") this.close();
      return true;
    } catch (error) {
      // What was to be told has been sent; that it could not be told must not undo it.
      if (!this.#hasWarned && FloeError.is(error)) process.emitWarning(error);
      this.#hasWarned = true;
      return false;
    }
  }

  /** Closes the descriptor; the next ring opens another. */
  close(): void {
    if (this.#fd !== undefined) closeFile(this.#fd);
    this.#fd = undefined;
  }
}

/** The bells that a node has rung or may have to ring. */
export class PeerBells {
  readonly #domainPath: string;
  readonly #byNode: Map<Id, PeerBell> = new Map();
  /** Rings that were impossible, each with the node whose bell it uses. */
  readonly #impossible: Map<() => boolean, Id> = new Map();
  readonly #retry: Retry = new Retry(() => this.#ringAgain());

  constructor(domainPath: string) {
    this.#domainPath = domainPath;
  }

  /** The bell of a node, for one more user; each user calls {@link release} once. */
  acquire(nodeId: Id): PeerBell {
    const known = this.#byNode.get(nodeId);
    if (known !== undefined) {
      known.uses += 1;
      return known;
    }
    const bell = new PeerBell(`${nodeDirectory(this.#domainPath, nodeId)}/${BELL_FILE}`);
    this.#byNode.set(nodeId, bell);
    return bell;
  }

  /**
   * Rings the bell of a node later, and again until `ring` says that it has succeeded: who was to
   * be woken would sleep on if nothing else were sent. A function that waits already is not added.
   */
  ringLater(nodeId: Id, ring: () => boolean): void {
    if (this.#impossible.has(ring)) return;
    this.acquire(nodeId);
    this.#impossible.set(ring, nodeId);
    this.#retry.beginLater();
  }

  #ringAgain(): boolean {
    for (const [ring, nodeId] of this.#impossible) {
      if (!ring()) continue;
      this.#impossible.delete(ring);
      this.release(nodeId);
    }
    return this.#impossible.size === 0;
  }

  /** Ends everything: the node ends, which wakes those who sleep. */
  close(): void {
    this.#retry.end();
    for (const nodeId of this.#impossible.values()) this.release(nodeId);
    this.#impossible.clear();
  }

  /** Counts one user less; the last one closes the descriptor. */
  release(nodeId: Id): void {
    const bell = this.#byNode.get(nodeId);
    if (bell === undefined) return;
    bell.uses -= 1;
    if (bell.uses > 0) return;
    bell.close();
    this.#byNode.delete(nodeId);
  }
}
