/**
 * FIFOs: named pipes, by which one process wakes the event loop of another.
 *
 * The owner makes the FIFO and opens it for both directions, so that it never reads as ended and
 * bytes wait for it; others open it for writing only while somebody reads. Nothing here blocks: an
 * empty FIFO, a full one, and one whose other end is gone, are values. A path that leads to
 * anything but a FIFO, a link among them, is an error, and what was opened is closed unread.
 *
 * Writing where nobody reads would kill a process by SIGPIPE. Node ignores that signal in all its
 * threads; a program that adds a listener for SIGPIPE and removes it again has undone that.
 */
import * as fs from "node:fs";
import { crashPoint } from "#crash-points";
import type { FloeError } from "../errors.ts";
import { attempt, attemptChange, unless, untilUninterrupted } from "./attempts.ts";
import { removeFileIfPresent } from "./files.ts";
import { loadShim, type Shim } from "./shim.ts";
import { describeDescriptor, ERRNO, kindAt, systemError, wrongKind } from "./system-error.ts";

/** What became of bytes that were written: nobody reads the FIFO when they are "gone". */
export type WriteOutcome = "written" | "full" | "gone";

/** The kernel writes up to this many bytes (PIPE_BUF) entirely or not at all. */
export const FIFO_WRITE_BYTES_MAX = 4096;

const { O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, S_IFIFO } = fs.constants;
const PRIVATE_MODE = 0o600;
const MODE_BITS = 0o7777;
const MARK_MODE = 0o100;

let shim: Shim | undefined;

/** Makes a FIFO that must not exist, with exactly this mode. */
export function makeFifo(path: string, mode: number, groupId?: number): void {
  const { mknodat } = loadShim().shim;
  const wanted = "to make the FIFO";
  // The kernel would take what stands before a zero for the whole path.
  if (path.includes("\0")) throw systemError("mknodat", "EINVAL", path, { wanted });
  crashPoint(wanted);
  const result = untilUninterrupted(() => mknodat(path, S_IFIFO | PRIVATE_MODE));
  if (result !== 0) throw systemError("mknodat", result, path, { wanted });
  try {
    attemptChange(path, "to set its group and mode", () => {
      // In this order: a change of the group may remove bits of the mode.
      if (groupId !== undefined) fs.chownSync(path, -1, groupId);
      fs.chmodSync(path, mode);
    });
  } catch (error) {
    // Somebody may have removed it, which is why it failed.
    removeFileIfPresent(path);
    throw error;
  }
}

/** Opens a FIFO that must exist for both directions: from then on it has a reader and a writer. */
export function openFifoForOwner(path: string): number {
  return openFifo(path, O_RDWR, "read-write");
}

/** Opens a FIFO for writing; undefined if there is none, or if nobody has it open for reading. */
export function openFifoForWritingIfPresent(path: string): number | undefined {
  return unless(["ENOENT", "ENXIO"], undefined, () => openFifo(path, O_WRONLY, "writing"));
}

/** Opens a FIFO for reading, whether or not anybody has it open for writing; undefined if none. */
export function openFifoForReadingIfPresent(path: string): number | undefined {
  return unless(["ENOENT"], undefined, () => openFifo(path, O_RDONLY, "reading"));
}

/**
 * Marks an open FIFO, for good: everybody who has it open sees that, also after its path is gone.
 * The mark is the owner's permission to execute it, which means nothing else for a FIFO.
 */
export function markFifo(fd: number): void {
  attemptChange(fd, "to mark it", () => {
    fs.fchmodSync(fd, (fs.fstatSync(fd).mode & MODE_BITS) | MARK_MODE);
  });
}

/** Whether somebody has marked an open FIFO. */
export function isFifoMarked(fd: number): boolean {
  return attempt(fd, "its mark", () => (fs.fstatSync(fd).mode & MARK_MODE) !== 0);
}

/** Reads what is there into `bytes`: how many bytes, 0 when it is empty, -1 without a writer. */
export function readFifo(fd: number, bytes: Uint8Array): number {
  shim ??= loadShim().shim;
  crashPoint("to read a FIFO");
  for (;;) {
    const result = shim.read(fd, bytes);
    if (result > 0) return result;
    if (result === 0) return bytes.length === 0 ? 0 : -1;
    if (result === -ERRNO.EAGAIN) return 0;
    if (result === -ERRNO.EINTR) continue;
    const wanted = `up to ${bytes.length} bytes read`;
    throw systemError("read", result, describeDescriptor(fd), { wanted });
  }
}

/** Writes all of `bytes`, at most {@link FIFO_WRITE_BYTES_MAX}, or nothing. */
export function writeFifo(fd: number, bytes: Uint8Array): WriteOutcome {
  shim ??= loadShim().shim;
  if (bytes.length > FIFO_WRITE_BYTES_MAX) throw writeError(fd, bytes, "EMSGSIZE");
  crashPoint("to write into a FIFO");
  for (;;) {
    const result = shim.write(fd, bytes);
    if (result >= 0) return "written";
    if (result === -ERRNO.EAGAIN) return "full";
    if (result === -ERRNO.EPIPE) return "gone";
    if (result !== -ERRNO.EINTR) throw writeError(fd, bytes, result);
  }
}

function writeError(fd: number, bytes: Uint8Array, errno: number | string): FloeError {
  const wanted = `${bytes.length} bytes written at once, of ${FIFO_WRITE_BYTES_MAX} at most`;
  return systemError("write", errno, describeDescriptor(fd), { wanted });
}

/** Node adds O_CLOEXEC to every descriptor it opens. */
function openFifo(path: string, access: number, purpose: string): number {
  const flags = access | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY;
  let fd: number;
  try {
    fd = attempt(path, `the FIFO open for ${purpose}`, () => fs.openSync(path, flags));
  } catch (error) {
    // Of links, directories, sockets and running programs the kernel says something else first.
    const kind = kindAt(path);
    throw kind === undefined || kind === "a FIFO" ? error : wrongKind(path, "a FIFO", error);
  }
  if (fs.fstatSync(fd).isFIFO()) return fd;
  fs.closeSync(fd);
  throw wrongKind(path, "a FIFO");
}
