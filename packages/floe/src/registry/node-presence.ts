/**
 * Node presence: the directory by which a node shows the others of its domain that it lives.
 *
 * It is made under a hidden name and renamed when it is complete. Who finds a hidden one that
 * nobody has locked may rename it out of the way, although its maker may live and only be about to
 * lock it: then the maker's next step fails, and it starts again. Only one of the two renames finds
 * the directory, so what comes to light is whole. Nobody ever waits for anybody here, and a maker
 * that is stopped half way hinders nobody.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { makeFifo, markFifo, openFifoForOwner } from "../os/fifos.ts";
import {
  closeFile,
  createFile,
  makeDirectoryIfAbsent,
  removeDirectoryWithFiles,
  renamePath,
  renamePathIfPresent,
  statFile,
  statPathIfPresent,
  writeWholeFile,
} from "../os/files.ts";
import { tryLockOfd } from "../os/system-calls.ts";
import type { Domain } from "./domain.ts";
import {
  ALIVE_FILE,
  DETAILS_FILE,
  hiddenNodeDirectory,
  LIFE_FILE,
  NODE_FILES,
  nodeDirectory,
} from "./node-files.ts";

/** Thrown within this file when somebody has removed what was being made. */
const SWEPT: unique symbol = Symbol("floe.swept");

/** How often a node's directory is made again after others have removed it. */
const ATTEMPTS_MAX = 100;

/** A node's directory, with what keeps it alive. */
export class NodePresence {
  readonly #directory: string;
  readonly #hiddenDirectory: string;
  readonly #aliveFd: number;
  readonly #lifeFd: number;

  /** Makes the directory. Throws FLOE_OUT_OF_MEMORY or FLOE_PERMISSION. */
  constructor(domain: Domain, id: Id, name: string) {
    this.#directory = nodeDirectory(domain.path, id);
    this.#hiddenDirectory = hiddenNodeDirectory(domain.path, id);
    for (let attempt = 1; ; attempt += 1) {
      const made = makeDirectory(domain, id, name);
      if (made !== SWEPT) {
        this.#aliveFd = made.aliveFd;
        this.#lifeFd = made.lifeFd;
        return;
      }
      if (attempt === ATTEMPTS_MAX) throw alwaysSwept(this.#directory);
    }
  }

  /**
   * Throws FLOE_SERVICE_CORRUPT when the directory was removed: for others the node is dead then,
   * and what it enters would be cleaned up at once.
   */
  check(): void {
    const path = `${this.#directory}/${ALIVE_FILE}`;
    if (leadsTo(path, this.#aliveFd)) return;
    throw new FloeError("FLOE_SERVICE_CORRUPT", {
      subject: path,
      wanted: "the file by which others see that this node lives",
      found: "that somebody has removed it",
      remedy: "Close everything that this process has open in the domain, and make a new node.",
    });
  }

  /** Removes the directory: the node has left. */
  end(): void {
    try {
      // First of all: whoever sees this life end knows by the mark that it ended in order.
      markFifo(this.#lifeFd);
      // Out of the way before it is emptied, so that nobody meets half of a node.
      if (renamePathIfPresent(this.#directory, this.#hiddenDirectory)) {
        removeDirectoryWithFiles(this.#hiddenDirectory, NODE_FILES);
      }
    } catch (error) {
      // The node has ended all the same: what is left is what a dead one leaves.
      if (!FloeError.is(error)) throw error;
      process.emitWarning(error);
    } finally {
      closeFile(this.#lifeFd);
      closeFile(this.#aliveFd);
    }
  }
}

interface LifeSigns {
  readonly aliveFd: number;
  readonly lifeFd: number;
}

function makeDirectory(domain: Domain, id: Id, name: string): LifeSigns | typeof SWEPT {
  const { fileMode, directoryMode, groupId } = domain.permissions;
  const unfinished = hiddenNodeDirectory(domain.path, id);
  const directory = nodeDirectory(domain.path, id);
  const lifePath = `${unfinished}/${LIFE_FILE}`;
  const alivePath = `${unfinished}/${ALIVE_FILE}`;
  let isMade = false;
  const opened: number[] = [];
  try {
    makeDirectoryIfAbsent(unfinished, directoryMode, groupId);
    isMade = true;
    // Before the lock: the kernel lets go of what was opened last first, and who is told by the
    // end of `life` must not find the lock still held.
    makeFifo(lifePath, fileMode, groupId);
    const lifeFd = openFifoForOwner(lifePath);
    opened.push(lifeFd);
    const aliveFd = createFile(alivePath, fileMode, groupId);
    opened.push(aliveFd);
    if (!tryLockOfd(aliveFd, alivePath)) throw new Error(`${alivePath} is locked already`);
    const details = { id, name, executable: process.argv0, pid: process.pid };
    const text = `${JSON.stringify(details, null, 2)}\n`;
    writeWholeFile(`${unfinished}/${DETAILS_FILE}`, text, fileMode, groupId);
    renamePath(unfinished, directory);
    return { aliveFd, lifeFd };
  } catch (error) {
    const isSwept = isAbsence(error) || (isMade && statPathIfPresent(unfinished) === undefined);
    giveUp(opened, unfinished);
    if (isSwept) return SWEPT;
    throw error;
  }
}

/** Whether a call failed because what it was about was not there, half made as it was. */
function isAbsence(error: unknown): boolean {
  return error instanceof Error && (error.cause as NodeJS.ErrnoException)?.code === "ENOENT";
}

function giveUp(opened: readonly number[], unfinished: string): void {
  try {
    removeDirectoryWithFiles(unfinished, NODE_FILES);
  } finally {
    for (const fd of opened) closeFile(fd);
  }
}

/** Whether a path leads to the file that is open. */
function leadsTo(path: string, fd: number): boolean {
  const present = statPathIfPresent(path);
  const opened = statFile(fd);
  return present?.inode === opened.inode && present.device === opened.device;
}

function alwaysSwept(directory: string): FloeError {
  return new FloeError("FLOE_SYSTEM", {
    subject: directory,
    wanted: "to make it",
    found: `that another process removed what was made of it, ${ATTEMPTS_MAX} times`,
    remedy: "See what empties the domain's directory.",
  });
}
