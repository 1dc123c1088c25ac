/**
 * Publish-subscribe: many publishers, many subscribers, each message to every subscriber.
 *
 * A service handle makes ports. It is opened through a node; the first opener decides the limits.
 */

import { FloeError } from "../errors.ts";
import type { PortOptions, PublisherOptions } from "../ports/port-options.ts";
import { BytesPublisher, StructPublisher } from "../ports/publisher.ts";
import { BytesSubscriber, StructSubscriber } from "../ports/subscriber.ts";
import { openPorts, type PortDetails } from "../registry/port-table.ts";
import type { PayloadDescription, Quality } from "../registry/publish-subscribe-config.ts";
import type { OpenMode, PublishSubscribeCore } from "../registry/service-core.ts";
import { type AnyStructType, isStructType } from "../schema/mod.ts";

/** Says that messages are bytes of any length: `{ payload: rawBytes }`. */
export const rawBytes: unique symbol = Symbol("floe.rawBytes");

/** What messages carry: a struct type, or {@link rawBytes}. */
export type Payload = AnyStructType | typeof rawBytes;

/** How a publish-subscribe service is opened. Limits that are left out are adopted. */
export interface PublishSubscribeOptions<P extends Payload> extends Partial<Quality> {
  /** What messages carry. */
  readonly payload: P;
  /** Whether the service may, must or must not exist already; default `open-or-create`. */
  readonly mode?: OpenMode;
}

/** The publisher for a payload. */
export type PublisherFor<P extends Payload> = P extends AnyStructType
  ? StructPublisher<P>
  : BytesPublisher;

/** The subscriber for a payload. */
export type SubscriberFor<P extends Payload> = P extends AnyStructType
  ? StructSubscriber<P>
  : BytesSubscriber;

/** Turns a payload into what is stored with the service. Throws FLOE_OPTION_INVALID. */
export function describePayload(payload: Payload): PayloadDescription {
  if (payload === rawBytes) return { variant: "bytes" };
  if (isStructType(payload)) return { variant: "struct", layout: payload.layout() };
  throw new FloeError("FLOE_OPTION_INVALID", {
    subject: "payload",
    wanted: "a struct type made by struct(), or rawBytes",
    found: typeof payload,
    remedy: "Pass the payload's type in the options.",
  });
}

/** A publish-subscribe service that a node has open. */
export class PublishSubscribe<P extends Payload> {
  readonly #core: PublishSubscribeCore;
  readonly #payload: P;
  #isClosed = false;

  /** @internal Nodes open services; the handle adopts one count of the core. */
  constructor(core: PublishSubscribeCore, payload: P) {
    this.#core = core;
    this.#payload = payload;
  }

  /** The service's name. */
  get name(): string {
    return this.#core.config.name;
  }

  /** The service's limits, as its creator chose them. */
  get quality(): Quality {
    return this.#core.config.quality;
  }

  /** The publishers that are open now, of all processes. */
  publishers(): PortDetails[] {
    const core = this.#open("to list its ports");
    return openPorts(core, core.geometry.publishers);
  }

  /** The subscribers that are open now, of all processes. */
  subscribers(): PortDetails[] {
    const core = this.#open("to list its ports");
    return openPorts(core, core.geometry.subscribers);
  }

  /**
   * Makes a publisher. Throws FLOE_LIMIT_REACHED, FLOE_OUT_OF_MEMORY, FLOE_TOO_MANY_FILES,
   * FLOE_LOCK_TIMEOUT, FLOE_NAME_INVALID or FLOE_OPTION_INVALID.
   */
  publisher(options: PublisherOptions = {}): PublisherFor<P> {
    const core = this.#open("to make a port");
    const port =
      this.#payload === rawBytes
        ? new BytesPublisher(core, options)
        : new StructPublisher(core, this.#payload as AnyStructType, options);
    return port as PublisherFor<P>;
  }

  /**
   * Makes a subscriber. Throws FLOE_LIMIT_REACHED, FLOE_OUT_OF_MEMORY, FLOE_TOO_MANY_FILES,
   * FLOE_LOCK_TIMEOUT or FLOE_NAME_INVALID.
   */
  subscriber(options: PortOptions = {}): SubscriberFor<P> {
    const core = this.#open("to make a port");
    const port =
      this.#payload === rawBytes
        ? new BytesSubscriber(core, options)
        : new StructSubscriber(core, this.#payload as AnyStructType, options);
    return port as SubscriberFor<P>;
  }

  #open(wanted: string): PublishSubscribeCore {
    if (!this.#isClosed) return this.#core;
    throw new FloeError("FLOE_CLOSED", {
      subject: `service "${this.name}"`,
      wanted,
      found: "that this handle was closed before",
      remedy: "Open the service again.",
    });
  }

  /**
   * Cleans up after processes that died with this service open: their places are freed, what was
   * under way to them returns, what they had sent stays deliverable. This also happens whenever a
   * port comes or goes, and when the end of a process is noticed. Throws FLOE_LOCK_TIMEOUT, or
   * FLOE_CLOSED when this handle was closed.
   */
  clean(): void {
    this.#open("to clean it").recover();
  }

  /** Lets go of the service; may be called again. Ports that were made stay usable. */
  close(): void {
    if (this.#isClosed) return;
    this.#core.release();
    this.#isClosed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
