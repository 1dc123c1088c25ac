/**
 * Node details: what a domain's directory says about its nodes, to whoever may read it.
 *
 * A node's state comes from the kernel, everything else from `node.json`, which the node wrote when
 * it was made. It is for people: nothing in floe depends on it, least of all on a process id, which
 * means nothing outside of the node's own container. But a node that lives and cannot say who it is
 * has been tampered with, and is reported as such.
 */

import { FloeError } from "../errors.ts";
import { type Id, isId } from "../memory/id.ts";
import { listDirectoryIfPresent, readTextFileIfPresent, statEntryIfPresent } from "../os/files.ts";
import { isPassing } from "../os/system-error.ts";
import { livenessOf, type NodeState } from "./liveness.ts";
import { DETAILS_FILE, NODE_DIRECTORY_PREFIX, nodeDirectory } from "./node-files.ts";

const DETAILS_BYTES_MAX = 1 << 16;

/** What is known of a node. */
export interface NodeDetails {
  readonly id: Id;
  /** The name given at its creation; "" for none, and when it cannot be read. */
  readonly name: string;
  /** "undefined": its files are there, but are not what a node has. */
  readonly state: NodeState;
  /** What it calls its process in its own namespace: for people only. */
  readonly processId?: number;
  /** What it was started as. */
  readonly executable?: string;
}

/** What stands in `node.json`. */
interface WrittenDetails {
  readonly id: Id;
  readonly name: string;
  readonly pid?: number;
  readonly executable?: string;
}

/** The ids of all nodes that a domain has a directory of; undefined if there is no domain. */
export function listNodeIds(domainPath: string): Id[] | undefined {
  return listDirectoryIfPresent(domainPath)
    ?.filter((name) => name.startsWith(NODE_DIRECTORY_PREFIX))
    .map((name) => name.slice(NODE_DIRECTORY_PREFIX.length))
    .filter(isId);
}

/**
 * What is known of a node; undefined when it has no directory. Throws FLOE_TOO_MANY_FILES or
 * FLOE_OUT_OF_MEMORY when nothing can be learnt in this moment.
 */
export function describeNode(domainPath: string, id: Id): NodeDetails | undefined {
  const directory = nodeDirectory(domainPath, id);
  const written = readDetails(`${directory}/${DETAILS_FILE}`, id);
  const liveness = livenessOf(domainPath, id);
  if (!isThere(directory)) return undefined;
  if (typeof written === "object") {
    const { name, pid, executable } = written;
    const process = pid === undefined ? {} : { processId: pid };
    const program = executable === undefined ? {} : { executable };
    return { id, name, state: liveness, ...process, ...program };
  }
  return { id, name: "", state: liveness === "alive" ? written : liveness };
}

/**
 * The nodes of a domain, in no particular order; none if there is no domain. Throws the same, and
 * FLOE_PERMISSION.
 */
export function listNodes(domainPath: string): NodeDetails[] {
  const nodes: NodeDetails[] = [];
  for (const id of listNodeIds(domainPath) ?? []) {
    const details = describeNode(domainPath, id);
    if (details !== undefined) nodes.push(details);
  }
  return nodes;
}

function isThere(directory: string): boolean {
  try {
    return statEntryIfPresent(directory) !== undefined;
  } catch (error) {
    if (FloeError.is(error)) return true;
    throw error;
  }
}

function readDetails(path: string, id: Id): WrittenDetails | "inaccessible" | "undefined" {
  try {
    const entry = statEntryIfPresent(path);
    if (entry === undefined || !entry.isFile || entry.sizeBytes > DETAILS_BYTES_MAX) {
      return "undefined";
    }
    return parseDetails(readTextFileIfPresent(path, DETAILS_BYTES_MAX), id) ?? "undefined";
  } catch (error) {
    if (FloeError.is(error) && !isPassing(error)) return "inaccessible";
    throw error;
  }
}

function parseDetails(text: string | undefined, id: Id): WrittenDetails | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
  const details = parsed as Partial<WrittenDetails> | null;
  if (details?.id !== id || typeof details.name !== "string") return undefined;
  const { name, pid, executable } = details;
  return {
    id,
    name,
    ...(typeof pid === "number" ? { pid } : {}),
    ...(typeof executable === "string" ? { executable } : {}),
  };
}
