/**
 * From errno to an error that a person can act on.
 *
 * The kernel says "28". This file says which thing failed, what was wanted of it, what the kernel
 * answered and what helps; and it maps the few answers that programs tell apart to codes of their
 * own. Everything in `os/` fails through here, so the wording exists once.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { type ErrorCode, FloeError } from "../errors.ts";

/** What else is known about a failed system call. */
export interface SystemErrorContext {
  /** What the call was to do, in words, with the bytes if there are any. */
  readonly wanted?: string;
  /** The error that Node threw, if it was Node's call. */
  readonly cause?: unknown;
  /** What helps here, by the errno's name, where it is not what helps in general. */
  readonly remedies?: Readonly<Record<string, string>>;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly remedy: string;
}

const NO_ROOM: Meaning = {
  code: "FLOE_OUT_OF_MEMORY",
  remedy:
    "Enlarge the tmpfs (`mount -o remount,size=...`, docker --shm-size), " +
    "or set FLOE_ROOT to a directory on a larger file system.",
};

const NO_PERMISSION: Meaning = {
  code: "FLOE_PERMISSION",
  remedy:
    "Run as the user or group that owns it, change its owner or mode, " +
    "or set FLOE_ROOT to a directory that this user may write to.",
};

const TOO_MANY_FILES: Meaning = {
  code: "FLOE_TOO_MANY_FILES",
  remedy: "Raise the limit of open files (`ulimit -n`, LimitNOFILE=), or close what is not used.",
};

/** Where an absence is expected it is a value; where it is an error, somebody removed things. */
const REMOVED: Meaning = {
  code: "FLOE_SERVICE_CORRUPT",
  remedy:
    "Somebody has removed it, or a directory above it, while in use: " +
    "close everything that this process has open in the domain, and open it anew.",
};

const NOT_SUPPORTED: Meaning = {
  code: "FLOE_SYSTEM",
  remedy:
    "Set FLOE_ROOT to a directory on a tmpfs such as /dev/shm; " +
    "if it is one already, the kernel or a sandbox forbids the call.",
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: NO_ROOM,
  EDQUOT: { ...NO_ROOM, remedy: `Raise the user's quota. ${NO_ROOM.remedy}` },
  ENOMEM: {
    code: "FLOE_OUT_OF_MEMORY",
    remedy:
      "Raise the memory limit of the container or process (cgroup, `ulimit -v`), " +
      "or vm.max_map_count if very many files are mapped.",
  },
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: {
    ...NO_PERMISSION,
    remedy: "Set FLOE_ROOT to a directory that is not mounted read-only.",
  },
  ERR_ACCESS_DENIED: {
    code: "FLOE_PERMISSION",
    remedy:
      "Node's permission model forbids it: allow the root of the domain with " +
      "--allow-fs-read=... and --allow-fs-write=...",
  },
  ENOENT: REMOVED,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOSYS: NOT_SUPPORTED,
  // Two names of one number.
  EOPNOTSUPP: NOT_SUPPORTED,
  ENOTSUP: NOT_SUPPORTED,
  ENODEV: NOT_SUPPORTED,
};

const OTHER: Meaning = {
  code: "FLOE_SYSTEM",
  remedy: "See the manual page of the system call for what this answer means.",
};

/** The errno numbers that are answers rather than failures, by name. */
export const ERRNO: {
  readonly EINTR: number;
  readonly EAGAIN: number;
  readonly EPIPE: number;
  readonly ETIMEDOUT: number;
} = {
  EINTR: constants.errno.EINTR,
  EAGAIN: constants.errno.EAGAIN,
  EPIPE: constants.errno.EPIPE,
  ETIMEDOUT: constants.errno.ETIMEDOUT,
};

/**
 * The error for a system call that failed.
 *
 * `errno` is the kernel's number (either sign) or Node's code, as in "ENOSPC"; `subject` is the
 * path or thing that the call was about.
 */
export function systemError(
  syscall: string,
  errno: number | string,
  subject: string,
  context: SystemErrorContext = {},
): FloeError {
  const [name, text] = describeErrno(errno);
  const special = context.remedies?.[name];
  const { code, remedy } =
    special === undefined ? (MEANINGS[name] ?? OTHER) : { ...OTHER, remedy: special };
  return new FloeError(code, {
    subject,
    wanted: context.wanted ?? `${syscall} to succeed`,
    found: text === undefined ? `${name} from ${syscall}` : `${name} (${text}) from ${syscall}`,
    remedy,
    cause: context.cause,
  });
}

/** Whether something failed only because the process or the system has too much in use. */
export function isPassing(error: unknown): boolean {
  if (!FloeError.is(error)) return false;
  return error.code === "FLOE_TOO_MANY_FILES" || error.code === "FLOE_OUT_OF_MEMORY";
}

function describeErrno(errno: number | string): [name: string, text: string | undefined] {
  // libuv knows the texts, but not all the numbers (EDQUOT is missing).
  const numbers: Readonly<Record<string, number>> = constants.errno;
  const number = typeof errno === "number" ? Math.abs(errno) : numbers[errno];
  if (number === undefined) return [String(errno), undefined];
  const text = getSystemErrorMap().get(-number)?.[1];
  if (typeof errno === "string") return [errno, text];
  const name = Object.keys(numbers).find((candidate) => numbers[candidate] === number);
  return [name ?? `errno ${number}`, text];
}

/** What a path may have to lead to, with how that is told. */
const KINDS = {
  "a regular file": (stats: Stats) => stats.isFile(),
  "a directory": (stats: Stats) => stats.isDirectory(),
  "a FIFO": (stats: Stats) => stats.isFIFO(),
  "a symbolic link": (stats: Stats) => stats.isSymbolicLink(),
  "a socket": (stats: Stats) => stats.isSocket(),
} as const;

/** What a path may have to lead to. */
export type FileKind = "a regular file" | "a directory" | "a FIFO";

/** What lies at a path itself, in words; undefined when that cannot be told. */
export function kindAt(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return Object.entries(KINDS).find(([, isOfKind]) => isOfKind(stats))?.[0] ?? "a device";
  } catch {
    // A folder on the way may not be entered, which is what the caller is about to say.
    return undefined;
  }
}

/** The error for a path of floe's that leads to something of another kind than it must. */
export function wrongKind(path: string, wanted: FileKind, cause?: unknown): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: path,
    wanted,
    found: kindAt(path) ?? "something else of that name",
    remedy: "Remove it when no process uses it any more, and find out who put it there.",
    cause,
  });
}

/**
 * Names a descriptor for people: the path it was opened by if the kernel still knows, else "fd 7".
 * It reads `/proc`, so it is for messages only.
 */
export function describeDescriptor(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return `file descriptor ${fd}`;
  }
}
