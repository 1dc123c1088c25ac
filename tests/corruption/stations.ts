/**
 * Stations: the ports of one kind that a party has at one service, and what it does with them.
 *
 * Ports come and go all the time, as those of programs do that make a port again after an error,
 * so that joining, leaving and recovering meet the damaged tables as well.
 */
import type {
  BytesPublisher,
  BytesSubscriber,
  EventService,
  Listener,
  MessageInfo,
  Node,
  Notifier,
  ReaderOf,
  ReadonlyBytes,
  StructPublisher,
  StructSubscriber,
  WriterOf,
} from "floe";
import { WaitSet } from "floe";
import type { Random } from "../support/random.ts";
import type { Findings } from "./findings.ts";
import { examine, type Finding, tagOf, wordOf } from "./payloads.ts";
import {
  BYTES_OPTIONS,
  EVENTS_OPTIONS,
  RECORD_WORDS,
  RECORDS_OPTIONS,
  type Record,
  TOLD_EVENT_ID,
} from "./services.ts";

type RecordType = typeof Record;

interface Port {
  close(): void;
}

/** How long waits of the test last: most of them find something, or nothing at all, at once. */
const WAIT_MS = 3;

/** Messages that a fresh port sends, as many as a queue holds. */
export const FRESH_MESSAGES = 4;

/** An idle port looks at its memory with great care at every 64th look. */
const LOOKS_FOR_FRESH = 80;

/** Errors after which a program makes a port anew. */
const GIVE_UP_AFTER: readonly string[] = [
  "FLOE_SERVICE_CORRUPT",
  "FLOE_LINK_POISONED",
  "FLOE_EJECTED",
];

/** Lengths of payloads in words, of several size classes, one of them returned at once. */
const LENGTHS_IN_WORDS = [4, 8, 60, 300, 5000] as const;

/** Ports of one kind. */
export abstract class Station<Of extends Port = Port> {
  protected readonly findings: Findings;
  protected readonly random: Random;
  readonly name: string;
  protected ports: Of[] = [];
  /** The port that was made to show that ports can be made again. */
  protected fresh: Of | undefined;
  readonly #nodes: readonly Node[];

  constructor(name: string, nodes: readonly Node[], random: Random, findings: Findings) {
    this.name = name;
    this.#nodes = nodes;
    this.random = random;
    this.findings = findings;
  }

  /** Makes a port in a service of a node. */
  protected abstract makeIn(node: Node): Of;

  /** Uses a port in some way. */
  protected abstract use(port: Of): void;

  /** Makes one more port. */
  join(): Of | undefined {
    const port = this.attempt("join", () => this.makeIn(this.random.pick(this.#nodes)));
    if (port !== undefined) this.ports.push(port);
    return port;
  }

  /** Makes a port that must work as any other. */
  makeFresh(): void {
    this.fresh = this.join();
  }

  /** Sends through the fresh port, or looks what has come to it; returns how much that was. */
  abstract useFresh(): number;

  /** Comes, goes, or does something. */
  step(): void {
    const choice = this.random.below(24);
    if (choice === 0 || this.ports.length === 0) this.join();
    else if (choice === 1) this.#closeOne(this.random.below(this.ports.length));
    else this.#useOne(this.random.below(this.ports.length));
  }

  /** Uses a port, and gives it up if an error says that it should be. */
  #useOne(index: number): void {
    const { findings } = this;
    findings.lastCode = undefined;
    this.use(this.ports[index]!);
    if (GIVE_UP_AFTER.includes(findings.lastCode ?? "")) this.#closeOne(index);
  }

  /** Every port must answer one more call. */
  respond(): void {
    for (const port of this.ports) this.use(port);
  }

  protected attempt<Result>(what: string, action: () => Result): Result | undefined {
    return this.findings.attempt(`${this.constructor.name} of ${this.name}, ${what}`, action);
  }

  /** A time to block for: mostly none, because nothing else happens meanwhile. */
  protected shortMs(): number {
    return this.random.below(30) === 0 ? 1 : 0;
  }

  #closeOne(index: number): void {
    const port = this.ports[index]!;
    const isClosed = this.attempt("close", () => {
      port.close();
      return true;
    });
    // What could not leave in time is tried again.
    if (isClosed === true) this.ports.splice(index, 1);
  }

  /** Closes all ports; how many could not be closed. */
  closeAll(): number {
    this.fresh = undefined;
    for (let index = this.ports.length - 1; index >= 0; index -= 1) this.#closeOne(index);
    return this.ports.length;
  }
}

abstract class Publishers<Of extends Port & { readonly id: string }> extends Station<Of> {
  readonly #sequences: WeakMap<Of, number> = new WeakMap();

  protected abstract send(port: Of, tag: number, sequence: number): void;

  /** Sends the next message, which says whose it is. */
  protected use(port: Of): void {
    this.attempt("send", () => this.#sendNext(port));
  }

  useFresh(): number {
    const port = this.fresh;
    if (port === undefined) return 0;
    for (let count = 0; count < FRESH_MESSAGES; count += 1) {
      this.attempt("send anew", () => this.#sendNext(port));
    }
    return FRESH_MESSAGES;
  }

  #sendNext(port: Of): void {
    const sequence = (this.#sequences.get(port) ?? 0) + 1;
    this.send(port, tagOf(port.id), sequence);
    this.#sequences.set(port, sequence);
  }
}

export class BytesPublishers extends Publishers<BytesPublisher> {
  protected makeIn(node: Node): BytesPublisher {
    using service = node.publishSubscribe(this.name, BYTES_OPTIONS);
    return service.publisher();
  }

  protected send(port: BytesPublisher, tag: number, sequence: number): void {
    const lengthBytes = this.random.pick(LENGTHS_IN_WORDS) * 4;
    const fill = (payload: Uint8Array): void => {
      const words = new Uint32Array(payload.buffer, payload.byteOffset, payload.length / 4);
      for (let index = 0; index < words.length; index += 1) {
        words[index] = wordOf(tag, sequence, index);
      }
    };
    if (this.random.below(5) > 0) {
      port.send(lengthBytes, fill);
      return;
    }
    const loan = port.tryLoan(lengthBytes);
    if (loan === undefined) throw new Error("no loan, although none is held");
    fill(loan.payload);
    loan.send();
  }
}

export class RecordPublishers extends Publishers<StructPublisher<RecordType>> {
  protected makeIn(node: Node): StructPublisher<RecordType> {
    using service = node.publishSubscribe(this.name, RECORDS_OPTIONS);
    return service.publisher();
  }

  protected send(port: StructPublisher<RecordType>, tag: number, sequence: number): void {
    port.send((record: WriterOf<RecordType>) => {
      record.label = `${sequence}`;
      for (let index = 0; index < RECORD_WORDS; index += 1) {
        record.words.set(index, wordOf(tag, sequence, index));
      }
    });
  }
}

interface Subscribing<Payload> extends Port {
  poll(limit: number, handler: (payload: Payload, info: MessageInfo) => void): number;
  tryTake(): TakenSample<Payload> | undefined;
  take(options: { readonly timeout: number }): Promise<TakenSample<Payload>>;
  takeSync(options: { readonly timeout: number }): TakenSample<Payload> | undefined;
  readonly publisherCount: number;
}

interface TakenSample<Payload> extends MessageInfo {
  readonly payload: Payload;
  release(): void;
}

abstract class Subscribers<Payload, Of extends Subscribing<Payload>> extends Station<Of> {
  #held: TakenSample<Payload>[] = [];
  /** Waits that have not ended yet. */
  readonly pending: Set<Promise<void>> = new Set();
  #soundCount = 0;

  protected abstract examine(payload: Payload, tag: number, sequence: number): Finding;

  #note(payload: Payload, { publisherId, sequence, missed }: MessageInfo): void {
    const { findings } = this;
    const finding = this.examine(payload, tagOf(publisherId), sequence);
    findings.receivedCount += 1;
    if (!(missed >= 0 && sequence >= 0)) findings.offend(`sequence ${sequence}, missed ${missed}`);
    if (finding === "foreign") findings.offend(`${this.name}: bytes of another publisher`);
    if (finding === "torn") findings.tornCount += 1;
    else this.#soundCount += 1;
  }

  #hold(sample: TakenSample<Payload> | undefined): void {
    if (sample === undefined) return;
    this.#held.push(sample);
    this.#note(sample.payload, sample);
  }

  protected use(port: Of): void {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
      case 1:
        this.attempt("tryTake", () => this.#hold(port.tryTake()));
        break;
      case 2:
        this.attempt("takeSync", () => this.#hold(port.takeSync({ timeout: this.shortMs() })));
        break;
      case 3:
        if (this.pending.size < 4) this.#wait(port);
        break;
      case 4:
        this.attempt("publisherCount", () => port.publisherCount);
        break;
      case 5:
      case 6:
        this.#release();
        break;
      default:
        this.#poll(port, 1 + random.below(6));
    }
  }

  #poll(port: Of, limit: number): void {
    const handler = (payload: Payload, info: MessageInfo): void => this.#note(payload, info);
    this.attempt("poll", () => port.poll(limit, handler));
  }

  /** How many sound messages have come. */
  useFresh(): number {
    this.#soundCount = 0;
    const port = this.fresh;
    if (port === undefined) return 0;
    for (let look = 0; look < LOOKS_FOR_FRESH; look += 1) this.#poll(port, FRESH_MESSAGES);
    return this.#soundCount;
  }

  #wait(port: Of): void {
    const wait = port.take({ timeout: WAIT_MS }).then(
      (sample) => void this.attempt("take", () => this.#hold(sample)),
      (error: unknown) => this.findings.noteError("take", error),
    );
    this.pending.add(wait);
    void wait.then(() => this.pending.delete(wait));
  }

  #release(): void {
    const sample = this.#held.shift();
    if (sample === undefined) return;
    // What it shows now, and that it can be given back.
    this.attempt("payload", () => this.#note(sample.payload, sample));
    this.attempt("release", () => sample.release());
  }

  override closeAll(): number {
    while (this.#held.length > 0) this.#release();
    return super.closeAll();
  }
}

export class BytesSubscribers extends Subscribers<ReadonlyBytes, BytesSubscriber> {
  protected makeIn(node: Node): BytesSubscriber {
    using service = node.publishSubscribe(this.name, BYTES_OPTIONS);
    return service.subscriber();
  }

  protected examine(payload: ReadonlyBytes, tag: number, sequence: number): Finding {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const wordAt = (index: number): number => view.getUint32(index * 4, true);
    return examine(Math.floor(payload.byteLength / 4), wordAt, tag, sequence);
  }
}

export class RecordSubscribers extends Subscribers<
  ReaderOf<RecordType>,
  StructSubscriber<RecordType>
> {
  protected makeIn(node: Node): StructSubscriber<RecordType> {
    using service = node.publishSubscribe(this.name, RECORDS_OPTIONS);
    return service.subscriber();
  }

  protected examine(record: ReaderOf<RecordType>, tag: number, sequence: number): Finding {
    // A foreign length is a FloeError.
    this.attempt("text", () => record.label);
    return examine(RECORD_WORDS, (index) => record.words.at(index), tag, sequence);
  }
}

export class Notifiers extends Station<Notifier> {
  protected makeIn(node: Node): Notifier {
    using service: EventService = node.event(this.name, EVENTS_OPTIONS);
    return service.notifier();
  }

  protected use(port: Notifier): void {
    const eventId = this.random.below(EVENTS_OPTIONS.eventIdMax + 1);
    if (this.random.below(8) > 0) this.attempt("notify", () => port.notify(eventId));
    else this.attempt("listeners", () => port.listenerCount);
  }

  useFresh(): number {
    const port = this.fresh;
    if (port === undefined) return 0;
    for (let count = 0; count < FRESH_MESSAGES; count += 1) {
      this.attempt("notify anew", () => port.notify(TOLD_EVENT_ID));
    }
    return FRESH_MESSAGES;
  }
}

export class Listeners extends Station<Listener> {
  readonly pending: Set<Promise<void>> = new Set();
  /** How often the test's own event came. */
  #toldCount = 0;

  protected makeIn(node: Node): Listener {
    using service = node.event(this.name, EVENTS_OPTIONS);
    return service.listener();
  }

  #note(eventId: number, count: number): void {
    const isSound = eventId >= 0 && eventId <= EVENTS_OPTIONS.eventIdMax && count > 0;
    if (!isSound) this.findings.offend(`event ${eventId} came ${count} times`);
    if (eventId === TOLD_EVENT_ID) this.#toldCount += count;
  }

  protected use(port: Listener): void {
    switch (this.random.below(12)) {
      case 0:
        this.attempt("findDeadNotifiers", () => port.findDeadNotifiers());
        break;
      case 1:
        this.attempt("waitSync", () => port.waitSync({ timeout: this.shortMs() }));
        break;
      case 2:
        if (this.pending.size < 4) this.#wait(port);
        break;
      case 3:
        this.attempt("elapsedMs", () => port.elapsedMs);
        break;
      case 4:
        this.attempt("fileDescriptor", () => port.fileDescriptor);
        break;
      case 5:
        this.attempt("wait set", () => waitInSet(port, this.shortMs()));
        break;
      default:
        this.#poll(port);
    }
  }

  #poll(port: Listener): void {
    this.attempt("poll", () => port.poll((eventId, count) => this.#note(eventId, count)));
  }

  /** How often the test's own event came. */
  useFresh(): number {
    this.#toldCount = 0;
    const port = this.fresh;
    if (port === undefined) return 0;
    for (let look = 0; look < LOOKS_FOR_FRESH; look += 1) this.#poll(port);
    return this.#toldCount;
  }

  #wait(port: Listener): void {
    const wait = port.wait({ timeout: WAIT_MS }).then(
      (activations) => {
        for (const { eventId, count } of activations) this.#note(eventId, count);
      },
      (error: unknown) => this.findings.noteError("wait", error),
    );
    this.pending.add(wait);
    void wait.then(() => this.pending.delete(wait));
  }
}

function waitInSet(port: Listener, timeout: number): void {
  const set = new WaitSet({ signals: [] });
  try {
    set.attachDeadline(port);
    set.waitSync({ timeout });
  } finally {
    set.close();
  }
}
