/**
 * Node core: a participant of a domain, alive for as long as anything of it is in use.
 *
 * A node is a directory: `alive`, on which it holds a lock that the kernel drops when the process
 * ends; `life`, a FIFO by whose end others learn of that at once; `node.json`, which says in words
 * who it is; and `bell`, a FIFO by which its sleeping ports are woken, made when the first one
 * sleeps. Handles, services and ports share the core by counting; the last one to let go removes
 * the directory. That is why everything may be closed in any order.
 */

import { type Id, randomId } from "../memory/id.ts";
import { makeFifo, markFifo, openFifoForOwner } from "../os/fifos.ts";
import {
  closeFile,
  createFile,
  listDirectoryIfPresent,
  makeDirectoryIfAbsent,
  removeDirectoryIfPresent,
  removeFileIfPresent,
  renamePath,
  renamePathIfPresent,
  writeWholeFile,
} from "../os/files.ts";
import { tryLockOfd } from "../os/system-calls.ts";
import type { Domain } from "./domain.ts";
import { NodeBell } from "./node-bell.ts";
import { ALIVE_FILE, BELL_FILE, DETAILS_FILE, LIFE_FILE, nodeDirectory } from "./node-files.ts";
import { PeerBells } from "./peer-bells.ts";
import { PeerLives } from "./peer-lives.ts";

/** A node as its ports and services see it. */
export class NodeCore {
  readonly id: Id = randomId();
  readonly name: string;
  readonly domain: Domain;
  readonly directory: string;
  /** By which this node's ports are woken. */
  readonly bell: NodeBell;
  /** By which this node's ports wake others. */
  readonly peerBells: PeerBells;
  /** By which this node's ports learn that others have ended. */
  readonly peerLives: PeerLives;
  readonly #aliveFd: number;
  readonly #lifeFd: number;
  #uses = 1;

  /** Makes the node's directory. Throws FLOE_OUT_OF_MEMORY or FLOE_PERMISSION. */
  constructor(name: string, domain: Domain) {
    this.name = name;
    this.domain = domain;
    this.directory = nodeDirectory(domain.path, this.id);
    this.bell = new NodeBell(`${this.directory}/${BELL_FILE}`, domain.permissions);
    this.peerBells = new PeerBells(domain.path);
    this.peerLives = new PeerLives(this.id, domain.path);
    const { fileMode, directoryMode, groupId } = domain.permissions;
    const unfinished = `${domain.path}/.node.${this.id}`;
    makeDirectoryIfAbsent(unfinished, directoryMode, groupId);
    const opened: number[] = [];
    try {
      // Before the lock: the kernel lets go of what was opened last first, and who is told by the
      // end of `life` must not find the lock still held.
      makeFifo(`${unfinished}/${LIFE_FILE}`, fileMode, groupId);
      this.#lifeFd = openFifoForOwner(`${unfinished}/${LIFE_FILE}`);
      opened.push(this.#lifeFd);
      this.#aliveFd = createFile(`${unfinished}/${ALIVE_FILE}`, fileMode, groupId);
      opened.push(this.#aliveFd);
      if (!tryLockOfd(this.#aliveFd, unfinished)) {
        throw new Error(`${unfinished}/${ALIVE_FILE} is locked already`);
      }
      const details = { id: this.id, name, executable: process.argv0, pid: process.pid };
      const text = `${JSON.stringify(details, null, 2)}\n`;
      writeWholeFile(`${unfinished}/${DETAILS_FILE}`, text, fileMode, groupId);
      renamePath(unfinished, this.directory);
    } catch (error) {
      for (const fd of opened) closeFile(fd);
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
    this.bell.close();
    this.peerLives.close();
    // First of all: whoever sees this life end knows by the mark that it ended in order.
    markFifo(this.#lifeFd);
    // Renamed before it is emptied, so that nobody meets half of a node.
    const unfinished = `${this.domain.path}/.node.${this.id}`;
    if (renamePathIfPresent(this.directory, unfinished)) removeNodeDirectory(unfinished);
    closeFile(this.#lifeFd);
    closeFile(this.#aliveFd);
  }
}

function removeNodeDirectory(directory: string): void {
  for (const file of listDirectoryIfPresent(directory) ?? []) {
    removeFileIfPresent(`${directory}/${file}`);
  }
  removeDirectoryIfPresent(directory);
}
