/**
 * Liveness: whether the node that an entry names still lives.
 *
 * A living node holds a lock of its `alive` file and the writing end of its FIFO `life`; the kernel
 * takes both with the process, however that ends. It does so one after the other, so whoever was
 * told by the one may find the other still there: a node is dead as soon as either is gone. A node
 * whose file is gone has ended in order, or was cleaned up after. What may not be looked at counts
 * as alive: what is unknown is never destroyed.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { openFifoForReadingIfPresent, readFifo } from "../os/fifos.ts";
import { closeFile, openFileIfPresent } from "../os/files.ts";
import { isLockedOfd } from "../os/system-calls.ts";
import { ALIVE_FILE, LIFE_FILE, nodeDirectory } from "./node-files.ts";
import type { Participant } from "./participant.ts";

const oneByte = new Uint8Array(1);

/** What is known of a node; "inaccessible" when it may not be looked at. */
export type Liveness = "alive" | "dead" | "inaccessible";

/** Looks whether a node of a domain lives. */
export function livenessOf(domainPath: string, nodeId: Id): Liveness {
  return livenessIn(nodeDirectory(domainPath, nodeId));
}

/** Looks whether nobody keeps a node's directory alive, which may be half made. */
export function isNodeDirectoryDead(directory: string): boolean {
  return livenessIn(directory) === "dead";
}

function livenessIn(directory: string): Liveness {
  const path = `${directory}/${ALIVE_FILE}`;
  let fd: number | undefined;
  try {
    fd = openFileIfPresent(path, "read");
    if (fd === undefined || !isLockedOfd(fd, path)) return "dead";
    return hasEnded(`${directory}/${LIFE_FILE}`) ? "dead" : "alive";
  } catch (error) {
    if (FloeError.is(error)) return "inaccessible";
    throw error;
  } finally {
    if (fd !== undefined) closeFile(fd);
  }
}

function hasEnded(lifePath: string): boolean {
  const fd = openFifoForReadingIfPresent(lifePath);
  if (fd === undefined) return false;
  try {
    return readFifo(fd, oneByte) === -1;
  } finally {
    closeFile(fd);
  }
}

/** Tells which nodes are dead, asking for each of them once. */
export function deathRegister({ id, domain }: Participant): (nodeId: Id) => boolean {
  const known: Map<Id, boolean> = new Map([[id, false]]);
  return (nodeId) => {
    const answer = known.get(nodeId) ?? livenessOf(domain.path, nodeId) === "dead";
    known.set(nodeId, answer);
    return answer;
  };
}
