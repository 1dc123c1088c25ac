/**
 * Node watch: learns which nodes come to a domain, leave it, and die in it.
 *
 * Comings are told by the domain's directory, ends by each node's own `life`. A change of the
 * directory is only an occasion to list it and compare, so it does not matter whether the kernel
 * tells of each one. Nothing is polled, as long as the directory can be watched; if not, it is
 * listed once in a while.
 *
 * A node is met once: from then on it is known, until its end is told. Ids are never used again, so
 * nobody is told of twice. A node that came and went before anybody could look at it was not met.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { DirectoryWatch, type DirectoryWatcher } from "../os/directory-watch.ts";
import { describeNode, listNodeIds, type NodeDetails } from "./node-details.ts";
import { NODE_DIRECTORY_PREFIX } from "./node-files.ts";
import type { NodeEnding, PeerLives } from "./peer-lives.ts";

/** How often a directory is listed that cannot be watched, in milliseconds. */
export const LISTING_INTERVAL_MS = 1000;

/**
 * The kernel keeps some thousand changes that nobody has looked at, and drops what comes after. So
 * many changes of anything are therefore an occasion to look for nodes, too.
 */
const OTHER_CHANGES_MAX = 256;

/** What happens to a node, as others see it. */
export type NodeChange = "joined" | NodeEnding;

/** What a watch works with. */
export interface NodeWatchOptions {
  readonly domainPath: string;
  /** The node that watches; it is not told of itself. */
  readonly ownId: Id;
  readonly lives: PeerLives;
  /** Is told each change, in a call of its own and never from within another. */
  readonly onChange: (change: NodeChange, details: NodeDetails) => void;
  /** How a directory is watched. */
  readonly watchDirectory?: (path: string, watcher: DirectoryWatcher) => DirectoryWatch;
}

/** A node that was met and has not ended. */
interface Met {
  readonly details: NodeDetails;
  /** Whether its end will be told; else its directory is looked at. */
  readonly isWatched: boolean;
}

/** Watches the nodes of a domain. */
export class NodeWatch {
  readonly #options: NodeWatchOptions;
  readonly #watchDirectory: NonNullable<NodeWatchOptions["watchDirectory"]>;
  readonly #met: Map<Id, Met> = new Map();
  /** Nodes that have ended and whose directories were still there. */
  readonly #ended: Set<Id> = new Set();
  #directory: DirectoryWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #otherChanges = 0;
  #isWatching = false;
  #isRef = false;
  #hasWarned = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
    this.#watchDirectory =
      options.watchDirectory ?? ((path, watcher) => new DirectoryWatch(path, watcher));
  }

  /** Begins to watch: who is there already is met without a word. */
  begin(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#openDirectory();
    this.#look(true);
  }

  /** Ends the watch; it may begin again. */
  end(): void {
    this.#isWatching = false;
    this.#closeDirectory();
    this.#endListing();
    clearImmediate(this.#soon);
    this.#soon = undefined;
    for (const id of this.#met.keys()) this.#options.lives.forget(id, this.#onEnded);
    this.#met.clear();
    this.#ended.clear();
  }

  /** Keeps the process alive while it watches, from now on. */
  ref(): void {
    this.#isRef = true;
    this.#directory?.ref();
    this.#timer?.ref();
  }

  /** Does not keep the process alive from now on, as at first. */
  unref(): void {
    this.#isRef = false;
    this.#directory?.unref();
    this.#timer?.unref();
  }

  #openDirectory(): void {
    try {
      this.#directory = this.#watchDirectory(this.#options.domainPath, {
        onChange: (name) => this.#onDirectoryChange(name),
        onFailure: (error) => {
          this.#closeDirectory();
          this.#listRegularly(error);
        },
      });
      if (this.#isRef) this.#directory.ref();
    } catch (error) {
      this.#listRegularly(error);
    }
  }

  #closeDirectory(): void {
    this.#directory?.close();
    this.#directory = undefined;
  }

  /** Falls back to listing, because of an error; throws it if it is not one of ours. */
  #listRegularly(error?: unknown): void {
    if (error !== undefined) {
      if (!FloeError.is(error)) throw error;
      if (!this.#hasWarned) process.emitWarning(error);
      this.#hasWarned = true;
    }
    if (this.#timer !== undefined || !this.#isWatching) return;
    this.#timer = setInterval(() => {
      if (this.#directory === undefined) this.#openDirectory();
      this.#look(false);
    }, LISTING_INTERVAL_MS);
    if (!this.#isRef) this.#timer.unref();
  }

  #endListing(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #onDirectoryChange(name: string | undefined): void {
    this.#otherChanges += 1;
    const isNode = name === undefined || name.startsWith(NODE_DIRECTORY_PREFIX);
    if (!isNode && this.#otherChanges < OTHER_CHANGES_MAX) return;
    // Many changes are told at once, and one look sees them all.
    this.#soon ??= setImmediate(() => this.#look(false));
  }

  #look(isFirst: boolean): void {
    this.#soon = undefined;
    this.#otherChanges = 0;
    try {
      const ids = listNodeIds(this.#options.domainPath);
      const present = new Set(ids);
      for (const id of this.#ended) if (!present.has(id)) this.#ended.delete(id);
      for (const id of present) this.#lookAt(id, isFirst);
      for (const [id, { isWatched }] of this.#met) {
        // Whoever can be watched tells of its end itself; of others nobody knows how they went.
        if (!isWatched && !present.has(id)) this.#part(id, "left");
      }
      // What has removed the directory has ended its watch, too.
      if (ids === undefined) this.#closeDirectory();
      if (this.#directory === undefined || this.#isAnyoneUnwatched()) this.#listRegularly();
      else this.#endListing();
    } catch (error) {
      this.#listRegularly(error);
    }
  }

  /** Whether the end of somebody who may be looked at would not be told. */
  #isAnyoneUnwatched(): boolean {
    for (const { details, isWatched } of this.#met.values()) {
      if (!isWatched && details.state === "alive") return true;
    }
    return false;
  }

  #lookAt(id: Id, isFirst: boolean): void {
    const { domainPath, ownId, onChange } = this.#options;
    if (id === ownId || this.#ended.has(id)) return;
    const known = this.#met.get(id);
    if (known?.isWatched === true) return;
    const { lives } = this.#options;
    // Before anything else is read: whoever holds its life can tell how it ends.
    const outcome = lives.watch(id, this.#onEnded);
    const details = describeNode(domainPath, id);
    if (details === undefined) {
      lives.forget(id, this.#onEnded);
      return;
    }
    this.#met.set(id, { details: known?.details ?? details, isWatched: lives.isWatching(id) });
    if (known === undefined && !isFirst) this.#tell(() => onChange("joined", details));
    if (outcome !== "ended" || details.state !== "dead") return;
    if (isFirst) this.#forget(id);
    else this.#part(id, lives.endingOf(id) ?? "died");
  }

  readonly #onEnded = (id: Id, ending: NodeEnding): void => this.#part(id, ending);

  /** A node has ended. */
  #part(id: Id, ending: NodeEnding): void {
    const met = this.#met.get(id);
    // Whoever was told of the same end before may have ended the watch.
    if (met === undefined) return;
    const { details } = met;
    this.#forget(id);
    this.#tell(() => this.#options.onChange(ending, { ...details, state: "dead" }));
  }

  #forget(id: Id): void {
    this.#met.delete(id);
    this.#ended.add(id);
  }

  /** Calls later, and one by one: a listener that throws must not keep others from being told. */
  #tell(call: () => void): void {
    process.nextTick(() => {
      if (this.#isWatching) call();
    });
  }
}
