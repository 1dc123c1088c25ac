/**
 * Open service: a service whose files are mapped, before or without being joined, and its removal.
 *
 * Whoever gets at a service's files holds its control lock and cleans up after the dead first. If
 * that leaves nobody who has the service open, it is removed: its directory is renamed out of the
 * way, so that nobody ever joins half a service, and then emptied.
 */

import { loadAcquire, storeRelease } from "#words";
import { FloeError } from "../errors.ts";
import { NODE_ENTRY_STATE_WORD } from "../layout/node-entry.ts";
import { SERVICE_HEADER_STATE_WORD } from "../layout/service-header.ts";
import { EntryState, ServiceState } from "../layout/values.ts";
import { corrupt, type Segment } from "../memory/segment.ts";
import { removeDirectoryWithFiles, renamePath } from "../os/files.ts";
import { tryWithControlLock, VANISHED, withControlLock } from "./control-lock.ts";
import { describeValue } from "./limits.ts";
import { doomedDirectory } from "./node-files.ts";
import type { Participant } from "./participant.ts";
import type { Pattern } from "./pattern.ts";
import { activePorts } from "./port-table.ts";
import { type PatternName, readServiceConfig, type ServiceConfig } from "./service-config.ts";
import { serviceDirectoryName } from "./service-name.ts";
import { type CommonGeometry, nodeEntryWord } from "./service-segment.ts";

/** The file that describes a service. */
export const CONFIG_FILE = "service.json";

/** The file in which its ports meet. */
export const SEGMENT_FILE = "links";

/** What lies in a service's directory when nobody has it open. */
export const SERVICE_FILES: readonly string[] = [CONFIG_FILE, SEGMENT_FILE];

/** What is known of a service as soon as its segment is mapped. */
export interface OpenService<
  Config extends ServiceConfig = ServiceConfig,
  Geometry extends CommonGeometry = CommonGeometry,
> {
  readonly node: Participant;
  readonly directory: string;
  readonly config: Config;
  readonly geometry: Geometry;
  readonly segment: Segment;
}

/**
 * Under the control lock: maps an existing service and cleans up after the dead. Returns VANISHED
 * when that leaves nobody who has it open, and it is gone now.
 */
export function openUnderLock<
  Wanted,
  Config extends ServiceConfig,
  Geometry extends CommonGeometry,
>(
  pattern: Pattern<Wanted, Config, Geometry>,
  node: Participant,
  directory: string,
): OpenService<Config, Geometry> | typeof VANISHED {
  const configPath = `${directory}/${CONFIG_FILE}`;
  const common = readServiceConfig(configPath, pattern.name);
  if (common === undefined) throw missingFile(directory, CONFIG_FILE);
  checkName(directory, configPath, common);
  const config = pattern.checkedConfig(configPath, common);
  const opened = pattern.openSegment(`${directory}/${SEGMENT_FILE}`, config);
  if (opened === undefined) throw missingFile(directory, SEGMENT_FILE);
  const { segment, geometry } = opened;
  const service = { node, directory, config, geometry, segment };
  try {
    if (isHalfRemoved(service)) {
      // Whoever was removing it has died over it, for we hold its lock.
      removeService(node, directory);
    } else {
      pattern.recover(service);
      if (!removeIfAbandoned(service)) return service;
    }
  } catch (error) {
    segment.close();
    throw error;
  }
  segment.close();
  return VANISHED;
}

/**
 * Cleans up after the dead in a service, whose directory need not be there any more: returns
 * whether anybody has it "open" after that, or it is "gone". With `mayWait` it waits for the
 * control lock and throws FLOE_LOCK_TIMEOUT, else it may find it "locked". Throws what opening a
 * damaged service throws.
 */
export function cleanService<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
  pattern: Pattern<Wanted, Config, Geometry>,
  participant: Participant,
  directory: string,
  mayWait: boolean,
): "open" | "gone" | "locked" {
  const look = (): "open" | typeof VANISHED => {
    const service = openUnderLock(pattern, participant, directory);
    if (service === VANISHED) return VANISHED;
    service.segment.close();
    return "open";
  };
  const outcome = mayWait
    ? withControlLock(directory, participant.domain.lockTimeoutMs, look)
    : tryWithControlLock(directory, look);
  if (outcome === VANISHED) return "gone";
  return outcome ?? "locked";
}

/** Whether the last node has left. Throws FLOE_SERVICE_CORRUPT for a state that cannot be. */
function isHalfRemoved(service: OpenService): boolean {
  const state = loadAcquire(service.segment.words, SERVICE_HEADER_STATE_WORD);
  if (state === ServiceState.open) return false;
  // It is marked when no node has it open any more, and must not be taken from those that have.
  if (state === ServiceState.removed && isAbandoned(service)) return true;
  const wanted = `${ServiceState.open}, or ${ServiceState.removed} without nodes`;
  throw corrupt(`${service.directory}/${SEGMENT_FILE}`, "state", wanted, `${state}`);
}

/**
 * Whether nobody has a service open any more, after the dead were cleaned up after. A port that is
 * still active belongs to the living, even if the entry of its node says otherwise: somebody has
 * damaged that.
 */
function isAbandoned({ geometry, segment: { words } }: OpenService): boolean {
  if (geometry.portTables.some((table) => activePorts(words, table).length > 0)) return false;
  for (let index = 0; index < geometry.maxNodes; index += 1) {
    const entryWord = nodeEntryWord(geometry, index);
    if (loadAcquire(words, entryWord + NODE_ENTRY_STATE_WORD) !== EntryState.free) return false;
  }
  return true;
}

/** Under the control lock: removes a service that no node has open, and tells whether it did. */
export function removeIfAbandoned(service: OpenService): boolean {
  if (!isAbandoned(service)) return false;
  storeRelease(service.segment.words, SERVICE_HEADER_STATE_WORD, ServiceState.removed);
  removeService(service.node, service.directory);
  return true;
}

/** Under the control lock: takes a service out of the domain, then removes its files. */
function removeService(node: Participant, directory: string): void {
  const doomed = doomedDirectory(node.domain.path, node.id);
  renamePath(directory, doomed);
  try {
    removeDirectoryWithFiles(doomed, SERVICE_FILES);
  } catch (error) {
    // It is out of the domain, which is what matters; the rest is left to the next cleaning.
    if (!FloeError.is(error)) throw error;
    process.emitWarning(error);
  }
}

/** A directory that was copied or renamed holds another service than its name says. */
function checkName(directory: string, configPath: string, { pattern, name }: ServiceConfig): void {
  const directoryName = directory.slice(directory.lastIndexOf("/") + 1);
  if (directoryNameIfValid(pattern, name) === directoryName) return;
  throw corrupt(configPath, "name", `of the service in ${directoryName}`, describeValue(name));
}

function directoryNameIfValid(pattern: PatternName, name: string): string | undefined {
  try {
    return serviceDirectoryName(pattern, name);
  } catch (error) {
    if (FloeError.is(error)) return undefined;
    throw error;
  }
}

/** Makes the error for a service whose directory is there and not complete. */
export function missingFile(directory: string, file: string): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: `${directory}/${file}`,
    wanted: "a file of the service",
    found: "that it is missing",
    remedy: "Somebody removed it; stop the service's processes and remove the directory.",
  });
}
