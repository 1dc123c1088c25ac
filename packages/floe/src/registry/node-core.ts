/**
 * Node core: a participant of a domain, alive for as long as anything of it is in use.
 *
 * A node is a directory with two files: `alive`, on which it holds a lock that the kernel drops
 * when the process ends, and `node.json`, which says in words who it is. Handles, services and
 * ports share the core by counting; the last one to let go removes the directory. That is why
 * everything may be closed in any order.
 */

import { type Id, randomId } from "../memory/id.ts";
import {
  closeFile,
  createFile,
  makeDirectoryIfAbsent,
  removeDirectoryIfPresent,
  removeFileIfPresent,
  renamePath,
  writeWholeFile,
} from "../os/files.ts";
import { tryLockOfd } from "../os/system-calls.ts";
import type { Domain } from "./domain.ts";

/** A node as its ports and services see it. */
export class NodeCore {
  readonly id: Id = randomId();
  readonly name: string;
  readonly domain: Domain;
  readonly directory: string;
  readonly #aliveFd: number;
  #uses = 1;

  /** Makes the node's directory. Throws FLOE_OUT_OF_MEMORY or FLOE_PERMISSION. */
  constructor(name: string, domain: Domain) {
    this.name = name;
    this.domain = domain;
    this.directory = `${domain.path}/node.${this.id}`;
    const { fileMode, directoryMode, groupId } = domain.permissions;
    const unfinished = `${domain.path}/.node.${this.id}`;
    makeDirectoryIfAbsent(unfinished, directoryMode, groupId);
    let fd: number | undefined;
    try {
      fd = createFile(`${unfinished}/alive`, fileMode, groupId);
      if (!tryLockOfd(fd, unfinished)) throw new Error(`${unfinished}/alive is locked already`);
      const details = { id: this.id, name, executable: process.argv0, pid: process.pid };
      const text = `${JSON.stringify(details, null, 2)}\n`;
      writeWholeFile(`${unfinished}/node.json`, text, fileMode, groupId);
      renamePath(unfinished, this.directory);
      this.#aliveFd = fd;
    } catch (error) {
      if (fd !== undefined) closeFile(fd);
      removeNodeDirectory(unfinished);
      throw error;
    }
  }

  /** Counts one more user. */
  retain(): this {
    this.#uses += 1;
    return this;
  }

  /** Counts one user less; the last one removes the node. */
  release(): void {
    this.#uses -= 1;
    if (this.#uses > 0) return;
    removeNodeDirectory(this.directory);
    closeFile(this.#aliveFd);
  }
}

function removeNodeDirectory(directory: string): void {
  for (const file of ["node.json", "alive"]) removeFileIfPresent(`${directory}/${file}`);
  removeDirectoryIfPresent(directory);
}
