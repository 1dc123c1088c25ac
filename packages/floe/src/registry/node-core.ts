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
import { type CleaningOptions, cleanDomain } from "./cleaning.ts";
import type { Domain } from "./domain.ts";
import { NodeBell } from "./node-bell.ts";
import { BELL_FILE, nodeDirectory } from "./node-files.ts";
import { NodePresence } from "./node-presence.ts";
import type { Participant } from "./participant.ts";
import { PeerBells } from "./peer-bells.ts";
import { PeerLives } from "./peer-lives.ts";

/** What a node cleans in passing: only if somebody has died, and without waiting for anybody. */
const BRIEFLY: CleaningOptions = { mayWait: false, isThorough: false };

/** A node as its ports and services see it. */
export class NodeCore implements Participant {
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
  readonly #presence: NodePresence;
  #uses = 1;

  /** Makes the node's directory. Throws FLOE_OUT_OF_MEMORY or FLOE_PERMISSION. */
  constructor(name: string, domain: Domain) {
    this.name = name;
    this.domain = domain;
    this.directory = nodeDirectory(domain.path, this.id);
    this.bell = new NodeBell(`${this.directory}/${BELL_FILE}`, domain.permissions);
    this.peerBells = new PeerBells(domain.path);
    this.peerLives = new PeerLives(this.id, domain.path);
    this.#presence = new NodePresence(domain, this.id, name);
    // With the presence: whoever cleans at the same time leaves alone what this node works on.
    cleanDomain(domain, BRIEFLY);
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
    this.peerBells.close();
    // Perhaps the last that lives: nothing of those who died before shall stay.
    cleanDomain(this.domain, BRIEFLY);
    this.#presence.end();
  }

  /** Throws FLOE_SERVICE_CORRUPT when somebody has removed the node's directory. */
  checkPresent(): void {
    this.#presence.check();
  }
}
