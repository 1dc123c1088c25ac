/**
 * Liveness: whether the node that an entry names still lives.
 *
 * A living node holds a lock of its `alive` file, and the kernel drops it with the process, however
 * that ends. A node whose file is gone has ended in order, or was cleaned up after. What may not be
 * looked at counts as alive: what is unknown is never destroyed.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { closeFile, openFileIfPresent } from "../os/files.ts";
import { isLockedOfd } from "../os/system-calls.ts";
import type { NodeCore } from "./node-core.ts";
import { ALIVE_FILE, nodeDirectory } from "./node-files.ts";

/** What is known of a node; "inaccessible" when it may not be looked at. */
export type Liveness = "alive" | "dead" | "inaccessible";

/** Looks whether a node of a domain lives. */
export function livenessOf(domainPath: string, nodeId: Id): Liveness {
  const path = `${nodeDirectory(domainPath, nodeId)}/${ALIVE_FILE}`;
  let fd: number | undefined;
  try {
    fd = openFileIfPresent(path, "read");
    if (fd === undefined) return "dead";
    return isLockedOfd(fd, path) ? "alive" : "dead";
  } catch (error) {
    if (FloeError.is(error)) return "inaccessible";
    throw error;
  } finally {
    if (fd !== undefined) closeFile(fd);
  }
}

/** Tells which nodes are dead, asking for each of them once. */
export function deathRegister(node: NodeCore): (nodeId: Id) => boolean {
  const known: Map<Id, boolean> = new Map([[node.id, false]]);
  return (nodeId) => {
    const answer = known.get(nodeId) ?? livenessOf(node.domain.path, nodeId) === "dead";
    known.set(nodeId, answer);
    return answer;
  };
}
