/**
 * Loan: a chunk that is being filled by hand, to be sent or given back.
 *
 * A loan keeps its publisher alive: it may be sent after the publisher's handle was closed.
 * Disposing of a loan that was not sent gives the chunk back; anything later is an error.
 */

import { FloeError } from "../errors.ts";
import { chunkOffsetBytes, type OwnedDataSegment } from "../memory/chunk-pools.ts";
import type { PublisherCore } from "./publisher-core.ts";

/** A message under construction. Memory is not cleared: it holds what was there before. */
export class Loan<Payload> {
  readonly #core: PublisherCore;
  readonly #owned: OwnedDataSegment;
  readonly #descriptor: number;
  readonly #payloadBytes: number;
  readonly #payload: Payload;
  readonly #revoke: (payload: Payload) => void;
  #isOver = false;

  /** @internal Ports make loans. */
  constructor(
    core: PublisherCore,
    owned: OwnedDataSegment,
    descriptor: number,
    payloadBytes: number,
    payload: Payload,
    revoke: (payload: Payload) => void,
  ) {
    this.#core = core.retain();
    this.#owned = owned;
    this.#descriptor = descriptor;
    this.#payloadBytes = payloadBytes;
    this.#payload = payload;
    this.#revoke = revoke;
  }

  /** The payload, to be written in place. Throws FLOE_RELEASED after `send` or dispose. */
  get payload(): Payload {
    if (this.#isOver) throw releasedLoan();
    return this.#payload;
  }

  /** Sends it; returns the number of subscribers reached. Throws FLOE_RELEASED when it is over. */
  send(): number {
    if (this.#isOver) throw releasedLoan();
    this.#end();
    try {
      const offsetBytes = chunkOffsetBytes(this.#owned, this.#descriptor);
      this.#core.writeLength(this.#owned, offsetBytes, this.#payloadBytes);
      return this.#core.send(this.#owned, this.#descriptor, offsetBytes);
    } finally {
      this.#core.release();
    }
  }

  /** Gives the chunk back unsent, if it was not sent. */
  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#end();
    this.#core.giveBack(this.#descriptor);
    this.#core.release();
  }

  #end(): void {
    this.#isOver = true;
    this.#revoke(this.#payload);
    this.#core.endLoan();
  }
}

function releasedLoan(): FloeError {
  return new FloeError("FLOE_RELEASED", {
    subject: "loan",
    wanted: "to use it",
    found: "that it was sent or given back before",
    remedy: "Take a new loan for each message.",
  });
}
