/**
 * Publishers: the sending ports as programs see them, one for structs and one for raw bytes.
 */

import { FloeError } from "../errors.ts";
import {
  type ChunkPool,
  chunkIndex,
  chunkOffsetBytes,
  type OwnedDataSegment,
} from "../memory/chunk-pools.ts";
import type { Id } from "../memory/id.ts";
import { invalidOption } from "../registry/domain.ts";
import { checkedPortName } from "../registry/port-table.ts";
import type { PublishSubscribeCore } from "../registry/service-core.ts";
import type { AnyStructType, Cursor, StructType, WriterOf } from "../schema/mod.ts";
import { type WaitOptions, waitFor } from "../wait/waiting.ts";
import { Loan } from "./loan.ts";
import { closedPort } from "./port-errors.ts";
import type { PublisherOptions } from "./port-options.ts";
import { PublisherCore } from "./publisher-core.ts";

const EJECT_AFTER_MS_MAX = 2 ** 31 - 1;

/** How many subscribers to wait for, and how long. */
export interface WaitForSubscribersOptions extends WaitOptions {
  /** Number of subscribers; default 1. */
  readonly count?: number;
}

/** Throws FLOE_OPTION_INVALID, FLOE_NAME_INVALID and what joining throws. */
function newCore(service: PublishSubscribeCore, options: PublisherOptions): PublisherCore {
  const { name, ejectAfter } = options;
  if (ejectAfter !== undefined && !(ejectAfter >= 1 && ejectAfter <= EJECT_AFTER_MS_MAX)) {
    throw invalidOption("ejectAfter", `1 to ${EJECT_AFTER_MS_MAX} ms`, String(ejectAfter));
  }
  return new PublisherCore(service, checkedPortName(name), ejectAfter);
}

/** What publishers of all payloads have in common. */
abstract class AnyPublisher {
  /** Who this port is. */
  readonly id: Id;
  /** The name given at creation. */
  readonly name: string;
  /** @internal How many messages functions of the program are filling in this moment. */
  protected fillingCount = 0;
  readonly #core: PublisherCore;
  #isClosed = false;

  /** @internal Services make publishers. */
  constructor(core: PublisherCore) {
    this.#core = core;
    this.id = core.id;
    this.name = core.name;
  }

  /** @internal The port itself. Throws FLOE_CLOSED after `close`. */
  protected get core(): PublisherCore {
    if (this.#isClosed) throw closedPort("publisher", this.#core.service.config.name);
    return this.#core;
  }

  /** Number of subscribers that the next message would reach. */
  get subscriberCount(): number {
    return this.core.subscriberCount;
  }

  /**
   * Resolves once at least `count` subscribers have joined, with their number.
   * Rejects with FLOE_TIMEOUT after `timeout` ms, FLOE_ABORTED when `signal` is aborted, and
   * FLOE_CLOSED when the port is closed meanwhile.
   */
  waitForSubscribers(options: WaitForSubscribersOptions = {}): Promise<number> {
    const { count = 1 } = options;
    const { doorbell, service } = this.#core;
    const look = (): number | undefined => {
      const found = this.subscriberCount;
      return found >= count ? found : undefined;
    };
    const subject = `publisher of "${service.config.name}"`;
    return waitFor({ doorbell, subject, awaited: `${count} subscribers`, look }, options);
  }

  /** @internal Ends the filling of a message; a port that was closed meanwhile leaves now. */
  protected endFilling(): void {
    this.fillingCount -= 1;
    if (this.#isClosed && this.fillingCount === 0) this.#core.release();
  }

  /** @internal The same for a message that will not be sent. */
  protected abandonFilling(descriptor: number): void {
    this.#core.giveBack(descriptor);
    this.endFilling();
  }

  /**
   * Ends the port; may be called again. What was sent stays deliverable, and loans that are still
   * held stay valid: the port leaves its service when the last of them is sent or given back.
   */
  close(): void {
    if (this.#isClosed) return;
    // A message that is being filled is still sent; the port leaves after it.
    if (this.fillingCount === 0) this.#core.release();
    this.#isClosed = true;
    // Who waits at this port learns that it is closed.
    this.#core.doorbell.shut();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Publishes structs. */
export class StructPublisher<Type extends AnyStructType> extends AnyPublisher {
  readonly #type: StructType;
  readonly #sizeBytes: number;
  readonly #pool: ChunkPool;
  readonly #writer: WriterOf<Type>;
  readonly #cursor: Cursor;
  /** The chunk for the next message, or 0 when there is none yet. */
  #descriptor = 0;
  #owned: OwnedDataSegment | undefined;
  #offsetBytes = 0;

  /** @internal Services make publishers. */
  constructor(service: PublishSubscribeCore, type: Type, options: PublisherOptions) {
    const core = newCore(service, options);
    super(core);
    this.#type = type as unknown as StructType;
    this.#sizeBytes = type.sizeBytes;
    this.#pool = core.poolFor(type.sizeBytes);
    const writer = this.#type.createWriter();
    this.#writer = writer as WriterOf<Type>;
    this.#cursor = this.#type.cursorOf(writer);
  }

  /**
   * Sends a message that `fill` writes in place; returns the number of subscribers reached.
   * The writer is valid within the call only, and its memory holds what an earlier message left.
   * When `fill` throws, nothing is sent. Throws FLOE_OUT_OF_MEMORY or
   * FLOE_TOO_MANY_FILES when memory has to grow and cannot, and FLOE_SERVICE_CORRUPT when the
   * service was removed by force.
   */
  send(fill: (payload: WriterOf<Type>) => void): number {
    const { core } = this;
    if (this.fillingCount > 0) throw nestedSend();
    if (this.#descriptor === 0) this.#prepare(core, core.acquire(this.#pool));
    const owned = this.#owned!;
    this.#cursor.bind(owned.view, this.#offsetBytes + core.payloadOffsetBytes);
    this.fillingCount += 1;
    try {
      fill(this.#writer);
    } catch (error) {
      // The chunk stays prepared, for the next message.
      this.#cursor.release();
      this.endFilling();
      throw error;
    }
    this.#cursor.release();
    try {
      const reached = core.send(owned, this.#descriptor, this.#offsetBytes);
      this.#prepare(core, this.#pool.take() || core.collectFor(this.#pool));
      return reached;
    } finally {
      this.endFilling();
    }
  }

  /**
   * Makes a chunk ready for the next message. This is done when a message has been sent, so that
   * the way from the wish to send to the sending is short: the chunk's first line, which another
   * processor has read, is fetched while this one does something else.
   */
  #prepare(core: PublisherCore, descriptor: number): void {
    this.#descriptor = descriptor;
    if (descriptor === 0) return;
    const owned = core.segmentOf(descriptor);
    this.#owned = owned;
    this.#offsetBytes = chunkOffsetBytes(owned, descriptor);
    core.writeLength(owned, this.#offsetBytes, this.#sizeBytes);
  }

  /**
   * Lends a message to be filled by hand, or returns undefined when `maxLoanedSamples` are lent.
   * Throws as `send`.
   */
  tryLoan(): Loan<WriterOf<Type>> | undefined {
    const { core } = this;
    const descriptor = core.acquireLoan(this.#pool);
    if (descriptor === 0) return undefined;
    const owned = core.segmentOf(descriptor);
    const writer = this.#type.createWriter();
    const offsetBytes = chunkOffsetBytes(owned, descriptor);
    this.#type.bind(writer, owned.view, offsetBytes + core.payloadOffsetBytes);
    const payload = writer as WriterOf<Type>;
    return new Loan(core, owned, descriptor, this.#type.sizeBytes, payload, () =>
      this.#type.release(writer),
    );
  }
}

/** Publishes raw bytes, of any length a message. */
export class BytesPublisher extends AnyPublisher {
  #lastPool: ChunkPool | undefined;
  #lastLengthBytes = -1;

  /** @internal Services make publishers. */
  constructor(service: PublishSubscribeCore, options: PublisherOptions) {
    super(newCore(service, options));
  }

  /**
   * Sends a message of `lengthBytes` that `fill` writes in place; returns the number of subscribers
   * reached. The bytes are valid within the call only, and hold what an earlier message left.
   * When `fill` throws, nothing is sent. Throws FLOE_PAYLOAD_TOO_LARGE for an impossible length and
   * FLOE_OUT_OF_MEMORY or FLOE_TOO_MANY_FILES when memory has to grow and cannot, and
   * FLOE_SERVICE_CORRUPT when the service was removed by force.
   */
  send(lengthBytes: number, fill: (payload: Uint8Array) => void): number {
    const { core } = this;
    const descriptor = core.acquire(this.#poolFor(lengthBytes));
    const owned = core.segmentOf(descriptor);
    this.fillingCount += 1;
    try {
      fill(payloadView(core, owned, descriptor, lengthBytes));
    } catch (error) {
      this.abandonFilling(descriptor);
      throw error;
    }
    try {
      const offsetBytes = chunkOffsetBytes(owned, descriptor);
      core.writeLength(owned, offsetBytes, lengthBytes);
      return core.send(owned, descriptor, offsetBytes);
    } finally {
      this.endFilling();
    }
  }

  /** Sends a copy of `bytes`; returns the number of subscribers reached. Throws as `send`. */
  sendCopy(bytes: Uint8Array): number {
    return this.send(bytes.byteLength, (payload) => payload.set(bytes));
  }

  /**
   * Lends a message of `lengthBytes` to be filled by hand, or returns undefined when
   * `maxLoanedSamples` are lent. Throws as `send`.
   */
  tryLoan(lengthBytes: number): Loan<Uint8Array> | undefined {
    const { core } = this;
    const descriptor = core.acquireLoan(this.#poolFor(lengthBytes));
    if (descriptor === 0) return undefined;
    const owned = core.segmentOf(descriptor);
    const payload = payloadView(core, owned, descriptor, lengthBytes);
    return new Loan(core, owned, descriptor, lengthBytes, payload, () => {});
  }

  #poolFor(lengthBytes: number): ChunkPool {
    const lastPool = this.#lastPool;
    if (lastPool !== undefined && lengthBytes === this.#lastLengthBytes) return lastPool;
    if (!(Number.isSafeInteger(lengthBytes) && lengthBytes >= 0 && lengthBytes <= 2 ** 46)) {
      throw new FloeError("FLOE_PAYLOAD_TOO_LARGE", {
        subject: "payload length",
        wanted: "a whole number of bytes from 0 to 2^46",
        found: String(lengthBytes),
        remedy: "Send less in one message.",
      });
    }
    const pool = this.core.poolFor(lengthBytes);
    this.#lastPool = pool;
    this.#lastLengthBytes = lengthBytes;
    return pool;
  }
}

/** The view of a chunk's payload; kept with the chunk, so that equal lengths need no new one. */
function payloadView(
  core: PublisherCore,
  owned: OwnedDataSegment,
  descriptor: number,
  lengthBytes: number,
): Uint8Array {
  const index = chunkIndex(descriptor);
  const kept = owned.views[index];
  if (kept !== undefined && kept.length === lengthBytes) return kept;
  const offsetBytes = chunkOffsetBytes(owned, descriptor) + core.payloadOffsetBytes;
  const view = new Uint8Array(owned.segment.buffer, offsetBytes, lengthBytes);
  owned.views[index] = view;
  return view;
}

function nestedSend(): FloeError {
  return new FloeError("FLOE_OPTION_INVALID", {
    subject: "publisher.send",
    wanted: "one message at a time",
    found: "a send within the fill function of another",
    remedy: "Use tryLoan to fill several messages at once.",
  });
}
