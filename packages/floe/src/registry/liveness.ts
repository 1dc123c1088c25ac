/**
 * Liveness: whether the node that an entry names still lives.
 *
 * A living node holds a lock of its `alive` file and the writing end of its FIFO `life`; the kernel
 * takes both with the process, however that ends. It does so one after the other, so whoever was
 * told by the one may find the other still there: a node is dead as soon as either is gone. A node
 * whose file is gone has ended in order, or was cleaned up after. What may not be looked at, and
 * what is not what a node leaves, counts as alive: what is unknown is never destroyed. A process
 * that has no descriptor to look with knows nothing, and says so: whoever asked has to ask again.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { openFifoForReadingIfPresent, readFifo } from "../os/fifos.ts";
import { closeFile, openFileIfPresent, statEntryIfPresent } from "../os/files.ts";
import { isLockedOfd } from "../os/system-calls.ts";
import { isPassing } from "../os/system-error.ts";
import { ALIVE_FILE, LIFE_FILE, nodeDirectory } from "./node-files.ts";
import type { Participant } from "./participant.ts";

const oneByte = new Uint8Array(1);

/**
 * What is known of a node. It is "inaccessible" when it may not be looked at, and "undefined" when
 * its files are there but are not what a node has.
 */
export type NodeState = "alive" | "dead" | "inaccessible" | "undefined";

/** Looks whether a node of a domain lives. Throws FLOE_TOO_MANY_FILES or FLOE_OUT_OF_MEMORY. */
export function livenessOf(domainPath: string, nodeId: Id): NodeState {
  return livenessIn(nodeDirectory(domainPath, nodeId));
}

/** Looks whether nobody keeps a node's directory alive, which may be half made. Throws the same. */
export function isNodeDirectoryDead(directory: string): boolean {
  return livenessIn(directory) === "dead";
}

function livenessIn(directory: string): NodeState {
  try {
    const state = signsOfLifeIn(directory);
    // What is missing is missing because the node has left meanwhile, if its directory is gone.
    const hasLeft = state === "undefined" && statEntryIfPresent(directory) === undefined;
    return hasLeft ? "dead" : state;
  } catch (error) {
    if (FloeError.is(error) && !isPassing(error)) return "inaccessible";
    throw error;
  }
}

function signsOfLifeIn(directory: string): NodeState {
  const entry = statEntryIfPresent(directory);
  if (entry === undefined) return "dead";
  if (!entry.isDirectory) return "undefined";
  const path = `${directory}/${ALIVE_FILE}`;
  const alive = statEntryIfPresent(path);
  // Whoever removes a dead node's directory may have died over it.
  if (alive === undefined) return "dead";
  if (!alive.isFile) return "undefined";
  const fd = openFileIfPresent(path, "read");
  if (fd === undefined) return "dead";
  try {
    return isLockedOfd(fd, path) ? lifeIn(directory) : "dead";
  } finally {
    closeFile(fd);
  }
}

/** Looks at the other sign of life of a node whose lock is held. */
function lifeIn(directory: string): "alive" | "dead" | "undefined" {
  const path = `${directory}/${LIFE_FILE}`;
  let fd: number | undefined;
  try {
    fd = openFifoForReadingIfPresent(path);
  } catch (error) {
    if (FloeError.is(error) && error.code === "FLOE_SERVICE_CORRUPT") return "undefined";
    throw error;
  }
  if (fd === undefined) return "undefined";
  try {
    return readFifo(fd, oneByte) === -1 ? "dead" : "alive";
  } finally {
    closeFile(fd);
  }
}

/** Tells which nodes are dead, asking for each of them once. What it returns throws as above. */
export function deathRegister({ id, domain }: Participant): (nodeId: Id) => boolean {
  const known: Map<Id, boolean> = new Map([[id, false]]);
  return (nodeId) => {
    const answer = known.get(nodeId) ?? livenessOf(domain.path, nodeId) === "dead";
    known.set(nodeId, answer);
    return answer;
  };
}
