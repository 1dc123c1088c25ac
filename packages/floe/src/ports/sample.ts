/**
 * Sample: a received message, read in place until it is released.
 *
 * A sample keeps its subscriber, and what the subscriber needs, alive: it can be read after every
 * port, service and node handle has been closed, also by its publisher. Releasing gives the chunk
 * back to the publisher, which will write to it again: a payload must not be used afterwards.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { SubscriberCore } from "./subscriber-core.ts";
import type { SubscriberLink } from "./subscriber-link.ts";

/** A message that was received and not yet released. */
export class Sample<Payload> {
  /** Counts the publisher's messages from 1. */
  readonly sequence: number;
  /** Messages of the same publisher that were lost since the sample before this one. */
  readonly missed: number;
  /** The publisher that sent it. */
  readonly publisherId: Id;
  readonly #core: SubscriberCore;
  readonly #link: SubscriberLink;
  readonly #descriptor: number;
  readonly #payload: Payload;
  readonly #revoke: (payload: Payload) => void;
  #isReleased = false;

  /** @internal Subscribers make samples, from the message taken last. */
  constructor(
    core: SubscriberCore,
    message: ReceivedMessage,
    payload: Payload,
    revoke: (payload: Payload) => void,
  ) {
    this.sequence = message.sequence;
    this.missed = message.missed;
    this.publisherId = message.publisherId;
    this.#core = core.retain();
    this.#link = message.link;
    this.#descriptor = message.descriptor;
    this.#payload = payload;
    this.#revoke = revoke;
  }

  /** The payload, to be read in place. Throws FLOE_RELEASED after release. */
  get payload(): Payload {
    if (this.#isReleased) {
      throw new FloeError("FLOE_RELEASED", {
        subject: "sample",
        wanted: "to read its payload",
        found: "that it was released before",
        remedy: "Copy what is needed before releasing the sample.",
      });
    }
    return this.#payload;
  }

  /** Gives the message back to its publisher; may be called again. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#revoke(this.#payload);
    this.#core.giveBack(this.#link, this.#descriptor);
    this.#core.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
