/**
 * Bells: waking ports of other nodes that sleep.
 */

import { PORT_ENTRY_BELL_WORD, PORT_ENTRY_GENERATION_WORD } from "../layout/port-entry.ts";
import { Bell } from "../layout/values.ts";
import type { Id } from "../memory/id.ts";
import { futexWake } from "../os/futex.ts";
import { type BellPlace, beginRing, endRing, isAsleep } from "../structures/mod.ts";
import type { OpenService } from "./open-service.ts";
import type { PeerBell } from "./peer-bells.ts";
import { activeGeneration, bellTokenIn, nodeIdIn } from "./port-table.ts";
import { type PortTable, portEntryWord } from "./service-segment.ts";

/** A sender's way to wake one port. */
export class Ringer {
  readonly bellWordIndex: number;
  readonly #place: BellPlace;
  readonly #generation: number;
  /** The node to which the port belongs. */
  readonly nodeId: Id;
  readonly #token: number;
  readonly #service: OpenService;
  readonly #peer: PeerBell;
  readonly #ringAgain: () => boolean = () => this.#tryRing();

  /** Finds out how to ring the port of a generation whose entry begins at `entryWord`. */
  constructor(service: OpenService, entryWord: number, generation: number) {
    const { words } = service.segment;
    this.bellWordIndex = entryWord + PORT_ENTRY_BELL_WORD;
    this.#place = {
      words,
      bellWordIndex: this.bellWordIndex,
      generationWordIndex: entryWord + PORT_ENTRY_GENERATION_WORD,
    };
    this.#generation = generation;
    // If the port has changed since, ringing notices by the generation.
    this.nodeId = nodeIdIn(words, entryWord);
    this.#token = bellTokenIn(words, entryWord);
    this.#service = service;
    this.#peer = service.node.peerBells.acquire(this.nodeId);
  }

  /** Wakes the port if it sleeps; if that is impossible now, as soon as it is possible. */
  ring(): void {
    if (!this.#tryRing()) this.#service.node.peerBells.ringLater(this.nodeId, this.#ringAgain);
  }

  #tryRing(): boolean {
    const { words, bellWordIndex } = this.#place;
    const ringing = beginRing(this.#place, this.#generation);
    if (ringing === 0) return true;
    if ((ringing & Bell.blocked) !== 0) futexWake(words, bellWordIndex, 1);
    else if (!this.#peer.ring(this.#token)) return false;
    endRing(this.#place, ringing);
    return true;
  }

  /** Lets go of the peer's descriptor. */
  close(): void {
    this.#service.node.peerBells.release(this.nodeId);
  }
}

/** Wakes the ports of a table that sleep: for changes that are rare and may concern all of them. */
export function ringAll(service: OpenService, table: PortTable): void {
  const { words } = service.segment;
  for (let index = 0; index < table.entryCount; index += 1) {
    const entryWord = portEntryWord(table, index);
    const generation = activeGeneration(words, entryWord);
    if (generation === 0 || !isAsleep(words, entryWord + PORT_ENTRY_BELL_WORD)) continue;
    const ringer = new Ringer(service, entryWord, generation);
    ringer.ring();
    ringer.close();
  }
}
