/**
 * Participant: who works on the services of a domain.
 *
 * Mostly that is a node. Cleaning up after the dead takes none: it needs an id of its own, by which
 * others would know what it left half done, a domain, and a way to wake who sleeps.
 */

import type { Id } from "../memory/id.ts";
import type { Domain } from "./domain.ts";
import type { PeerBells } from "./peer-bells.ts";

/** Who works on the services of a domain. */
export interface Participant {
  readonly id: Id;
  readonly domain: Domain;
  /** By which it wakes the ports of others. */
  readonly peerBells: PeerBells;
}
