/**
 * Actor: a process's part in a row of the table. It has at most one of everything: a node, a
 * service of messages and one of events, a port of each kind.
 *
 * Rows use it in two ways: in the test's own process, and through `puppet.ts` in another one, which
 * may then be starved, stopped or killed. What it returns is plain data, so that it can travel.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  type BytesPublisher,
  type BytesSubscriber,
  type DomainOptions,
  type EventActivation,
  type EventOptions,
  type EventService,
  FloeError,
  type Listener,
  type Loan,
  Node,
  type Notifier,
  type PublisherOptions,
  type PublishSubscribe,
  type PublishSubscribeOptions,
  type ReadonlyBytes,
  rawBytes,
  type Sample,
  WaitSet,
} from "floe";
import { mappedFiles, openFiles } from "../support/resources.ts";

const COUNT_BYTES = 4;

/** A port that an actor may have. */
export type Part = "publisher" | "subscriber" | "notifier" | "listener";

/** What is known of a process from outside and inside. */
export interface Holdings {
  /** Paths of files of the domain that are open. */
  readonly open: string[];
  /** Paths of files of the domain that are mapped. */
  readonly mapped: string[];
}

/** The number that a message carries. */
export function countIn(payload: ReadonlyBytes): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
}

/** Writes the number that a message carries. */
export function writeCount(payload: Uint8Array, count: number): void {
  new DataView(payload.buffer, payload.byteOffset).setUint32(0, count, true);
}

/** See the file's first paragraph. */
export class Actor {
  readonly domain: DomainOptions;
  #node: Node | undefined;
  #messages: PublishSubscribe<typeof rawBytes> | undefined;
  #events: EventService | undefined;
  #other: PublishSubscribe<typeof rawBytes> | undefined;
  #publisher: BytesPublisher | undefined;
  #subscriber: BytesSubscriber | undefined;
  #notifier: Notifier | undefined;
  #listener: Listener | undefined;
  #taken: Promise<number> | undefined;
  #heard: Promise<EventActivation[]> | undefined;
  readonly #samples: Sample<ReadonlyBytes>[] = [];
  readonly #loans: Loan<Uint8Array>[] = [];

  constructor(domain: DomainOptions) {
    this.domain = domain;
  }

  /** Makes a node; tells its id. */
  node(): string {
    this.#node = Node.create({ domain: this.domain, name: "actor" });
    return this.#node.id;
  }

  /** Opens the service of messages. */
  messages(options: Partial<PublishSubscribeOptions<typeof rawBytes>> = {}): void {
    this.#messages = this.#node!.publishSubscribe("m", { payload: rawBytes, ...options });
  }

  /** Opens the service of events. */
  events(options: EventOptions = {}): void {
    this.#events = this.#node!.event("e", options);
  }

  /** Makes a further service. */
  createOther(): void {
    this.#other?.close();
    this.#other = this.#node!.publishSubscribe("other", { payload: rawBytes });
  }

  publisher(options: PublisherOptions = {}): void {
    this.#publisher = this.#messages!.publisher(options);
  }

  subscriber(): void {
    this.#subscriber = this.#messages!.subscriber();
  }

  notifier(): void {
    this.#notifier = this.#events!.notifier();
  }

  listener(): void {
    this.#listener = this.#events!.listener();
  }

  /** Opens a further port of a service that is open, for a moment. */
  joinOnceMore(part: Part): void {
    if (part === "publisher") this.#messages!.publisher().close();
    else if (part === "subscriber") this.#messages!.subscriber().close();
    else if (part === "notifier") this.#events!.notifier().close();
    else this.#events!.listener().close();
  }

  /** How many ports of all kinds its services have. */
  portCount(): number {
    const ports = [this.#messages!.publishers(), this.#messages!.subscribers()];
    const events = [this.#events!.notifiers(), this.#events!.listeners()];
    return [...ports, ...events].flat().length;
  }

  /** Opens everything that is named, with all that it takes. */
  open(...parts: Part[]): void {
    if (this.#node === undefined) this.node();
    for (const part of parts) {
      if (part === "publisher" || part === "subscriber") {
        if (this.#messages === undefined) this.messages();
      } else if (this.#events === undefined) this.events();
      this[part]();
    }
  }

  /** Sends a number in a message of a length; tells how many subscribers it reached. */
  send(count: number, lengthBytes: number = COUNT_BYTES): number {
    return this.#publisher!.send(lengthBytes, (payload) => writeCount(payload, count));
  }

  /** Sends, calling `fill` in between. */
  sendWith(lengthBytes: number, fill: (payload: Uint8Array) => void): number {
    return this.#publisher!.send(lengthBytes, fill);
  }

  /** Takes a loan and keeps it. */
  loan(lengthBytes: number = COUNT_BYTES): void {
    this.#loans.push(this.#publisher!.tryLoan(lengthBytes)!);
  }

  /** Takes what waits: the numbers of the messages. */
  poll(): number[] {
    const counts: number[] = [];
    this.#subscriber!.poll(1000, (payload) => counts.push(countIn(payload)));
    return counts;
  }

  /** Takes what waits, handing it over one by one. */
  pollWith(handler: (count: number) => void): number {
    return this.#subscriber!.poll(1000, (payload) => handler(countIn(payload)));
  }

  /** Takes one message and keeps it; tells its number, or null. */
  hold(): number | null {
    const sample = this.#subscriber!.tryTake();
    if (sample === undefined) return null;
    this.#samples.push(sample);
    return countIn(sample.payload);
  }

  /** The numbers of the samples that are held. */
  held(): number[] {
    return this.#samples.map(({ payload }) => countIn(payload));
  }

  /** Waits for a message in the event loop. */
  async take(timeout: number = 20_000): Promise<number> {
    using sample = await this.#subscriber!.take({ timeout });
    return countIn(sample.payload);
  }

  /** Falls asleep until a message comes; {@link taken} tells of it. */
  beginTake(timeout: number = 20_000): void {
    this.#taken = this.take(timeout);
  }

  /** The number of the message for which it fell asleep. */
  taken(): Promise<number> {
    return this.#taken!;
  }

  /** Falls asleep until there are notifications; {@link heardAsleep} tells of them. */
  beginHear(timeout: number = 20_000): void {
    this.#heard = this.hear(timeout);
  }

  /** The notifications for which it fell asleep. */
  heardAsleep(): Promise<EventActivation[]> {
    return this.#heard!;
  }

  /** Waits for a message by blocking; null when none came. */
  takeSync(timeout: number = 20_000): number | null {
    using sample = this.#subscriber!.takeSync({ timeout });
    return sample === undefined ? null : countIn(sample.payload);
  }

  /** Waits until so many subscribers are there. */
  waitForSubscribers(count: number): Promise<number> {
    return this.#publisher!.waitForSubscribers({ count, timeout: 20_000 });
  }

  /** Notifies; tells how many listeners there were. */
  notify(eventId: number): number {
    return this.#notifier!.notify(eventId);
  }

  /** What was notified. */
  heard(): EventActivation[] {
    return this.#listener!.tryWait();
  }

  /** Hands what was notified over one by one. */
  hearWith(handler: (eventId: number) => void): number {
    return this.#listener!.poll(handler);
  }

  /** Waits for notifications in the event loop. */
  hear(timeout: number = 20_000): Promise<EventActivation[]> {
    return this.#listener!.wait({ timeout });
  }

  /** Sleeps in the event loop, for a moment and in vain. */
  async nap(): Promise<void> {
    try {
      await this.hear(1);
    } catch (error) {
      if (!(FloeError.is(error) && error.code === "FLOE_TIMEOUT")) throw error;
    }
  }

  /** The same in a wait set. */
  async napInSet(): Promise<void> {
    using set = new WaitSet();
    set.attach(this.#listener!);
    await set.wait({ timeout: 1 });
  }

  /** Waits in a wait set until a deadline of the listener is missed; tells whether it was. */
  async missDeadline(deadlineMs: number): Promise<boolean> {
    using set = new WaitSet();
    set.attachDeadline(this.#listener!, deadlineMs);
    const [event] = await set.wait({ timeout: 20_000 });
    return event?.kind === "deadline-missed";
  }

  /** Asks for the listener's descriptor. */
  descriptor(): number {
    return this.#listener!.fileDescriptor;
  }

  /** Waits for notifications by blocking; null when none came. */
  hearSync(timeout: number = 20_000): EventActivation[] | null {
    return this.#listener!.waitSync({ timeout }) ?? null;
  }

  /** Milliseconds since the last notification. */
  elapsedMs(): number | null {
    return this.#listener!.elapsedMs;
  }

  /** The ports, for wait sets. */
  get ports(): { readonly subscriber: BytesSubscriber; readonly listener: Listener } {
    return { subscriber: this.#subscriber!, listener: this.#listener! };
  }

  /** The paths of everything that lies in the domain's directory. */
  filesBelow(): string[] {
    const path = join(this.domain.root!, this.domain.name!);
    return readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  }

  /** Cleans up after the dead; tells which nodes were. */
  clean(): readonly string[] {
    return Node.clean({ domain: this.domain }).removedNodeIds;
  }

  /** What this process holds of the domain. */
  holdings(): Holdings {
    const root = this.domain.root!;
    return { open: openFiles(root).sort(), mapped: mappedFiles(root).sort() };
  }

  /** Gives samples and loans back. */
  release(): void {
    for (const sample of this.#samples.splice(0)) sample.release();
    for (const loan of this.#loans.splice(0)) loan[Symbol.dispose]();
  }

  /** Closes one thing, so that it can be opened again. */
  closePart(part: Part | "node"): void {
    if (part === "publisher") this.#publisher?.close();
    else if (part === "subscriber") this.#subscriber?.close();
    else if (part === "notifier") this.#notifier?.close();
    else if (part === "listener") this.#listener?.close();
    else this.#node?.close();
  }

  /** Closes everything that is open. */
  close(): void {
    this.release();
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#notifier?.close();
    this.#listener?.close();
    for (const service of [this.#other, this.#messages, this.#events]) service?.close();
    this.#node?.close();
    this.#publisher = undefined;
    this.#subscriber = undefined;
    this.#notifier = undefined;
    this.#listener = undefined;
    this.#other = undefined;
    this.#messages = undefined;
    this.#events = undefined;
    this.#node = undefined;
  }
}
