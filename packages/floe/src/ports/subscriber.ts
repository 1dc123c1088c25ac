/**
 * Subscribers: the receiving ports as programs see them, one for structs and one for raw bytes.
 */

import { FloeError } from "../errors.ts";
import { chunkIndex } from "../memory/chunk-pools.ts";
import type { Id } from "../memory/id.ts";
import { checkedPortName, type PortDetails } from "../registry/port-table.ts";
import type { PublishSubscribeCore } from "../registry/service-core.ts";
import type { AnyStructType, Cursor, ReaderOf, StructType } from "../schema/mod.ts";
import { TurnShare } from "../wait/turn-share.ts";
import type { Waitable, WaitableCore } from "../wait/waitable.ts";
import { type WaitOptions, type WaitSubject, waitFor, waitForSync } from "../wait/waiting.ts";
import { closedPort, nestedPoll } from "./port-errors.ts";
import type { PortOptions } from "./port-options.ts";
import type { BlockingReceiveOptions, ReceiveOptions } from "./receive-options.ts";
import { type MessageInfo, ReceivedMessage } from "./received-message.ts";
import { Sample } from "./sample.ts";
import { SampleIterator } from "./sample-iterator.ts";
import { SubscriberCore } from "./subscriber-core.ts";

/** How many publishers to wait for, and how long. */
export interface WaitForPublishersOptions extends WaitOptions {
  /** Number of publishers; default 1. */
  readonly count?: number;
}

/**
 * Messages that `take` and `for await` hand out in one turn of the event loop: the next one comes
 * in the following turn, so that a fast publisher cannot starve timers and sockets.
 */
const TAKES_PER_TURN_MAX = 256;

/** The lane of those who wait for messages. */
const MESSAGES = "messages";

/** What subscribers of all payloads have in common. */
abstract class AnySubscriber<Payload> implements AsyncIterable<Sample<Payload>>, Waitable {
  /** Who this port is. */
  readonly id: Id;
  /** The name given at creation. */
  readonly name: string;
  readonly #core: SubscriberCore;
  /** What `poll` and the other ways of taking found last. */
  readonly #polled: ReceivedMessage = new ReceivedMessage();
  readonly #taken: ReceivedMessage = new ReceivedMessage();
  #isClosed = false;
  readonly #turn: TurnShare;
  readonly #messages: WaitSubject<Sample<Payload>>;
  /** The same for who waits only as long as somebody sends. */
  readonly #requiredMessages: WaitSubject<Sample<Payload>>;
  #isPolling = false;

  /** @internal Services make subscribers. */
  constructor(service: PublishSubscribeCore, options: PortOptions, payloadBytesMin: number) {
    const name = checkedPortName(options.name);
    this.#core = new SubscriberCore(service, name, payloadBytesMin);
    this.#turn = new TurnShare(this.#core.doorbell, TAKES_PER_TURN_MAX);
    this.id = this.#core.id;
    this.name = this.#core.name;
    const { doorbell, subject } = this.#core;
    this.#messages = {
      doorbell,
      subject,
      awaited: "a message",
      lane: MESSAGES,
      look: () => this.tryTake(),
      hasNews: () => this.#isClosed || this.#core.hasNews,
    };
    this.#requiredMessages = {
      ...this.#messages,
      whyHopeless: () => (this.#isClosed ? undefined : this.#core.whyHopeless(this.#messages)),
    };
  }

  #messagesFor({ requireSender = false }: BlockingReceiveOptions): WaitSubject<Sample<Payload>> {
    return requireSender ? this.#requiredMessages : this.#messages;
  }

  /** @internal */
  get waitable(): WaitableCore {
    return this.#open();
  }

  /** @internal The payload of the message taken last, for the length of a call. */
  protected abstract bindCurrent(message: ReceivedMessage): Payload;

  /** @internal Ends what `bindCurrent` began. */
  protected abstract unbindCurrent(): void;

  /** @internal A sample of the message taken last. */
  protected abstract sampleOf(core: SubscriberCore, message: ReceivedMessage): Sample<Payload>;

  #open(): SubscriberCore {
    if (!this.#isClosed) return this.#core;
    throw closedPort("subscriber", this.#core.service.config.name);
  }

  /** Number of publishers that are open and connected. */
  get publisherCount(): number {
    return this.#open().publisherCount;
  }

  /**
   * Hands at most `limit` waiting messages to `handler`, oldest first of each publisher, and
   * returns how many there were. Payload and info are valid within the call only; the messages are
   * released when it returns or throws. Never blocks and allocates nothing. The last small messages
   * of a call return to their publisher's memory at the next call that finds nothing.
   * Throws FLOE_LINK_POISONED when a publisher wrote nonsense, and FLOE_SERVICE_CORRUPT when a file
   * of it is damaged; FLOE_TOO_MANY_FILES or FLOE_OUT_OF_MEMORY when one cannot be mapped now: the
   * message then waits, and can be taken when there is room.
   */
  poll(limit: number, handler: (payload: Payload, info: MessageInfo) => void): number {
    const core = this.#open();
    if (this.#isPolling) throw nestedPoll("subscriber", "tryTake");
    const message = this.#polled;
    if (!(limit > 0)) return 0;
    if (!core.takeNext(message) && !core.idle(message)) return 0;
    return this.#deliver(core, message, limit, handler);
  }

  /** Hands the message that was taken, and those that follow it, to the handler. */
  #deliver(
    core: SubscriberCore,
    message: ReceivedMessage,
    limit: number,
    handler: (payload: Payload, info: MessageInfo) => void,
  ): number {
    this.#isPolling = true;
    let count = 0;
    let isHeld = true;
    try {
      do {
        isHeld = true;
        count += 1;
        handler(this.bindCurrent(message), message);
        isHeld = false;
        core.putBack(message);
      } while (count < limit && !this.#isClosed && core.takeNext(message));
    } finally {
      if (isHeld) core.putBack(message);
      this.unbindCurrent();
      this.#isPolling = false;
      // A port that was closed by its handler leaves now.
      if (this.#isClosed) core.release();
    }
    return count;
  }

  /**
   * Takes the oldest waiting message, or returns undefined when there is none. The sample must be
   * released. Throws FLOE_BORROW_LIMIT when messages may wait but `maxBorrowedSamples` of their
   * publisher are held already, and else as `poll`.
   */
  tryTake(): Sample<Payload> | undefined {
    const core = this.#open();
    if (core.takeNext(this.#taken) || core.idle(this.#taken))
      return this.sampleOf(core, this.#taken);
    if (core.isBorrowLimitReached) {
      throw new FloeError("FLOE_BORROW_LIMIT", {
        subject: core.subject,
        wanted: "one more sample",
        found: `${core.borrowedMax} samples of one publisher held (maxBorrowedSamples)`,
        remedy: "Release samples, or create the service with a larger maxBorrowedSamples.",
      });
    }
    return undefined;
  }

  /**
   * Resolves with the next message, as a sample that must be released; those who wait at the same
   * time are served in order. At most 256 messages come in one turn of the event loop.
   * Rejects with FLOE_TIMEOUT after `timeout` ms, FLOE_ABORTED when `signal` is aborted,
   * FLOE_CLOSED when the port is closed meanwhile, with `requireSender` FLOE_PEER_DIED or
   * FLOE_NO_PEER when nobody sends any more, and with what `tryTake` throws.
   */
  take(options: ReceiveOptions = {}): Promise<Sample<Payload>> {
    const messages = this.#messagesFor(options);
    if (!this.#turn.takeShare()) return waitFor(messages, options);
    return this.#turn.nextTurn().then(() => waitFor(messages, options));
  }

  /**
   * Blocks this thread until a message comes, and returns it as a sample that must be released;
   * undefined after `timeout` ms. It goes before those who wait in the event loop.
   * Throws FLOE_INTERRUPTED when a signal comes that the program handles, with `requireSender`
   * FLOE_PEER_DIED or FLOE_NO_PEER when nobody sends any more, and as `tryTake`.
   */
  takeSync(options: BlockingReceiveOptions = {}): Sample<Payload> | undefined {
    return waitForSync(this.#messagesFor(options), options);
  }

  /**
   * Iterates over messages as they come; each sample is released at the next turn. Ends when the
   * port is closed; leaving the loop releases the sample and keeps the port open. At most 256
   * messages come in one turn of the event loop.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Sample<Payload>, void, undefined> {
    return this.iterate();
  }

  /**
   * The same with the options of `take`, which hold for each message; when such a wait fails, the
   * loop throws that.
   */
  iterate(options: ReceiveOptions = {}): AsyncIterableIterator<Sample<Payload>, void, undefined> {
    const core = this.#core;
    const { doorbell } = core;
    const turn = this.#turn;
    return new SampleIterator<Payload>((isOver) => {
      const messages: WaitSubject<Sample<Payload> | "over"> = {
        ...this.#messagesFor(options),
        look: () => (this.#isClosed || isOver() ? "over" : this.tryTake()),
        hasNews: () => this.#isClosed || isOver() || core.hasNews,
      };
      return {
        tryNext: () => {
          const mustWait = this.#isClosed || options.signal?.aborted === true;
          if (mustWait || doorbell.hasWaiters(MESSAGES)) return undefined;
          return turn.takeShare() ? undefined : this.tryTake();
        },
        waitForNext: () =>
          turn.isUsedUp
            ? turn.nextTurn().then(() => waitFor(messages, options))
            : waitFor(messages, options),
        wakeUp: () => doorbell.ring(),
      };
    });
  }

  /**
   * Resolves once at least `count` publishers are open, with their number: what they send from then
   * on reaches this port.
   * Rejects with FLOE_TIMEOUT after `timeout` ms, FLOE_ABORTED when `signal` is aborted, and
   * FLOE_CLOSED when the port is closed meanwhile.
   */
  waitForPublishers(options: WaitForPublishersOptions = {}): Promise<number> {
    const { count = 1 } = options;
    const { doorbell, subject: port } = this.#core;
    const look = (): number | undefined => {
      const found = this.#open().openPublisherCount;
      return found >= count ? found : undefined;
    };
    return waitFor({ doorbell, subject: port, awaited: `${count} publishers`, look }, options);
  }

  /**
   * Looks which publishers have died, cleans up after them, and returns those that were found
   * since the last call (a wait set's `deadSenders` counts as one), at most `maxPublishers`. What
   * they had sent is still received.
   */
  findDeadPublishers(): PortDetails[] {
    return this.#open().findDeadSenders();
  }

  /** Makes waits at this port keep the process alive, as they do at first. */
  ref(): this {
    this.#core.doorbell.ref();
    return this;
  }

  /** Lets the process end although somebody waits at this port. */
  unref(): this {
    this.#core.doorbell.unref();
    return this;
  }

  /**
   * Ends the port; may be called again. Samples that are still held stay readable: the port leaves
   * its service when the last of them is released.
   */
  close(): void {
    if (this.#isClosed) return;
    // Messages that are being handled are still put back; the port leaves after that.
    if (!this.#isPolling) this.#core.release();
    this.#isClosed = true;
    // Who waits at this port learns that it is closed.
    this.#core.doorbell.shut();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Receives structs. */
export class StructSubscriber<Type extends AnyStructType> extends AnySubscriber<ReaderOf<Type>> {
  readonly #type: StructType;
  readonly #reader: ReaderOf<Type>;
  readonly #cursor: Cursor;

  /** @internal Services make subscribers. */
  constructor(service: PublishSubscribeCore, type: Type, options: PortOptions) {
    super(service, options, type.sizeBytes);
    this.#type = type as unknown as StructType;
    const reader = this.#type.createReader();
    this.#reader = reader as ReaderOf<Type>;
    this.#cursor = this.#type.cursorOf(reader);
  }

  /** @internal */
  protected bindCurrent(message: ReceivedMessage): ReaderOf<Type> {
    this.#cursor.bind(message.mapped.view, message.payloadOffsetBytes);
    return this.#reader;
  }

  /** @internal */
  protected unbindCurrent(): void {
    this.#cursor.release();
  }

  /** @internal */
  protected sampleOf(core: SubscriberCore, message: ReceivedMessage): Sample<ReaderOf<Type>> {
    const reader = this.#type.createReader();
    this.#type.bind(reader, message.mapped.view, message.payloadOffsetBytes);
    return new Sample(core, message, reader as ReaderOf<Type>, () => this.#type.release(reader));
  }
}

/**
 * Receives raw bytes. The memory is mapped for reading only: writing to a received payload ends the
 * process with a segmentation fault.
 */
export class BytesSubscriber extends AnySubscriber<ReadonlyBytes> {
  /** @internal Services make subscribers. */
  constructor(service: PublishSubscribeCore, options: PortOptions) {
    super(service, options, 0);
  }

  /** @internal */
  protected bindCurrent(message: ReceivedMessage): ReadonlyBytes {
    return payloadView(message);
  }

  /** @internal */
  protected unbindCurrent(): void {}

  /** @internal */
  protected sampleOf(core: SubscriberCore, message: ReceivedMessage): Sample<ReadonlyBytes> {
    return new Sample(core, message, payloadView(message), () => {});
  }
}

/**
 * A `Uint8Array` whose memory cannot be written: TypeScript refuses it, the kernel too. Views of
 * other types over its `buffer` can be made, at its `byteOffset`; writing through them ends the
 * process with a segmentation fault.
 */
export type ReadonlyBytes = Omit<
  Uint8Array,
  "set" | "fill" | "sort" | "reverse" | "copyWithin" | "subarray"
> & { readonly [index: number]: number; subarray(begin?: number, end?: number): ReadonlyBytes };

/** The view of a message's payload; kept with the chunk, so that equal lengths need no new one. */
function payloadView(message: ReceivedMessage): ReadonlyBytes {
  const { mapped, descriptor, payloadBytes } = message;
  const index = chunkIndex(descriptor);
  const kept = mapped.views[index];
  if (kept !== undefined && kept.length === payloadBytes) return kept as ReadonlyBytes;
  const { buffer } = mapped.segment;
  const view = new Uint8Array(buffer, message.payloadOffsetBytes, payloadBytes);
  mapped.views[index] = view;
  return view as ReadonlyBytes;
}
