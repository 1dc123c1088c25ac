/**
 * Cleaning: everything that the dead have left behind in a domain.
 *
 * A dead node's directory says that there is something to do, so it goes last: first every service
 * is cleaned up after it, and those that nobody has open any more are removed. What is half made
 * carries the id of its maker in its name, or can be removed by anybody. Several may clean at once,
 * and each may die over it.
 *
 * What may not be looked at, or is not understood, is reported and left alone: it may be alive.
 */

import { channel } from "node:diagnostics_channel";
import { FloeError } from "../errors.ts";
import { type Id, isId, randomId } from "../memory/id.ts";
import {
  listDirectoryIfPresent,
  removeDirectoryWithFiles,
  renamePathIfPresent,
} from "../os/files.ts";
import { isPassing } from "../os/system-error.ts";
import type { Domain } from "./domain.ts";
import { isNodeDirectoryDead, livenessOf, type NodeState } from "./liveness.ts";
import { doomedDirectory, HIDDEN_NODE_DIRECTORY_PREFIX, nodeDirectory } from "./node-files.ts";
import { cleanService } from "./open-service.ts";
import type { Participant } from "./participant.ts";
import { eventPattern, publishSubscribePattern } from "./pattern.ts";
import { PeerBells } from "./peer-bells.ts";
import type { PatternName } from "./service-config.ts";
import { patternOfDirectory } from "./service-name.ts";

const domainCleaned = channel("floe:domain:cleaned");

/** What was found in a domain that was cleaned, and what has become of it. */
export interface CleaningReport {
  /** Dead nodes of which nothing is left. */
  readonly removedNodeIds: readonly Id[];
  /** Nodes that may not be looked at; they count as alive. */
  readonly inaccessibleNodeIds: readonly Id[];
  /** Nodes whose files are not what a node has; they count as alive, too. */
  readonly undefinedNodeIds: readonly Id[];
  /** Directories, within the domain's, of services that nobody had open any more. */
  readonly removedServices: readonly string[];
  /** What had been half made or half removed, by name within the domain. */
  readonly removedRemnants: readonly string[];
  /** Why something was left: another process holds its lock, or it is damaged or foreign. */
  readonly failures: readonly FloeError[];
}

type Clean = (
  participant: Participant,
  directory: string,
  mayWait: boolean,
) => ReturnType<typeof cleanService>;

const CLEAN: Readonly<Record<PatternName, Clean>> = {
  "publish-subscribe": (...details) => cleanService(publishSubscribePattern, ...details),
  event: (...details) => cleanService(eventPattern, ...details),
};

/** The names in a domain that are not services', by what they stand for. */
interface Contents {
  readonly deadNodeIds: Id[];
  readonly inaccessibleNodeIds: Id[];
  readonly undefinedNodeIds: Id[];
  readonly remnants: string[];
}

/** How a domain is cleaned. */
export interface CleaningOptions {
  /** Whether to wait for control locks, each for the domain's time at most. */
  readonly mayWait: boolean;
  /** Whether to look at the services even if no node has died. */
  readonly isThorough: boolean;
}

/** Removes what the dead have left behind in a domain. */
export function cleanDomain(domain: Domain, options: CleaningOptions): CleaningReport {
  const failures: FloeError[] = [];
  const contents = contentsOf(domain, failures);
  const { deadNodeIds, inaccessibleNodeIds, undefinedNodeIds, remnants } = contents;
  const removedRemnants = remnants.filter((name) => removesRemnant(domain, name, failures));
  const removedServices: string[] = [];
  let isLocked = false;
  if (deadNodeIds.length > 0 || options.isThorough) {
    const peerBells = new PeerBells(domain.path);
    const participant: Participant = { id: randomId(), domain, peerBells };
    // Listed after the dead were found: who died in between may have made a service meanwhile.
    for (const name of servicesOf(domain, failures)) {
      const outcome = cleaned(participant, name, options.mayWait, failures);
      if (outcome === "gone") removedServices.push(name);
      if (outcome === "locked") isLocked = true;
    }
  }
  // A service whose lock is held is cleaned another time, for which the directories are the mark.
  const removedNodeIds = isLocked
    ? []
    : deadNodeIds.filter((nodeId) => removes(nodeDirectory(domain.path, nodeId), failures));
  const report = {
    removedNodeIds,
    inaccessibleNodeIds,
    undefinedNodeIds,
    removedServices,
    removedRemnants,
    failures,
  };
  if (domainCleaned.hasSubscribers) domainCleaned.publish({ path: domain.path, report });
  return report;
}

function namesIn(domain: Domain, failures: FloeError[]): readonly string[] {
  let names: readonly string[] = [];
  succeeds(failures, () => {
    names = listDirectoryIfPresent(domain.path) ?? [];
  });
  return names;
}

/** The directories of services, within the domain's. */
function servicesOf(domain: Domain, failures: FloeError[]): string[] {
  return namesIn(domain, failures).filter((name) => patternOfDirectory(name) !== undefined);
}

function contentsOf(domain: Domain, failures: FloeError[]): Contents {
  const contents: Contents = {
    deadNodeIds: [],
    inaccessibleNodeIds: [],
    undefinedNodeIds: [],
    remnants: [],
  };
  const livenessById: Map<Id, NodeState> = new Map();
  const livenessIn = (nodeId: Id): NodeState => {
    const liveness = livenessById.get(nodeId) ?? livenessOf(domain.path, nodeId);
    livenessById.set(nodeId, liveness);
    return liveness;
  };
  for (const name of namesIn(domain, failures)) {
    const [kind, id = ""] = name.replace(/^\./, "").split(".");
    const isHidden = name.startsWith(".");
    if (!isId(id)) continue;
    // What cannot be looked at for want of descriptors is left for another time.
    succeeds(failures, () => {
      if (kind === "node" && !isHidden) {
        const liveness = livenessIn(id);
        if (liveness === "dead") contents.deadNodeIds.push(id);
        if (liveness === "inaccessible") contents.inaccessibleNodeIds.push(id);
        if (liveness === "undefined") contents.undefinedNodeIds.push(id);
      } else if (isHidden && isRemnant(domain, name, kind, id, livenessIn)) {
        contents.remnants.push(name);
      }
    });
  }
  return contents;
}

/** Whether a hidden directory is nobody's any more. */
function isRemnant(
  domain: Domain,
  name: string,
  kind: string | undefined,
  id: Id,
  livenessIn: (nodeId: Id) => NodeState,
): boolean {
  // Renamed out of the way, so nobody begins to use it.
  if (kind === "removed") return true;
  if (kind === "created") return livenessIn(id) === "dead";
  // A maker that was just about to lock it starts again; see NodePresence.
  return kind === "node" && isNodeDirectoryDead(`${domain.path}/${name}`);
}

function cleaned(
  participant: Participant,
  name: string,
  mayWait: boolean,
  failures: FloeError[],
): "open" | "gone" | "locked" | "damaged" {
  const directory = `${participant.domain.path}/${name}`;
  const clean = CLEAN[patternOfDirectory(name)!];
  let outcome: "open" | "gone" | "locked" | undefined;
  const hasSucceeded = succeeds(failures, () => {
    outcome = clean(participant, directory, mayWait);
  });
  if (hasSucceeded) return outcome!;
  const failure = failures.at(-1);
  return failure?.code === "FLOE_LOCK_TIMEOUT" || isPassing(failure) ? "locked" : "damaged";
}

/**
 * Removes what was half made or half removed. The maker of a node may live and only be about to
 * lock it: its directory is taken as a whole, so that it comes to light complete or not at all.
 */
function removesRemnant({ path }: Domain, name: string, failures: FloeError[]): boolean {
  const directory = `${path}/${name}`;
  if (!name.startsWith(HIDDEN_NODE_DIRECTORY_PREFIX)) return removes(directory, failures);
  const doomed = doomedDirectory(path, name.slice(HIDDEN_NODE_DIRECTORY_PREFIX.length) as Id);
  let isMine = false;
  succeeds(failures, () => {
    isMine = renamePathIfPresent(directory, doomed);
  });
  return isMine && removes(doomed, failures);
}

/** Removes a directory, and tells whether it is gone. */
function removes(directory: string, failures: FloeError[]): boolean {
  let isGone = false;
  succeeds(failures, () => {
    isGone = removeDirectoryWithFiles(directory);
  });
  return isGone;
}

/** Does something; notes a failure, and tells whether there was none. */
function succeeds(failures: FloeError[], work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!FloeError.is(error)) throw error;
    failures.push(error);
    return false;
  }
}
