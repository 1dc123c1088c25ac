/**
 * Peer lives: how a node learns at once that another has ended, whatever ended it.
 *
 * Each node has a FIFO that it alone holds open for writing, and never writes to. The kernel closes
 * it with the process, and whoever has it open for reading sees it end: no polling, no process ids,
 * nothing that a namespace could hide. A peer is watched by one descriptor, however many ports of
 * this node are interested, as long as there is one.
 *
 * A node that leaves marks its FIFO before anything else of it goes. So who has it open can tell
 * leaving from dying, whenever it looks and whoever has removed the files meanwhile.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { DescriptorWatch } from "../os/descriptor-watch.ts";
import { isFifoMarked, openFifoForReadingIfPresent, readFifo } from "../os/fifos.ts";
import { closeFile } from "../os/files.ts";
import { LIFE_FILE, nodeDirectory } from "./node-files.ts";

/** How a node has ended: in order, or otherwise. */
export type NodeEnding = "left" | "died";

/** Called when a watched node has ended. */
export type OnEnded = (nodeId: Id, ending: NodeEnding) => void;

interface Watched {
  readonly fd: number;
  readonly watch: DescriptorWatch;
  readonly interested: Set<OnEnded>;
}

const oneByte = new Uint8Array(1);

/** The nodes whose lives a node watches. */
export class PeerLives {
  readonly #ownId: Id;
  readonly #domainPath: string;
  readonly #watched: Map<Id, Watched> = new Map();
  #hasWarned = false;
  /** Who is being told of, for those who are told and ask at once. */
  #ending: { readonly nodeId: Id; readonly ending: NodeEnding } | undefined;

  constructor(ownId: Id, domainPath: string) {
    this.#ownId = ownId;
    this.#domainPath = domainPath;
  }

  /**
   * Calls `onEnded` when a node ends, once, from the event loop. When it has "ended" already, or
   * "cannot" be watched for want of descriptors, nothing is called. Its own node is never watched,
   * and one that may not be looked at, or has something else of that name, counts as alive.
   */
  watch(nodeId: Id, onEnded: OnEnded): "watched" | "ended" | "cannot" {
    if (nodeId === this.#ownId) return "watched";
    const known = this.#watched.get(nodeId);
    if (known !== undefined) {
      known.interested.add(onEnded);
      return "watched";
    }
    const opened = this.#open(nodeId);
    if (opened === "inaccessible") return "watched";
    if (opened === "ended" || opened === "cannot") return opened;
    this.#watched.set(nodeId, { ...opened, interested: new Set([onEnded]) });
    return "watched";
  }

  #open(nodeId: Id): Omit<Watched, "interested"> | "inaccessible" | "ended" | "cannot" {
    const path = `${nodeDirectory(this.#domainPath, nodeId)}/${LIFE_FILE}`;
    let fd: number | undefined;
    try {
      fd = openFifoForReadingIfPresent(path);
      if (fd === undefined) return "ended";
      // The end of a FIFO is seen by those who had it open; who comes later has to ask.
      if (readFifo(fd, oneByte) !== -1) {
        const watch = new DescriptorWatch(fd, { readable: true }, () => this.look(nodeId));
        watch.unref();
        return { fd, watch };
      }
      closeFile(fd);
      return "ended";
    } catch (error) {
      if (isAboutNode(error)) return "inaccessible";
      // A wait still works; only the notice of a death does not come.
      if (!this.#hasWarned && FloeError.is(error)) process.emitWarning(error);
      this.#hasWarned = true;
      if (fd !== undefined) closeFile(fd);
      return "cannot";
    }
  }

  /** Ends the interest of `onEnded` in a node. */
  forget(nodeId: Id, onEnded: OnEnded): void {
    const known = this.#watched.get(nodeId);
    if (known === undefined || !known.interested.delete(onEnded)) return;
    if (known.interested.size === 0) this.#drop(nodeId, known);
  }

  /** The descriptors of all nodes that are watched, for who waits without the event loop. */
  *descriptors(): IterableIterator<{ readonly nodeId: Id; readonly fd: number }> {
    for (const [nodeId, { fd }] of this.#watched) yield { nodeId, fd };
  }

  /** A descriptor is ready: the node has ended, or somebody wrote what nobody should. */
  look(nodeId: Id): void {
    const known = this.#watched.get(nodeId);
    if (known === undefined || readFifo(known.fd, oneByte) !== -1) return;
    const ending = isFifoMarked(known.fd) ? "left" : "died";
    this.#drop(nodeId, known);
    this.#ending = { nodeId, ending };
    for (const onEnded of known.interested) onEnded(nodeId, ending);
    this.#ending = undefined;
  }

  /** Whether a node is watched; one that may not be looked at is not. */
  isWatching(nodeId: Id): boolean {
    return this.#watched.has(nodeId);
  }

  /**
   * How a node that is no more has ended, for who has not been told: "left" when its FIFO says so,
   * undefined when nothing of it is left to look at.
   */
  endingOf(nodeId: Id): NodeEnding | undefined {
    if (this.#ending?.nodeId === nodeId) return this.#ending.ending;
    const known = this.#watched.get(nodeId);
    if (known !== undefined) return isFifoMarked(known.fd) ? "left" : "died";
    return endingOf(this.#domainPath, nodeId);
  }

  #drop(nodeId: Id, known: Watched): void {
    this.#watched.delete(nodeId);
    known.watch.close();
    closeFile(known.fd);
  }

  /** Ends everything. */
  close(): void {
    for (const [nodeId, known] of this.#watched) this.#drop(nodeId, known);
  }
}

/** Whether the node, and not this process, is the reason why it cannot be watched. */
function isAboutNode(error: unknown): boolean {
  return (
    FloeError.is(error) &&
    (error.code === "FLOE_PERMISSION" || error.code === "FLOE_SERVICE_CORRUPT")
  );
}

/** How a node has ended, as its directory says it. */
function endingOf(domainPath: string, nodeId: Id): NodeEnding | undefined {
  let fd: number | undefined;
  try {
    fd = openFifoForReadingIfPresent(`${nodeDirectory(domainPath, nodeId)}/${LIFE_FILE}`);
    if (fd === undefined) return undefined;
    return isFifoMarked(fd) ? "left" : "died";
  } catch (error) {
    if (FloeError.is(error)) return undefined;
    throw error;
  } finally {
    if (fd !== undefined) closeFile(fd);
  }
}
