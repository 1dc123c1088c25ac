/**
 * Known senders: who sends to a port, for waits that end when nobody does any more.
 *
 * That a sender has gone stands in the service's tables; how it went often does not, because who
 * cleans up after it frees its entry. So the lives of the senders' nodes are held open as long as
 * somebody waits in this way, and tell it whoever has removed what. What has been seen of ends is
 * remembered, because the last one to go is named to those who wait in vain.
 */

import { type ErrorPeer, FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { isPassing } from "../os/system-error.ts";
import { livenessOf } from "../registry/liveness.ts";
import type { NodeCore } from "../registry/node-core.ts";
import { describeNode } from "../registry/node-details.ts";
import type { NodeEnding } from "../registry/peer-lives.ts";
import { PeerWatch } from "../registry/peer-watch.ts";
import { isNewer, type PortDetails } from "../registry/port-table.ts";
import type { WaitDescription } from "../wait/wait-errors.ts";

interface Sender {
  readonly details: PortDetails;
  readonly peer: ErrorPeer;
}

interface Gone extends Sender {
  readonly ending: NodeEnding;
}

/** The senders of one port. */
export class KnownSenders {
  readonly #node: NodeCore;
  readonly #lives: PeerWatch;
  /** How nodes of known senders have ended. */
  readonly #nodeEndings: Map<Id, NodeEnding> = new Map();
  #present: Map<Id, Sender> = new Map();
  #seenVersion: number | undefined;
  /** The one that went last, as far as it was seen. */
  #last: Gone | undefined;

  constructor(node: NodeCore) {
    this.#node = node;
    this.#lives = new PeerWatch(node.peerLives, (nodeId, ending) => {
      this.#nodeEndings.set(nodeId, ending);
    });
  }

  /**
   * Whether somebody sends. `list` is called when `version` has changed, which was read before, and
   * returns who does.
   */
  isAnyPresent(version: number, list: () => readonly PortDetails[]): boolean {
    if (version === this.#seenVersion) return this.#present.size > 0;
    this.#seenVersion = version;
    const present: Map<Id, Sender> = new Map();
    for (const details of list()) {
      const { id } = details;
      present.set(id, this.#present.get(id) ?? { details, peer: this.#describe(details) });
    }
    this.#noteMissing(present);
    this.#present = present;
    const nodeIds = new Set(Array.from(present.values(), ({ details }) => details.nodeId));
    for (const nodeId of this.#nodeEndings.keys()) {
      if (!nodeIds.has(nodeId)) this.#nodeEndings.delete(nodeId);
    }
    this.#lives.set(nodeIds);
    return present.size > 0;
  }

  /** Remembers the end of one of those who are not there any more: of who died, if anybody has. */
  #noteMissing(present: ReadonlyMap<Id, Sender>): void {
    let hasDied = false;
    for (const [id, sender] of this.#present) {
      if (present.has(id) || hasDied) continue;
      const ending = this.#endingOf(sender.details);
      hasDied = ending === "died";
      this.#last = { ...sender, ending };
    }
  }

  /** It has been found out otherwise how a sender went. */
  noteGone(details: PortDetails, ending: NodeEnding): void {
    const known = this.#present.get(details.id);
    this.#present.delete(details.id);
    // Who has left need not be described well enough to be looked for.
    const peer =
      known?.peer ?? (ending === "died" ? this.#describe(details) : brieflyDescribed(details));
    this.#last = { details, peer, ending };
  }

  #describe(details: PortDetails): ErrorPeer {
    const node = ifPossible(() => describeNode(this.#node.domain.path, details.nodeId));
    const process = node?.processId === undefined ? {} : { processId: node.processId };
    return { ...brieflyDescribed(details), nodeName: node?.name ?? "", ...process };
  }

  #endingOf({ nodeId }: PortDetails): NodeEnding {
    const known = this.#nodeEndings.get(nodeId);
    if (known !== undefined) return known;
    // Of who lives, the port was closed.
    const liveness = ifPossible(() => livenessOf(this.#node.domain.path, nodeId));
    if (liveness !== "dead") return "left";
    return this.#node.peerLives.endingOf(nodeId) ?? "left";
  }

  /**
   * The error for who waits although nobody sends; `kind` is what senders are called. `newest` is
   * the one that joined last: it may have come and gone without having been seen.
   */
  missing(
    { subject, awaited }: WaitDescription,
    kind: string,
    newest: PortDetails | undefined,
  ): FloeError {
    if (newest !== undefined && isNewer(newest, this.#last?.details)) {
      this.noteGone(newest, this.#endingOf(newest));
    }
    const peer = this.#last?.peer;
    const hasDied = this.#last?.ending === "died";
    const end = hasDied ? "died" : "was closed";
    return new FloeError(hasDied ? "FLOE_PEER_DIED" : "FLOE_NO_PEER", {
      subject,
      wanted: awaited,
      found:
        peer === undefined
          ? `no ${kind} open`
          : `no ${kind} open: the last one, ${describePeer(peer)}, ${end}`,
      remedy: `Start the ${kind} again, or wait without requireSender.`,
      peer,
    });
  }

  /** Watches nobody any more. */
  close(): void {
    this.#lives.close();
  }
}

/** Looks, unless nothing is left to look with: an error is to be told, not to fail to be made. */
function ifPossible<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw error;
  }
}

function brieflyDescribed({ id, nodeId, name }: PortDetails): ErrorPeer {
  return { portId: id, portName: name, nodeId, nodeName: "" };
}

function describePeer({ portId, portName, nodeId, nodeName, processId }: ErrorPeer): string {
  const port = portName === "" ? `port ${portId}` : `"${portName}" (port ${portId})`;
  const node = nodeName === "" ? `node ${nodeId}` : `node "${nodeName}" (${nodeId})`;
  return processId === undefined
    ? `${port} of ${node}`
    : `${port} of ${node}, process ${processId}`;
}
