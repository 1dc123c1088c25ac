/**
 * Control lock: one process at a time changes a service.
 *
 * The lock is taken on the service's directory itself, so it needs no file, and the kernel drops it
 * when its holder ends in whatever way. Waiting is bounded and the error names the holder. The data
 * path never takes it: a stopped holder delays a join, never a message.
 */

import { FloeError } from "../errors.ts";
import {
  closeFile,
  openDirectoryIfPresent,
  readTextFileIfPresent,
  statFile,
  statPathIfPresent,
} from "../os/files.ts";
import { tryFlock } from "../os/system-calls.ts";
import { pauseMs } from "../sync/pause.ts";

const PAUSE_MS_MAX = 8;
const PROC_LOCKS_BYTES_MAX = 1 << 20;

/** What {@link withControlLock} returns when there is no such directory. */
export const VANISHED: unique symbol = Symbol("floe.vanished");

/**
 * Runs `change` while holding the lock of a directory. Returns {@link VANISHED} when the directory
 * is gone, or was replaced while waiting. Throws FLOE_LOCK_TIMEOUT after `timeoutMs`.
 */
export function withControlLock<T>(
  directory: string,
  timeoutMs: number,
  change: () => T,
): T | typeof VANISHED {
  const fd = openDirectoryIfPresent(directory);
  if (fd === undefined) return VANISHED;
  try {
    lockWithin(fd, directory, timeoutMs);
    return isStill(fd, directory) ? change() : VANISHED;
  } finally {
    // Closing the only descriptor drops the lock.
    closeFile(fd);
  }
}

/** The same, but gives up at once: returns undefined when another process holds the lock. */
export function tryWithControlLock<T>(
  directory: string,
  change: () => T,
): T | typeof VANISHED | undefined {
  const fd = openDirectoryIfPresent(directory);
  if (fd === undefined) return VANISHED;
  try {
    if (!tryFlock(fd, directory)) return undefined;
    return isStill(fd, directory) ? change() : VANISHED;
  } finally {
    closeFile(fd);
  }
}

/** Whether the path still leads to the directory that is open, and not to a successor. */
function isStill(fd: number, directory: string): boolean {
  const opened = statFile(fd);
  const present = statPathIfPresent(directory);
  return present?.inode === opened.inode && present.device === opened.device;
}

function lockWithin(fd: number, directory: string, timeoutMs: number): void {
  const deadlineMs = performance.now() + timeoutMs;
  for (let pauseMsNow = 0.125; !tryFlock(fd, directory); ) {
    if (performance.now() >= deadlineMs) throw lockTimeout(fd, directory, timeoutMs);
    pauseMs(pauseMsNow);
    pauseMsNow = Math.min(pauseMsNow * 2, PAUSE_MS_MAX);
  }
}

function lockTimeout(fd: number, directory: string, timeoutMs: number): FloeError {
  return new FloeError("FLOE_LOCK_TIMEOUT", {
    subject: directory,
    wanted: `its control lock within ${timeoutMs} ms`,
    found: `it held by ${lockHolder(fd)}`,
    remedy: "See whether that process is stopped or stuck; the lock ends with it.",
  });
}

/** Who holds the lock, as the kernel tells: process ids are those of our own namespace. */
function lockHolder(fd: number): string {
  const { inode } = statFile(fd);
  const table = lockTable();
  for (const line of table.split("\n")) {
    const [, kind, , , pid, file] = line.replace("-> ", "").trim().split(/\s+/);
    if (kind === "FLOCK" && file?.endsWith(`:${inode}`) && pid !== undefined && pid !== "0") {
      return `process ${pid}`;
    }
  }
  return "a process that this one cannot see";
}

/** The kernel's table of locks; empty when it cannot be read, for it is only for messages. */
function lockTable(): string {
  try {
    return readTextFileIfPresent("/proc/locks", PROC_LOCKS_BYTES_MAX) ?? "";
  } catch (error) {
    if (FloeError.is(error)) return "";
    throw error;
  }
}
