/**
 * Service core: one service as one node sees it, alive for as long as anything of it is in use.
 *
 * A service is a directory with a readable configuration and one segment. It is made complete under
 * a hidden name and renamed into place, so of many processes that create it at once one wins and
 * the others open what it made. It is removed by the last node that leaves: renamed out of the way
 * first, under the control lock, so that nobody ever joins half a service.
 */

import { loadAcquire, storeRelease } from "#words";
import { FloeError } from "../errors.ts";
import { NODE_ENTRY_NODE_ID_WORD, NODE_ENTRY_STATE_WORD } from "../layout/node-entry.ts";
import { EntryState } from "../layout/values.ts";
import { randomId, readId, writeId } from "../memory/id.ts";
import type { Segment } from "../memory/segment.ts";
import {
  type FileStatus,
  makeDirectoryIfAbsent,
  removeDirectoryWithFiles,
  renameDirectoryIfVacant,
  statEntryIfPresent,
  writeWholeFile,
} from "../os/files.ts";
import { pauseMs } from "../sync/pause.ts";
import { tryWithControlLock, VANISHED, withControlLock } from "./control-lock.ts";
import { DataSegmentCache } from "./data-segment-cache.ts";
import type { EventConfig } from "./event-config.ts";
import type { EventGeometry } from "./event-segment.ts";
import type { NodeCore } from "./node-core.ts";
import {
  CONFIG_FILE,
  cleanService,
  missingFile,
  type OpenService,
  openUnderLock,
  removeIfAbandoned,
  SEGMENT_FILE,
  SERVICE_FILES,
} from "./open-service.ts";
import type { Pattern } from "./pattern.ts";
import type { PublishSubscribeConfig } from "./publish-subscribe-config.ts";
import type { PublishSubscribeGeometry } from "./publish-subscribe-segment.ts";
import { freeDisplacedPorts, ifPossible } from "./recovery.ts";
import type { ServiceConfig } from "./service-config.ts";
import { serviceDirectoryName } from "./service-name.ts";
import { type CommonGeometry, nodeEntryWord } from "./service-segment.ts";

/** Whether a service may, must or must not exist already. */
export type OpenMode = "open" | "create" | "open-or-create";

/** A service of any pattern, opened by a node. */
export class ServiceCore<
  Config extends ServiceConfig = ServiceConfig,
  Geometry extends CommonGeometry = CommonGeometry,
> implements OpenService<Config, Geometry>
{
  readonly node: NodeCore;
  readonly directory: string;
  readonly config: Config;
  readonly geometry: Geometry;
  readonly segment: Segment;
  /** Data segments of publishers, mapped once for all subscribers of this node. */
  readonly dataSegments: DataSegmentCache;
  readonly #recover: () => void;
  /** Tells this service's directory from one that another process has made in its place. */
  readonly #identity: FileIdentity;
  readonly #nodeIndex: number;
  readonly #onGone: () => void;
  #uses = 1;

  private constructor(
    pattern: Pattern<never, Config, Geometry>,
    joined: Joined<Config, Geometry>,
    onGone: () => void,
  ) {
    this.node = joined.node.retain();
    this.directory = joined.directory;
    this.config = joined.config;
    this.geometry = joined.geometry;
    this.segment = joined.segment;
    this.dataSegments = new DataSegmentCache(joined.directory);
    this.#recover = () => pattern.recover(this);
    this.#identity = joined.identity;
    this.#nodeIndex = joined.nodeIndex;
    this.#onGone = onGone;
  }

  /**
   * Opens or creates a service for a node. Calls `onGone` when its last user has let go.
   * Throws FLOE_SERVICE_NOT_FOUND, FLOE_SERVICE_EXISTS, FLOE_SERVICE_IN_FLUX, FLOE_LIMIT_REACHED
   * and what checking an existing service throws.
   */
  static enter<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
    pattern: Pattern<Wanted, Config, Geometry>,
    node: NodeCore,
    name: string,
    wanted: Wanted,
    mode: OpenMode,
    onGone: () => void,
  ): ServiceCore<Config, Geometry> {
    const { domain } = node;
    const directory = `${domain.path}/${serviceDirectoryName(pattern.name, name)}`;
    node.checkPresent();
    const deadlineMs = performance.now() + domain.lockTimeoutMs;
    do {
      if (mode !== "create") {
        const joined = join(pattern, node, directory, wanted);
        if (joined !== undefined) return new ServiceCore(pattern, joined, onGone);
        if (mode === "open") throw notFound(name, directory);
      } else if (cleanService(pattern, node, directory, true) === "open") {
        throw exists(name, directory);
      }
      const made = make(pattern, node, directory, name, wanted);
      if (made !== undefined) return new ServiceCore(pattern, made, onGone);
      pauseMs(0.1);
    } while (performance.now() < deadlineMs);
    throw new FloeError("FLOE_SERVICE_IN_FLUX", {
      subject: `service "${name}"`,
      wanted: `it opened or created within ${domain.lockTimeoutMs} ms`,
      found: "that it kept appearing and disappearing",
      remedy: "Keep one process that has the service open while others come and go.",
    });
  }

  /** Counts one more user. */
  retain(): this {
    this.#uses += 1;
    return this;
  }

  /**
   * Counts one user less; the last one leaves the service. When that throws (FLOE_LOCK_TIMEOUT),
   * the user is not counted off, and may try again.
   */
  release(): void {
    if (this.#uses > 1) {
      this.#uses -= 1;
      return;
    }
    this.#leave();
    this.#uses = 0;
    this.#onGone();
    this.dataSegments.close();
    this.segment.close();
    this.node.release();
  }

  /**
   * Runs `change` under the service's control lock, after cleaning up after the dead; throws when
   * the service was removed.
   */
  change<T>(change: () => T): T {
    const outcome = this.#changeIfPresent(() => {
      this.#recover();
      return change();
    });
    if (outcome === VANISHED) throw removedByForce(this);
    return outcome;
  }

  /**
   * The same for who leaves, which is cleaned up after as well: when the service was removed, there
   * is nobody left to be told. When it throws, nothing was changed: the cleaning may fail, and is
   * left to the next one then.
   */
  changeInLeaving(change: () => void): void {
    this.#changeIfPresent(() => {
      change();
      ifPossible(this.#recover);
    });
  }

  /** Cleans up after the dead. Throws FLOE_LOCK_TIMEOUT. */
  recover(): void {
    this.#changeIfPresent(() => this.#recover());
  }

  /**
   * The same if nobody else changes the service in this moment; false when it has to be tried
   * again. It never waits, and may run where nobody could catch what it throws.
   */
  tryRecover(): boolean {
    try {
      const outcome = this.tryChange(() => {
        this.#recover();
        return true;
      });
      return outcome !== undefined;
    } catch (error) {
      if (FloeError.is(error)) return false;
      throw error;
    }
  }

  #changeIfPresent<T>(change: () => T): T | typeof VANISHED {
    const { lockTimeoutMs } = this.node.domain;
    return withControlLock(this.directory, lockTimeoutMs, () => this.#unlessReplaced(change));
  }

  /** The same without ever waiting: undefined when another process changes the service. */
  tryChange<T>(change: () => T): T | typeof VANISHED | undefined {
    return tryWithControlLock(this.directory, () => this.#unlessReplaced(change));
  }

  /**
   * A service that was removed although it was in use may have been made again: its lock would then
   * guard other memory than ours.
   */
  #unlessReplaced<T>(change: () => T): T | typeof VANISHED {
    const present = identityOf(this.directory);
    const isReplaced = present !== undefined && !this.#isOurs(present);
    return isReplaced ? VANISHED : change();
  }

  #isOurs({ inode, device }: FileIdentity): boolean {
    return inode === this.#identity.inode && device === this.#identity.device;
  }

  /** Throws FLOE_SERVICE_CORRUPT when the service was removed while in use, or replaced. */
  checkPresent(): void {
    const present = identityOf(this.directory);
    if (present === undefined || !this.#isOurs(present)) throw removedByForce(this);
  }

  #leave(): void {
    const { words } = this.segment;
    this.#changeIfPresent(() => {
      const entryWord = nodeEntryWord(this.geometry, this.#nodeIndex);
      // Another's, if somebody has freed it who may not: then it is left alone.
      if (readId(words, entryWord + NODE_ENTRY_NODE_ID_WORD) === this.node.id) {
        storeRelease(words, entryWord + NODE_ENTRY_STATE_WORD, EntryState.free);
      }
      freeDisplacedPorts(this);
      ifPossible(this.#recover);
      removeIfAbandoned(this);
    });
  }
}

/** A publish-subscribe service, opened by a node. */
export type PublishSubscribeCore = ServiceCore<PublishSubscribeConfig, PublishSubscribeGeometry>;

/** An event service, opened by a node. */
export type EventCore = ServiceCore<EventConfig, EventGeometry>;

interface Joined<Config extends ServiceConfig, Geometry extends CommonGeometry>
  extends OpenService<Config, Geometry> {
  readonly node: NodeCore;
  readonly nodeIndex: number;
  readonly identity: FileIdentity;
}

type FileIdentity = Pick<FileStatus, "inode" | "device">;

/** Which segment lies in a directory: no file gets its inode as long as it is mapped. */
function identityOf(directory: string): FileIdentity | undefined {
  return statEntryIfPresent(`${directory}/${SEGMENT_FILE}`);
}

/** Joins an existing service; undefined when there is none, or it vanished meanwhile. */
function join<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
  pattern: Pattern<Wanted, Config, Geometry>,
  node: NodeCore,
  directory: string,
  wanted: Wanted,
): Joined<Config, Geometry> | undefined {
  const outcome = withControlLock(directory, node.domain.lockTimeoutMs, () => {
    const service = openUnderLock(pattern, node, directory);
    if (service === VANISHED) return VANISHED;
    const { config, segment, geometry } = service;
    try {
      pattern.checkCompatible(config, wanted);
      const identity = identityOf(directory);
      if (identity === undefined) throw missingFile(directory, SEGMENT_FILE);
      const nodeIndex = takeNodeEntry(node, config, segment, geometry);
      return { ...service, node, nodeIndex, identity };
    } catch (error) {
      segment.close();
      throw error;
    }
  });
  return outcome === VANISHED ? undefined : outcome;
}

function takeNodeEntry(
  node: NodeCore,
  config: ServiceConfig,
  segment: Segment,
  geometry: CommonGeometry,
): number {
  const { words } = segment;
  for (let nodeIndex = 0; nodeIndex < geometry.maxNodes; nodeIndex += 1) {
    const entryWord = nodeEntryWord(geometry, nodeIndex);
    if (loadAcquire(words, entryWord + NODE_ENTRY_STATE_WORD) !== EntryState.free) continue;
    writeId(words, entryWord + NODE_ENTRY_NODE_ID_WORD, node.id);
    storeRelease(words, entryWord + NODE_ENTRY_STATE_WORD, EntryState.active);
    return nodeIndex;
  }
  throw new FloeError("FLOE_LIMIT_REACHED", {
    subject: `service "${config.name}"`,
    wanted: "a place for one more node",
    found: `${geometry.maxNodes} nodes that have it open (maxNodes)`,
    remedy: "Close one, or create the service with a larger maxNodes.",
  });
}

/** Makes a service with this node as its first; undefined when another process was faster. */
function make<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
  pattern: Pattern<Wanted, Config, Geometry>,
  node: NodeCore,
  directory: string,
  name: string,
  wanted: Wanted,
): Joined<Config, Geometry> | undefined {
  const { domain } = node;
  const { permissions } = domain;
  const config = pattern.newConfig(name, randomId(), wanted);
  const geometry = pattern.geometryOf(config);
  const unfinished = `${domain.path}/.created.${node.id}.${config.serviceId}`;
  makeDirectoryIfAbsent(unfinished, permissions.directoryMode, permissions.groupId);
  let segment: Segment | undefined;
  try {
    const text = `${JSON.stringify(config, null, 2)}\n`;
    const { fileMode, groupId } = permissions;
    writeWholeFile(`${unfinished}/${CONFIG_FILE}`, text, fileMode, groupId);
    const path = `${unfinished}/${SEGMENT_FILE}`;
    segment = pattern.createSegment(path, config, geometry, permissions, (words) => {
      const entryWord = nodeEntryWord(geometry, 0);
      writeId(words, entryWord + NODE_ENTRY_NODE_ID_WORD, node.id);
      words[entryWord + NODE_ENTRY_STATE_WORD] = EntryState.active;
    });
    const identity = identityOf(unfinished);
    if (identity === undefined) throw missingFile(unfinished, SEGMENT_FILE);
    if (renameDirectoryIfVacant(unfinished, directory)) {
      segment.moveTo(`${directory}/${SEGMENT_FILE}`);
      return { node, directory, config, geometry, segment, nodeIndex: 0, identity };
    }
  } catch (error) {
    segment?.close();
    removeDirectoryWithFiles(unfinished, SERVICE_FILES);
    throw error;
  }
  segment.close();
  removeDirectoryWithFiles(unfinished, SERVICE_FILES);
  return undefined;
}

function notFound(name: string, directory: string): FloeError {
  return new FloeError("FLOE_SERVICE_NOT_FOUND", {
    subject: `service "${name}"`,
    wanted: `an existing service in ${directory}`,
    found: "none",
    remedy: 'Start the process that creates it first, or use the mode "open-or-create".',
  });
}

function exists(name: string, directory: string): FloeError {
  return new FloeError("FLOE_SERVICE_EXISTS", {
    subject: `service "${name}"`,
    wanted: "to create it",
    found: `it existing in ${directory}`,
    remedy: 'Use the mode "open-or-create", or another name.',
  });
}

function removedByForce(service: ServiceCore): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: `service "${service.config.name}"`,
    wanted: `its directory ${service.directory}`,
    found: "that it was removed while in use, or replaced",
    remedy: "Close the service's ports in all processes and open it again.",
  });
}
