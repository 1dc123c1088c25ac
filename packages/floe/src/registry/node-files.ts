/**
 * Node files: what lies in a node's directory, by name.
 */

import { type Id, randomId } from "../memory/id.ts";

/** Locked for as long as the node lives. */
export const ALIVE_FILE = "alive";

/** Who the node is, in words. */
export const DETAILS_FILE = "node.json";

/** The FIFO into which others write the tokens of ports to be woken; made when first needed. */
export const BELL_FILE = "bell";

/** The FIFO that the node alone holds open for writing: its readers see it end. */
export const LIFE_FILE = "life";

/** What the names of nodes' directories begin with; an id follows. */
export const NODE_DIRECTORY_PREFIX = "node.";

/** What the names of nodes' directories begin with that are being made or removed. */
export const HIDDEN_NODE_DIRECTORY_PREFIX = ".node.";

/** What usually lies there; listeners may have a FIFO of their own. */
export const NODE_FILES: readonly string[] = [LIFE_FILE, BELL_FILE, DETAILS_FILE, ALIVE_FILE];

/** The directory of a node. */
export function nodeDirectory(domainPath: string, nodeId: Id): string {
  return `${domainPath}/${NODE_DIRECTORY_PREFIX}${nodeId}`;
}

/** The directory of a node that is being made, or that has left and is being removed. */
export function hiddenNodeDirectory(domainPath: string, nodeId: Id): string {
  return `${domainPath}/${HIDDEN_NODE_DIRECTORY_PREFIX}${nodeId}`;
}

/**
 * A name under which a directory is removed that nobody shall find any more: anybody may help with
 * that. The node is the one that removes it, or the one whose it was.
 */
export function doomedDirectory(domainPath: string, nodeId: Id): string {
  return `${domainPath}/.removed.${nodeId}.${randomId()}`;
}

/** The FIFO of one listener, for programs that wait for its descriptor by themselves. */
export function listenerFifoPath(domainPath: string, nodeId: Id, portId: Id): string {
  return `${nodeDirectory(domainPath, nodeId)}/bell.${portId}`;
}
