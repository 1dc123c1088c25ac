/**
 * Files and directories: one typed function per call of `node:fs`, all of them synchronous.
 *
 * They serve the control path, which is short, rare and holds a lock, so waiting in the event loop
 * would only make it longer. Each takes absolute paths, fails with a FloeError that names the path,
 * and comes in the variant that its caller needs: where the absence of a file is an expected
 * answer, it is a value (`...IfPresent`, `...IfAbsent`, `...IfVacant`).
 *
 * Modes are exact. What the umask removes is added again, because a service that a group shares
 * must be open to the group whatever the shell of its first user says; and a file is private until
 * its group is set, so that there is no moment in which the wrong group may open it.
 */
import * as fs from "node:fs";
import { FloeError } from "../errors.ts";
import { attempt, attemptChange, unless } from "./attempts.ts";
import { kindAt, wrongKind } from "./system-error.ts";

/** What a file may be opened for. */
export type FileAccess = "read" | "read-write";

/** What is known about a file without opening it. */
export interface FileStatus {
  /** The number of the inode; with `device` the identity of the file. */
  readonly inode: bigint;
  /** The device of the file system. */
  readonly device: bigint;
  readonly sizeBytes: number;
  /** The user that owns it. */
  readonly userId: number;
  /** The permission bits, as in 0o660. */
  readonly mode: number;
  readonly isDirectory: boolean;
  /** Whether it is a regular file. */
  readonly isFile: boolean;
}

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants;
const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;
const PERMISSION_BITS = 0o7777n;

/**
 * Opens a file that must exist. What is no regular file, a link among them, is an error: opening it
 * never blocks, as that of a FIFO would.
 */
export function openFile(path: string, access: FileAccess): number {
  let fd: number;
  try {
    fd = attempt(path, `to open it for ${access}`, () => fs.openSync(path, openFlags(access)));
  } catch (error) {
    // Of directories, links and sockets the kernel says something else first.
    const kind = kindAt(path);
    const isForeign = kind !== undefined && kind !== "a regular file";
    throw isForeign ? wrongKind(path, "a regular file", error) : error;
  }
  if (fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  throw wrongKind(path, "a regular file");
}

/** Opens a file; undefined if there is none. */
export function openFileIfPresent(path: string, access: FileAccess): number | undefined {
  return unless(["ENOENT"], undefined, () => openFile(path, access));
}

/** Opens a directory that must exist, for locking it. A link to one will do. */
export function openDirectory(path: string): number {
  const flags = O_RDONLY | O_DIRECTORY;
  try {
    return attempt(path, "to open the directory", () => fs.openSync(path, flags));
  } catch (error) {
    const kind = kindAt(path);
    const isForeign = kind !== undefined && kind !== "a directory" && !isLinkToDirectory(path);
    throw isForeign ? wrongKind(path, "a directory", error) : error;
  }
}

function isLinkToDirectory(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Opens a directory; undefined if there is none. */
export function openDirectoryIfPresent(path: string): number | undefined {
  return unless(["ENOENT"], undefined, () => openDirectory(path));
}

/** Creates a file that must not exist, with exactly this mode, and opens it for read-write. */
export function createFile(path: string, mode: number, groupId?: number): number {
  const fd = attemptChange(path, "to create the file", () =>
    fs.openSync(path, "wx+", PRIVATE_FILE_MODE),
  );
  try {
    attemptChange(path, "to set its group and mode", () => {
      // In this order: a change of the group may remove bits of the mode.
      if (groupId !== undefined) fs.fchownSync(fd, -1, groupId);
      fs.fchmodSync(fd, mode);
    });
  } catch (error) {
    fs.closeSync(fd);
    // Somebody may have removed it, which is why it failed.
    removeFileIfPresent(path);
    throw error;
  }
  return fd;
}

/** Makes a directory that must not exist, with exactly this mode. */
export function makeDirectory(path: string, mode: number, groupId?: number): void {
  attemptChange(path, "to make the directory", () => fs.mkdirSync(path, PRIVATE_DIRECTORY_MODE));
  try {
    attemptChange(path, "to set its group and mode", () => {
      if (groupId !== undefined) fs.chownSync(path, -1, groupId);
      fs.chmodSync(path, mode);
    });
  } catch (error) {
    removeDirectoryIfPresent(path);
    throw error;
  }
}

/** Makes a directory unless something of the name exists; tells whether it did. */
export function makeDirectoryIfAbsent(path: string, mode: number, groupId?: number): boolean {
  return unless(["EEXIST"], false, () => {
    makeDirectory(path, mode, groupId);
    return true;
  });
}

/** Renames a file or directory, replacing what is in the way if the kernel permits it. */
export function renamePath(from: string, to: string): void {
  attemptChange(from, `to rename it to ${to}`, () => fs.renameSync(from, to));
}

/** Renames a file or directory; false if there is none. */
export function renamePathIfPresent(from: string, to: string): boolean {
  return unless(["ENOENT"], false, () => {
    renamePath(from, to);
    return true;
  });
}

/** Renames a directory; false if a directory that is not empty has the name already. */
export function renameDirectoryIfVacant(from: string, to: string): boolean {
  return unless(["EEXIST", "ENOTEMPTY"], false, () => {
    renamePath(from, to);
    return true;
  });
}

/** Removes a file; false if there is none. */
export function removeFileIfPresent(path: string): boolean {
  return unless(["ENOENT"], false, () => {
    attemptChange(path, "to remove the file", () => fs.unlinkSync(path));
    return true;
  });
}

/** Removes an empty directory; false if there is none. */
export function removeDirectoryIfPresent(path: string): boolean {
  return unless(["ENOENT"], false, () => {
    attemptChange(path, "to remove the directory", () => fs.rmdirSync(path));
    return true;
  });
}

/**
 * Removes a directory and the files in it; what is gone already is no mistake, so two may do it at
 * once. Returns false when it is still there, because somebody is putting files into it.
 */
export function removeDirectoryWithFiles(path: string, usual: readonly string[] = []): boolean {
  for (const name of usual) removeFileIfPresent(`${path}/${name}`);
  // Listing takes a descriptor, and there may be none left.
  if (usual.length > 0 && removeDirectoryIfVacant(path)) return true;
  for (const name of listDirectoryIfPresent(path) ?? []) removeFileIfPresent(`${path}/${name}`);
  return removeDirectoryIfVacant(path);
}

/** Whether there is no such directory any more; false if there is something in it. */
function removeDirectoryIfVacant(path: string): boolean {
  return unless(["EEXIST", "ENOTEMPTY"], false, () => {
    removeDirectoryIfPresent(path);
    return true;
  });
}

/** The names of what is in a directory that must exist, in no particular order. */
export function listDirectory(path: string): string[] {
  return attempt(path, "to list the directory", () => fs.readdirSync(path));
}

/** The names of what is in a directory; undefined if there is none. */
export function listDirectoryIfPresent(path: string): string[] | undefined {
  return unless(["ENOENT"], undefined, () => listDirectory(path));
}

/** What is known about a path, which may be a link; undefined if there is nothing. */
export function statPathIfPresent(path: string): FileStatus | undefined {
  return unless(["ENOENT"], undefined, () =>
    toStatus(attempt(path, "its status", () => fs.statSync(path, { bigint: true }))),
  );
}

/**
 * What is known about a path itself, which is not followed if it is a link; undefined if there is
 * nothing. Asked before opening what should be a file: a FIFO in its place would block.
 */
export function statEntryIfPresent(path: string): FileStatus | undefined {
  return unless(["ENOENT"], undefined, () =>
    toStatus(attempt(path, "its status", () => fs.lstatSync(path, { bigint: true }))),
  );
}

/** What is known about an open file. */
export function statFile(fd: number): FileStatus {
  return toStatus(attempt(fd, "its status", () => fs.fstatSync(fd, { bigint: true })));
}

/** Sets the size of an open file; what is added reads as zeroes and has no memory yet. */
export function resizeFile(fd: number, sizeBytes: number): void {
  attemptChange(fd, `a size of ${sizeBytes} bytes`, () => fs.ftruncateSync(fd, sizeBytes));
}

/**
 * Reads a whole file as UTF-8; undefined if there is none. A file of more than `limitBytes` is an
 * error, because whoever may write it could otherwise make its readers run out of memory.
 */
export function readTextFileIfPresent(path: string, limitBytes: number): string | undefined {
  const fd = openFileIfPresent(path, "read");
  if (fd === undefined) return undefined;
  try {
    const wanted = `a file of at most ${limitBytes} bytes`;
    const bytes = Buffer.allocUnsafe(limitBytes + 1);
    let lengthBytes = 0;
    for (;;) {
      const readBytes = attempt(path, wanted, () =>
        fs.readSync(fd, bytes, lengthBytes, bytes.length - lengthBytes, lengthBytes),
      );
      lengthBytes += readBytes;
      if (lengthBytes > limitBytes) throw tooLarge(fd, path, wanted);
      if (readBytes === 0) return bytes.toString("utf8", 0, lengthBytes);
    }
  } finally {
    fs.closeSync(fd);
  }
}

function tooLarge(fd: number, path: string, wanted: string): FloeError {
  const { size } = fs.fstatSync(fd);
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: path,
    wanted,
    found: size > 0 ? `${size} bytes` : "more",
    remedy: "The file is not floe's; stop the service's processes and remove it.",
  });
}

/**
 * Creates a file that must not exist, with exactly this mode and text. To replace a file, write
 * another and rename it, so that no reader ever sees half of it.
 */
export function writeWholeFile(path: string, text: string, mode: number, groupId?: number): void {
  const fd = createFile(path, mode, groupId);
  try {
    const bytes = Buffer.from(text, "utf8");
    attemptChange(path, `${bytes.length} bytes written`, () => fs.writeFileSync(fd, bytes));
  } catch (error) {
    removeFileIfPresent(path);
    throw error;
  } finally {
    fs.closeSync(fd);
  }
}

/** Closes a descriptor. */
export function closeFile(fd: number): void {
  attemptChange(fd, "to close it", () => fs.closeSync(fd));
}

function openFlags(access: FileAccess): number {
  return (access === "read" ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
}

function toStatus(stats: fs.BigIntStats): FileStatus {
  return {
    inode: stats.ino,
    device: stats.dev,
    sizeBytes: Number(stats.size),
    userId: Number(stats.uid),
    mode: Number(stats.mode & PERMISSION_BITS),
    isDirectory: stats.isDirectory(),
    isFile: stats.isFile(),
  };
}
