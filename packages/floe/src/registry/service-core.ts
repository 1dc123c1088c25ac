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
import { SERVICE_HEADER_STATE_WORD } from "../layout/service-header.ts";
import { EntryState, ServiceState } from "../layout/values.ts";
import { randomId, writeId } from "../memory/id.ts";
import type { Segment } from "../memory/segment.ts";
import {
  listDirectoryIfPresent,
  makeDirectoryIfAbsent,
  removeDirectoryIfPresent,
  removeFileIfPresent,
  renameDirectoryIfVacant,
  renamePath,
  statPathIfPresent,
  writeWholeFile,
} from "../os/files.ts";
import { pauseMs } from "../sync/pause.ts";
import { tryWithControlLock, VANISHED, withControlLock } from "./control-lock.ts";
import { DataSegmentCache } from "./data-segment-cache.ts";
import type { EventConfig } from "./event-config.ts";
import type { EventGeometry } from "./event-segment.ts";
import type { NodeCore } from "./node-core.ts";
import type { Pattern } from "./pattern.ts";
import type { PublishSubscribeConfig } from "./publish-subscribe-config.ts";
import type { PublishSubscribeGeometry } from "./publish-subscribe-segment.ts";
import { readServiceConfig, type ServiceConfig } from "./service-config.ts";
import { serviceDirectoryName } from "./service-name.ts";
import { type CommonGeometry, nodeEntryWord } from "./service-segment.ts";

/** Whether a service may, must or must not exist already. */
export type OpenMode = "open" | "create" | "open-or-create";

const CONFIG_FILE = "service.json";
const SEGMENT_FILE = "links";

/** What is known of a service as soon as its segment is mapped. */
export interface OpenService<
  Config extends ServiceConfig = ServiceConfig,
  Geometry extends CommonGeometry = CommonGeometry,
> {
  readonly node: NodeCore;
  readonly directory: string;
  readonly config: Config;
  readonly geometry: Geometry;
  readonly segment: Segment;
}

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
    this.#recover = () => pattern.recover?.(this);
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
    const deadlineMs = performance.now() + domain.lockTimeoutMs;
    do {
      if (mode !== "create") {
        const joined = join(pattern, node, directory, wanted);
        if (joined !== undefined) return new ServiceCore(pattern, joined, onGone);
        if (mode === "open") throw notFound(name, directory);
      } else if (isInUse(pattern, node, directory)) {
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

  /** Runs `change` under the service's control lock; throws when the service was removed. */
  change<T>(change: () => T): T {
    const outcome = this.#changeIfPresent(change);
    if (outcome === VANISHED) throw removedByForce(this);
    return outcome;
  }

  /** The same for who leaves: when the service was removed, there is nobody left to be told. */
  changeInLeaving(change: () => void): void {
    this.#changeIfPresent(change);
  }

  #changeIfPresent<T>(change: () => T): T | typeof VANISHED {
    return withControlLock(this.directory, this.node.domain.lockTimeoutMs, change);
  }

  /** The same without ever waiting: undefined when another process changes the service. */
  tryChange<T>(change: () => T): T | typeof VANISHED | undefined {
    return tryWithControlLock(this.directory, change);
  }

  #leave(): void {
    const { words } = this.segment;
    const { lockTimeoutMs } = this.node.domain;
    withControlLock(this.directory, lockTimeoutMs, () => {
      const entryWord = nodeEntryWord(this.geometry, this.#nodeIndex);
      storeRelease(words, entryWord + NODE_ENTRY_STATE_WORD, EntryState.free);
      this.#recover();
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
  readonly nodeIndex: number;
}

/**
 * Under the control lock: maps an existing service. Returns VANISHED when nobody has it open any
 * more, and it is gone now.
 */
function openUnderLock<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
  pattern: Pattern<Wanted, Config, Geometry>,
  node: NodeCore,
  directory: string,
  wanted: Wanted | undefined,
): OpenService<Config, Geometry> | typeof VANISHED {
  const configPath = `${directory}/${CONFIG_FILE}`;
  const common = readServiceConfig(configPath, pattern.name);
  if (common === undefined) throw missingFile(directory, CONFIG_FILE);
  const config = pattern.checkedConfig(configPath, common);
  const opened = pattern.openSegment(`${directory}/${SEGMENT_FILE}`, config);
  if (opened === undefined) throw missingFile(directory, SEGMENT_FILE);
  const { segment, geometry } = opened;
  const service = { node, directory, config, geometry, segment };
  try {
    if (loadAcquire(segment.words, SERVICE_HEADER_STATE_WORD) === ServiceState.removed) {
      // Whoever was removing it has died over it, for we hold its lock.
      removeService(node, directory);
    } else {
      pattern.recover?.(service);
      if (pattern.recover === undefined || !removeIfAbandoned(service)) {
        // Only now: a service that nobody has open any more contradicts nobody.
        if (wanted !== undefined) pattern.checkCompatible(config, wanted);
        return service;
      }
    }
  } catch (error) {
    segment.close();
    throw error;
  }
  segment.close();
  return VANISHED;
}

/** Whether somebody has a service open; one that only the dead had open is removed. */
function isInUse<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
  pattern: Pattern<Wanted, Config, Geometry>,
  node: NodeCore,
  directory: string,
): boolean {
  if (statPathIfPresent(directory) === undefined) return false;
  if (pattern.recover === undefined) return true;
  const outcome = withControlLock(directory, node.domain.lockTimeoutMs, () => {
    const service = openUnderLock(pattern, node, directory, undefined);
    if (service !== VANISHED) service.segment.close();
    return service;
  });
  return outcome !== VANISHED;
}

/** Under the control lock: removes a service that no node has open, and tells whether it did. */
function removeIfAbandoned({ node, directory, geometry, segment }: OpenService): boolean {
  const { words } = segment;
  for (let index = 0; index < geometry.maxNodes; index += 1) {
    const entryWord = nodeEntryWord(geometry, index);
    if (loadAcquire(words, entryWord + NODE_ENTRY_STATE_WORD) !== EntryState.free) return false;
  }
  storeRelease(words, SERVICE_HEADER_STATE_WORD, ServiceState.removed);
  removeService(node, directory);
  return true;
}

/** Joins an existing service; undefined when there is none, or it vanished meanwhile. */
function join<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
  pattern: Pattern<Wanted, Config, Geometry>,
  node: NodeCore,
  directory: string,
  wanted: Wanted,
): Joined<Config, Geometry> | undefined {
  const outcome = withControlLock(directory, node.domain.lockTimeoutMs, () => {
    const service = openUnderLock(pattern, node, directory, wanted);
    if (service === VANISHED) return VANISHED;
    const { config, segment, geometry } = service;
    try {
      return { ...service, nodeIndex: takeNodeEntry(node, config, segment, geometry) };
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
    if (renameDirectoryIfVacant(unfinished, directory)) {
      segment.moveTo(`${directory}/${SEGMENT_FILE}`);
      return { node, directory, config, geometry, segment, nodeIndex: 0 };
    }
  } catch (error) {
    segment?.close();
    removeServiceDirectory(unfinished);
    throw error;
  }
  segment.close();
  removeServiceDirectory(unfinished);
  return undefined;
}

/** Under the control lock: takes a service out of the domain, then removes its files. */
function removeService(node: NodeCore, directory: string): void {
  const doomed = `${node.domain.path}/.removed.${node.id}.${randomId()}`;
  renamePath(directory, doomed);
  removeServiceDirectory(doomed);
}

function removeServiceDirectory(directory: string): void {
  for (const name of listDirectoryIfPresent(directory) ?? []) {
    removeFileIfPresent(`${directory}/${name}`);
  }
  removeDirectoryIfPresent(directory);
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

function missingFile(directory: string, file: string): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: `${directory}/${file}`,
    wanted: "a file of the service",
    found: "that it is missing",
    remedy: "Somebody removed it; stop the service's processes and remove the directory.",
  });
}

function removedByForce(service: ServiceCore): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: `service "${service.config.name}"`,
    wanted: `its directory ${service.directory}`,
    found: "that it was removed while in use",
    remedy: "Close the service's ports in all processes and open it again.",
  });
}
