/**
 * Services: what victims, survivors and newcomers agree on, and messages that show where they come
 * from and whether they are whole.
 */
import {
  array,
  type DomainOptions,
  type EventService,
  type MessageInfo,
  type Node,
  type PublisherFor,
  type PublisherOptions,
  type PublishSubscribe,
  type ReaderOf,
  type ReadonlyBytes,
  rawBytes,
  type SubscriberFor,
  struct,
  u32,
  type WriterOf,
} from "floe";

/** The services of a domain: messages as structs, messages as bytes, and events. */
export type ServiceKind = "struct" | "bytes" | "events";

/** Those that carry messages. */
export type TopicKind = "struct" | "bytes";

const CHECK_WORDS = 12;

/** What the service of structs carries. */
export const Message = struct("Message", {
  sender: u32,
  number: u32,
  check: array(u32, CHECK_WORDS),
});

/** How many of each there may be; small, so that a place that is lost is missed at once. */
export interface Limits {
  /** Publishers, subscribers, notifiers and listeners. */
  readonly ports: number;
  readonly nodes: number;
}

/** Messages of a publisher that wait before the oldest gives way. */
export const BUFFER_SIZE = 4;

/** Samples that a subscriber may hold of a publisher. */
export const MAX_BORROWED_SAMPLES = 2;

/** Loans that a publisher may hold. */
export const MAX_LOANED_SAMPLES = 2;

/** The ids of the events that are told of. */
export const EventId = { created: 1, dropped: 2, dead: 3, ofVictim: 5, ofOthers: 6 } as const;

/** How a service is found or made. */
export type Mode = "open" | "create" | "open-or-create";

/** A service of messages. */
export type Topic = PublishSubscribe<typeof Message> | PublishSubscribe<typeof rawBytes>;

/** Opens or creates a service of messages. */
export function openTopic(node: Node, kind: TopicKind, limits: Limits, mode?: Mode): Topic {
  const options = {
    bufferSize: BUFFER_SIZE,
    maxBorrowedSamples: MAX_BORROWED_SAMPLES,
    maxLoanedSamples: MAX_LOANED_SAMPLES,
    maxPublishers: limits.ports,
    maxSubscribers: limits.ports,
    maxNodes: limits.nodes,
    ...(mode === undefined ? {} : { mode }),
  };
  if (kind === "struct") return node.publishSubscribe(kind, { payload: Message, ...options });
  return node.publishSubscribe(kind, { payload: rawBytes, ...options });
}

/** Opens or creates the service of events. */
export function openEvents(node: Node, limits: Limits, mode?: Mode): EventService {
  return node.event("events", {
    eventIdMax: 40,
    maxNotifiers: limits.ports,
    maxListeners: limits.ports,
    maxNodes: limits.nodes,
    createdEventId: EventId.created,
    droppedEventId: EventId.dropped,
    deadEventId: EventId.dead,
    ...(mode === undefined ? {} : { mode }),
  });
}

/** Opens or creates a service of any kind. */
export function openService(
  node: Node,
  kind: ServiceKind,
  limits: Limits,
  mode?: Mode,
): Topic | EventService {
  return kind === "events" ? openEvents(node, limits, mode) : openTopic(node, kind, limits, mode);
}

/** Bytes of a message of raw bytes, unless it says otherwise. */
export const SMALL_BYTES = 64;

/** Messages from this size on are returned one by one; see ARCHITECTURE.md. */
export const LARGE_BYTES = 40_000;

const HEADER_BYTES = 8;

function checkWord(sender: number, number: number, index: number): number {
  return (Math.imul(sender + 1, 0x9e37_79b1) ^ Math.imul(number + 1, 0x85eb_ca6b) ^ index) >>> 0;
}

/** Fills a message in. */
export function fill(
  payload: WriterOf<typeof Message> | Uint8Array,
  sender: number,
  number: number,
): void {
  if (!(payload instanceof Uint8Array)) {
    payload.sender = sender;
    payload.number = number;
    for (let index = 0; index < CHECK_WORDS; index += 1) {
      payload.check.set(index, checkWord(sender, number, index));
    }
    return;
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  view.setUint32(0, sender, true);
  view.setUint32(4, number, true);
  for (let index = HEADER_BYTES; index < payload.length; index += 1) {
    payload[index] = byteAt(sender, number, index);
  }
}

function byteAt(sender: number, number: number, index: number): number {
  return (sender * 7 + number * 31 + index * 13) & 0xff;
}

/** A message as it was received. */
export interface Received {
  readonly sender: number;
  readonly number: number;
  /** Messages of the sender that overflow has cost since the last one. */
  readonly missed: number;
  /** Whether all of it is what its sender wrote. */
  readonly isWhole: boolean;
}

/** Looks at a message. */
export function inspect(payload: AnyPayload, missed: number): Received {
  if (!(payload instanceof Uint8Array)) {
    const { sender, number, check } = payload as ReaderOf<typeof Message>;
    const isWhole = check.toObject().every((word, index) => {
      return word === checkWord(sender, number, index);
    });
    return { sender, number, missed, isWhole };
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const sender = view.getUint32(0, true);
  const number = view.getUint32(4, true);
  let isWhole = true;
  for (let index = HEADER_BYTES; index < payload.length; index += 1) {
    if (payload[index] !== byteAt(sender, number, index)) isWhole = false;
  }
  return { sender, number, missed, isWhole };
}

/** A publisher that numbers its messages. */
export class Sender {
  readonly port: PublisherFor<typeof Message> | PublisherFor<typeof rawBytes>;
  /** Who sends, in its messages. */
  readonly sender: number;
  /** The number of the message sent last. */
  number = 0;
  readonly #onSent: () => void;

  constructor(
    topic: Topic,
    sender: number,
    onSent: () => void = () => {},
    options: PublisherOptions = {},
  ) {
    this.port = topic.publisher({ name: `sender ${sender}`, ...options });
    this.sender = sender;
    this.#onSent = onSent;
  }

  /** Sends the next message; returns how many subscribers were reached. */
  send(lengthBytes: number = SMALL_BYTES): number {
    const number = this.number + 1;
    const write = (payload: WriterOf<typeof Message> | Uint8Array): void =>
      fill(payload, this.sender, number);
    const { port } = this;
    const reached =
      "sendCopy" in port ? port.send(lengthBytes, write) : port.send((payload) => write(payload));
    this.number = number;
    this.#onSent();
    return reached;
  }

  /** Lends a message; undefined when as many are lent as may be. */
  tryLoan(lengthBytes: number = SMALL_BYTES): SentLater | undefined {
    const { port } = this;
    const loan = "sendCopy" in port ? port.tryLoan(lengthBytes) : port.tryLoan();
    if (loan === undefined) return undefined;
    return {
      send: () => {
        fill(loan.payload, this.sender, this.number + 1);
        const reached = loan.send();
        this.number += 1;
        this.#onSent();
        return reached;
      },
      drop: () => loan[Symbol.dispose](),
    };
  }

  close(): void {
    this.port.close();
  }
}

/** A loan. */
export interface SentLater {
  send(): number;
  drop(): void;
}

/** A subscriber of any payload. */
export type AnySubscriber = SubscriberFor<typeof Message> | SubscriberFor<typeof rawBytes>;

/** What a message of either service carries. */
export type AnyPayload = ReaderOf<typeof Message> | ReadonlyBytes;

/** Takes everything that waits at a subscriber. */
export function takeAll(subscriber: AnySubscriber): Received[] {
  const received: Received[] = [];
  const onMessage = (payload: AnyPayload, { missed }: MessageInfo): void => {
    received.push(inspect(payload, missed));
  };
  subscriber.poll(Number.POSITIVE_INFINITY, onMessage);
  return received;
}

/** What a program is told of its domain. */
export interface Surroundings {
  readonly domain: DomainOptions;
  readonly limits: Limits;
}
