/**
 * Node: a program's participation in a domain, and the way to its services.
 */

import { FloeError } from "./errors.ts";
import type { Id } from "./memory/id.ts";
import { type EventOptions, EventService } from "./patterns/event.ts";
import {
  describePayload,
  type Payload,
  PublishSubscribe,
  type PublishSubscribeOptions,
} from "./patterns/publish-subscribe.ts";
import { listPeers, type PeerDetails, Peers } from "./peers.ts";
import { type CleaningReport, cleanDomain } from "./registry/cleaning.ts";
import {
  type DomainOptions,
  enterDomain,
  invalidOption,
  resolveDomain,
} from "./registry/domain.ts";
import { wantedEvent } from "./registry/event-config.ts";
import { statedLimits } from "./registry/limits.ts";
import { NodeCore } from "./registry/node-core.ts";
import { eventPattern, type Pattern, publishSubscribePattern } from "./registry/pattern.ts";
import { QUALITY_RANGES } from "./registry/publish-subscribe-config.ts";
import type { ServiceConfig } from "./registry/service-config.ts";
import { type OpenMode, ServiceCore } from "./registry/service-core.ts";
import type { CommonGeometry } from "./registry/service-segment.ts";

const NODE_NAME_BYTES_MAX = 128;

/** How a node is made. */
export interface NodeOptions {
  /** A name for people, up to 128 bytes; need not be unique. Default: none. */
  readonly name?: string;
  /** Which domain to take part in; see {@link DomainOptions} for the defaults. */
  readonly domain?: DomainOptions;
}

/** A participant of a domain. A process may have several; each worker thread needs its own. */
export class Node {
  /** The other nodes of the domain: who they are, and when they come, leave and die. */
  readonly peers: Peers;
  readonly #core: NodeCore;
  /** Services that are open, by pattern and name: each has one core in a node. */
  readonly #services: Map<string, unknown> = new Map();
  #isClosed = false;
  #isClosing = false;

  private constructor(core: NodeCore) {
    this.#core = core;
    this.peers = new Peers(core);
  }

  /**
   * The nodes of a domain in this moment, without joining it; none if there is no domain.
   * Throws FLOE_NAME_INVALID, FLOE_OPTION_INVALID, FLOE_PERMISSION or FLOE_TOO_MANY_FILES.
   */
  static list(options: { readonly domain?: DomainOptions } = {}): PeerDetails[] {
    return listPeers(resolveDomain(options.domain).path);
  }

  /**
   * Joins a domain. Throws FLOE_SHIM_UNAVAILABLE, FLOE_ROOT_UNUSABLE, FLOE_NAME_INVALID,
   * FLOE_OPTION_INVALID, FLOE_PERMISSION, FLOE_OUT_OF_MEMORY or FLOE_TOO_MANY_FILES.
   */
  static create(options: NodeOptions = {}): Node {
    const { name = "" } = options;
    const lengthBytes = Buffer.byteLength(name);
    if (lengthBytes > NODE_NAME_BYTES_MAX) {
      throw new FloeError("FLOE_NAME_INVALID", {
        subject: "node name",
        wanted: `at most ${NODE_NAME_BYTES_MAX} bytes`,
        found: `${lengthBytes} bytes`,
        remedy: "Choose a shorter name.",
      });
    }
    return new Node(new NodeCore(name, enterDomain(options.domain)));
  }

  /**
   * Removes what dead processes have left behind in a domain: their places in services, services
   * that nobody has open any more, and the directories of nodes. The living are not disturbed. The
   * same happens, without waiting for anybody, whenever a node is created or ends; a service is
   * cleaned whenever somebody joins or leaves it. Waits for the lock of each service for the
   * domain's `lockTimeout` at most; what could not be cleaned stands in the report.
   * Throws FLOE_ROOT_UNUSABLE, FLOE_NAME_INVALID, FLOE_OPTION_INVALID or FLOE_SHIM_UNAVAILABLE.
   */
  static clean(options: { readonly domain?: DomainOptions } = {}): CleaningReport {
    return cleanDomain(enterDomain(options.domain), { mayWait: true, isThorough: true });
  }

  /** Who this node is: 128 random bits in hexadecimal. */
  get id(): Id {
    return this.#core.id;
  }

  /** The name given at creation. */
  get name(): string {
    return this.#core.name;
  }

  /**
   * Opens the publish-subscribe service `name` (1 to 255 bytes), or creates it. Options that are
   * left out are adopted from an existing service; those given are checked against it.
   * Throws FLOE_PAYLOAD_MISMATCH, FLOE_SERVICE_INCOMPATIBLE, FLOE_SERVICE_NOT_FOUND,
   * FLOE_SERVICE_EXISTS, FLOE_SERVICE_CORRUPT, FLOE_FORMAT_VERSION, FLOE_LIMIT_REACHED,
   * FLOE_OUT_OF_MEMORY, FLOE_TOO_MANY_FILES, FLOE_PERMISSION, FLOE_LOCK_TIMEOUT,
   * FLOE_SERVICE_IN_FLUX,
   * FLOE_NAME_INVALID, FLOE_OPTION_INVALID, or FLOE_CLOSED when the node was closed.
   */
  publishSubscribe<P extends Payload>(
    name: string,
    options: PublishSubscribeOptions<P>,
  ): PublishSubscribe<P> {
    this.#checkOpen();
    const { payload, mode } = options;
    const wanted = {
      payload: describePayload(payload),
      quality: statedLimits(QUALITY_RANGES, options),
    };
    const core = this.#enter(publishSubscribePattern, name, wanted, mode);
    return new PublishSubscribe(core, payload);
  }

  /**
   * Opens the event service `name` (1 to 255 bytes), or creates it. Options that are left out are
   * adopted from an existing service; those given are checked against it: limits must be met, and
   * deadline and notices must be equal, `null` meaning that there is none.
   * Throws as {@link publishSubscribe}, but for FLOE_PAYLOAD_MISMATCH.
   */
  event(name: string, options: EventOptions = {}): EventService {
    this.#checkOpen();
    const core = this.#enter(eventPattern, name, wantedEvent(options), options.mode);
    return new EventService(core);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedNode(this.name);
  }

  #enter<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry>(
    pattern: Pattern<Wanted, Config, Geometry>,
    name: string,
    wanted: Wanted,
    mode: OpenMode = "open-or-create",
  ): ServiceCore<Config, Geometry> {
    if (mode !== "open" && mode !== "create" && mode !== "open-or-create") {
      throw invalidOption("mode", '"open", "create" or "open-or-create"', JSON.stringify(mode));
    }
    const key = `${pattern.name} ${name}`;
    const known = this.#services.get(key) as ServiceCore<Config, Geometry> | undefined;
    if (known !== undefined && mode !== "create") {
      pattern.checkCompatible(known.config, wanted);
      return known.retain();
    }
    // The name may be another core's by now: that of a service made in the place of a removed one.
    const forget = (): void => {
      if (this.#services.get(key) === core) this.#services.delete(key);
    };
    const core = ServiceCore.enter(pattern, this.#core, name, wanted, mode, forget);
    this.#services.set(key, core);
    return core;
  }

  /**
   * Lets go of the node; may be called again. Services and ports that were made stay usable, and
   * the node stays alive for others to see until the last of them is closed.
   */
  close(): void {
    if (this.#isClosed || this.#isClosing) return;
    // Whoever listens to a diagnostics channel may call this from within.
    this.#isClosing = true;
    try {
      this.peers.end();
      this.#core.release();
    } finally {
      this.#isClosing = false;
    }
    this.#isClosed = true;
    // Last: who is told may throw, or close the node once more.
    this.peers.tellClosed();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function closedNode(name: string): FloeError {
  return new FloeError("FLOE_CLOSED", {
    subject: `node "${name}"`,
    wanted: "to open a service",
    found: "that it was closed before",
    remedy: "Make a new node.",
  });
}
