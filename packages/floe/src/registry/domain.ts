/**
 * Domain: a directory in which nodes and services find each other.
 *
 * Everything of a node lies in a directory of its own, everything of a service in another, so that
 * permission, container mounts and removal are those of a directory. Nothing depends on process
 * ids or on a network or IPC namespace: processes that see the directory can talk.
 */

import { FloeError } from "../errors.ts";
import { groupPermissions, type Permissions, PRIVATE_PERMISSIONS } from "../memory/permissions.ts";
import { makeDirectoryIfAbsent, statPathIfPresent } from "../os/files.ts";

/** Where and how a node takes part. */
export interface DomainOptions {
  /** Root directory, absolute; default `$FLOE_ROOT`, else `/dev/shm/floe`. */
  readonly root?: string;
  /** Name of the domain; default `default`. Letters, digits, `.`, `_` and `-`. */
  readonly name?: string;
  /** Who may take part: the user alone (default), or the members of a group as well. */
  readonly permissions?: "private" | { readonly groupId: number };
  /** How long a control call waits for a lock that another process holds; default 5000 ms. */
  readonly lockTimeout?: number;
}

/** A domain, resolved: plain values, handed down and never kept globally. */
export interface Domain {
  /** The directory. */
  readonly path: string;
  readonly permissions: Permissions;
  readonly lockTimeoutMs: number;
}

const DEFAULT_ROOT = "/dev/shm/floe";
const DEFAULT_LOCK_TIMEOUT_MS = 5000;
const NAME_PATTERN = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

/** A domain that need not be there, with its root. */
interface ResolvedDomain extends Domain {
  readonly root: string;
}

/**
 * Turns options into a domain without making anything.
 * Throws FLOE_NAME_INVALID or FLOE_OPTION_INVALID.
 */
export function resolveDomain(options: DomainOptions = {}): ResolvedDomain {
  const root = options.root ?? process.env.FLOE_ROOT ?? DEFAULT_ROOT;
  const name = options.name ?? "default";
  const lockTimeoutMs = options.lockTimeout ?? DEFAULT_LOCK_TIMEOUT_MS;
  if (!root.startsWith("/")) {
    throw invalidOption("domain root", "an absolute path", JSON.stringify(root));
  }
  if (!NAME_PATTERN.test(name)) {
    throw new FloeError("FLOE_NAME_INVALID", {
      subject: "domain name",
      wanted: "1 to 100 letters, digits, '.', '_' or '-', not beginning with '.'",
      found: JSON.stringify(name),
      remedy: "Choose another name for the domain.",
    });
  }
  if (!(lockTimeoutMs >= 0 && lockTimeoutMs <= 600_000)) {
    throw invalidOption("domain lockTimeout", "0 to 600000 ms", String(lockTimeoutMs));
  }
  const permissions =
    options.permissions === undefined || options.permissions === "private"
      ? PRIVATE_PERMISSIONS
      : groupPermissions(options.permissions.groupId);
  const path = `${root.replace(/\/+$/, "")}/${name}`;
  return { root, path, permissions, lockTimeoutMs };
}

/**
 * Resolves a domain and makes its directories. Throws what resolving does, FLOE_ROOT_UNUSABLE or
 * FLOE_OUT_OF_MEMORY.
 */
export function enterDomain(options: DomainOptions = {}): Domain {
  const { root, path, permissions, lockTimeoutMs } = resolveDomain(options);
  for (const directory of [root, path]) makeUsableDirectory(directory, permissions);
  return { path, permissions, lockTimeoutMs };
}

function makeUsableDirectory(path: string, permissions: Permissions): void {
  try {
    makeDirectoryIfAbsent(path, permissions.directoryMode, permissions.groupId);
  } catch (cause) {
    if (FloeError.is(cause) && cause.code === "FLOE_OUT_OF_MEMORY") throw cause;
    throw unusableRoot(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const status = statPathIfPresent(path);
  if (status?.isDirectory !== true) throw unusableRoot(path, "something that is not one");
  const userId = process.getuid?.() ?? status.userId;
  const isTrusted = status.userId === userId || status.userId === 0;
  if (!isTrusted && permissions.groupId === undefined) {
    // Whoever owns the directory could plant services in it.
    throw unusableRoot(path, `one that belongs to user ${status.userId}`);
  }
}

function unusableRoot(path: string, found: string, cause?: unknown): FloeError {
  return new FloeError("FLOE_ROOT_UNUSABLE", {
    subject: path,
    wanted: "a directory that this user may make and write",
    found,
    remedy: "Set FLOE_ROOT or the option domain.root to a writable directory in memory.",
    cause,
  });
}

/** Makes the error for an option outside its range. */
export function invalidOption(subject: string, wanted: string, found: string): FloeError {
  return new FloeError("FLOE_OPTION_INVALID", {
    subject,
    wanted,
    found,
    remedy: "Correct the option.",
  });
}
