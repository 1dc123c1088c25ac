/**
 * Peers: the nodes of a domain, as one of them sees the others.
 *
 * The list is what the domain's directory says in this moment. The events need no polling: the
 * directory tells who comes, and the kernel tells who ends, within a few milliseconds however that
 * happened. A node that is closed has *left*; one whose process ended otherwise has *died*, also if
 * the process ended by itself and only did not close its node.
 */

import { EventEmitter } from "node:events";
import { FloeError } from "./errors.ts";
import type { Id } from "./memory/id.ts";
import type { NodeCore } from "./registry/node-core.ts";
import { listNodes, type NodeDetails } from "./registry/node-details.ts";
import { NodeWatch } from "./registry/node-watch.ts";

/** A node, as others see it. */
export interface PeerDetails extends NodeDetails {
  /** Whether it is the node that was asked. */
  readonly isSelf: boolean;
}

/** What {@link Peers} emits. */
export interface PeerEvents {
  /** A node has come to the domain. */
  joined: [peer: PeerDetails];
  /** A node was closed. */
  left: [peer: PeerDetails];
  /** A node ended without having been closed. */
  died: [peer: PeerDetails];
  /** The own node was closed: nothing more is told. */
  close: [];
}

const WATCHED_EVENTS: readonly (string | symbol)[] = ["joined", "left", "died"];

/**
 * The other nodes of a domain. It watches them as long as there is a listener for "joined", "left"
 * or "died", and until the node is closed. Of who came before the first listener, "joined" is not
 * told; they are in the list. A listener keeps the process alive only after {@link ref}.
 */
export class Peers extends EventEmitter<PeerEvents> {
  readonly #node: NodeCore;
  readonly #watch: NodeWatch;
  #isClosed = false;

  /** @internal Nodes make it. */
  constructor(node: NodeCore) {
    super();
    this.#node = node;
    this.#watch = new NodeWatch({
      domainPath: node.domain.path,
      ownId: node.id,
      lives: node.peerLives,
      onChange: (change, details) => this.emit(change, { ...details, isSelf: false }),
    });
    this.#followListeners();
  }

  /**
   * All nodes of the domain in this moment, the own one among them, in no particular order. Throws
   * FLOE_CLOSED when the node was closed, FLOE_PERMISSION, and FLOE_TOO_MANY_FILES.
   */
  list(): PeerDetails[] {
    if (this.#isClosed) throw closedPeers(this.#node.name);
    return listPeers(this.#node.domain.path, this.#node.id);
  }

  /** Makes listeners keep the process alive. */
  ref(): this {
    this.#watch.ref();
    return this;
  }

  /** Lets the process end although somebody listens, as at first. */
  unref(): this {
    this.#watch.unref();
    return this;
  }

  /** @internal The node begins to close: nothing more is told. */
  end(): void {
    this.#isClosed = true;
    this.#watch.end();
  }

  /** @internal The node is closed. A listener may throw. */
  tellClosed(): void {
    this.emit("close");
  }

  override removeAllListeners(name?: keyof PeerEvents): this {
    if (name === undefined) super.removeAllListeners();
    else super.removeAllListeners(name);
    // Of all listeners, those that make it watch must stay.
    this.#followListeners();
    return this;
  }

  /** Watches as long as somebody listens. */
  #followListeners(): void {
    super.off("newListener", this.#onAdding).on("newListener", this.#onAdding);
    super.off("removeListener", this.#onRemoved).on("removeListener", this.#onRemoved);
  }

  readonly #onAdding = (name: string | symbol): void => {
    if (WATCHED_EVENTS.includes(name) && !this.#isClosed) this.#watch.begin();
  };

  readonly #onRemoved = (): void => {
    if (WATCHED_EVENTS.every((name) => this.listenerCount(name) === 0)) this.#watch.end();
  };
}

/** The nodes of a domain, as one of them sees them, or as nobody does. */
export function listPeers(domainPath: string, ownId?: Id): PeerDetails[] {
  return listNodes(domainPath).map((details) => ({ ...details, isSelf: details.id === ownId }));
}

function closedPeers(name: string): FloeError {
  return new FloeError("FLOE_CLOSED", {
    subject: `node "${name}"`,
    wanted: "to list its peers",
    found: "that it was closed before",
    remedy: "Make a new node, or use Node.list.",
  });
}
