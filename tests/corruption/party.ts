/**
 * Party: one process under test, with nodes, services and ports of one side or of both.
 *
 * It makes traffic while somebody writes into the memory that it shares; it then shows that it
 * still responds, that its ports can be closed and made again, and that nothing is left over. In
 * the calm services, which share its nodes, every message must come exactly.
 */
import {
  type BytesPublisher,
  type BytesSubscriber,
  type DomainOptions,
  type Listener,
  Node,
  type Notifier,
} from "floe";
import type { Random } from "../support/random.ts";
import { mappedFiles } from "../support/resources.ts";
import type { Findings } from "./findings.ts";
import { examine, tagOf, wordOf } from "./payloads.ts";
import {
  BYTES_OPTIONS,
  CALM_BYTES,
  CALM_EVENTS,
  EVENTS_OPTIONS,
  NOISY_BYTES,
  NOISY_EVENTS,
  NOISY_RECORDS,
  RECORDS_OPTIONS,
  TOLD_EVENT_ID,
} from "./services.ts";
import {
  BytesPublishers,
  BytesSubscribers,
  Listeners,
  Notifiers,
  RecordPublishers,
  RecordSubscribers,
  type Station,
} from "./stations.ts";

/** Which ports a party has. */
export type Side = "senders" | "receivers" | "both";

const CALM_WORDS = 16;

export class Party {
  readonly #random: Random;
  readonly #findings: Findings;
  readonly #root: string;
  readonly #side: Side;
  readonly #nodes: Node[];
  readonly #visitor: Node;
  /** Keeps the services open while their ports come and go. */
  #anchors: { close(): void }[] = [];
  readonly #bytesPublishers: BytesPublishers;
  readonly #recordPublishers: RecordPublishers;
  readonly #bytesSubscribers: BytesSubscribers;
  readonly #recordSubscribers: RecordSubscribers;
  readonly #notifiers: Notifiers;
  readonly #listeners: Listeners;
  readonly #stations: AnyStation[];
  readonly #calm: Calm;

  constructor(domain: DomainOptions, side: Side, random: Random, findings: Findings) {
    this.#random = random;
    this.#findings = findings;
    this.#root = domain.root!;
    this.#side = side;
    this.#nodes = [Node.create({ domain }), Node.create({ domain })];
    this.#visitor = Node.create({ domain });
    const nodes = this.#nodes;
    this.#bytesPublishers = new BytesPublishers(NOISY_BYTES, nodes, random, findings);
    this.#recordPublishers = new RecordPublishers(NOISY_RECORDS, nodes, random, findings);
    this.#bytesSubscribers = new BytesSubscribers(NOISY_BYTES, nodes, random, findings);
    this.#recordSubscribers = new RecordSubscribers(NOISY_RECORDS, nodes, random, findings);
    this.#notifiers = new Notifiers(NOISY_EVENTS, nodes, random, findings);
    this.#listeners = new Listeners(NOISY_EVENTS, nodes, random, findings);
    const senders = [this.#bytesPublishers, this.#recordPublishers, this.#notifiers];
    const receivers = [this.#bytesSubscribers, this.#recordSubscribers, this.#listeners];
    this.#stations = [...(this.#sends ? senders : []), ...(this.#receives ? receivers : [])];
    this.#calm = new Calm(nodes[0]!, side, findings);
  }

  get #sends(): boolean {
    return this.#side !== "receivers";
  }

  get #receives(): boolean {
    return this.#side !== "senders";
  }

  /** Opens the services. */
  open(): void {
    const [node] = this.#nodes;
    this.#anchor(() => node!.publishSubscribe(NOISY_BYTES, BYTES_OPTIONS));
    this.#anchor(() => node!.publishSubscribe(NOISY_RECORDS, RECORDS_OPTIONS));
    this.#anchor(() => node!.event(NOISY_EVENTS, EVENTS_OPTIONS));
  }

  #anchor(open: () => { close(): void }): void {
    const service = this.#findings.attempt("open a service", open);
    if (service !== undefined) this.#anchors.push(service);
  }

  /** Does one thing. */
  step(): void {
    const choice = this.#random.below(40);
    if (choice === 0) this.#visit();
    else if (choice === 1) this.#calm.step();
    else this.#random.pick(this.#stations).step();
  }

  /** Opens a service from a node that has not mapped it. */
  #visit(): void {
    const visitor = this.#visitor;
    const opens = [
      () => visitor.publishSubscribe(NOISY_BYTES, BYTES_OPTIONS),
      () => visitor.publishSubscribe(NOISY_RECORDS, RECORDS_OPTIONS),
      () => visitor.event(NOISY_EVENTS, EVENTS_OPTIONS),
    ];
    const open = this.#random.pick(opens);
    this.#findings.attempt("visit a service", () => open().close());
  }

  /** Every port answers, and every wait ends. */
  async respond(): Promise<void> {
    for (const station of this.#stations) station.respond();
    const { pending } = this.#bytesSubscribers;
    const waits = [...pending, ...this.#recordSubscribers.pending, ...this.#listeners.pending];
    await Promise.all(waits);
  }

  /** Closes the ports; the services stay open. */
  closePorts(): void {
    for (const station of this.#stations) station.closeAll();
  }

  /** Makes ports anew, one of each kind. */
  makeFresh(): void {
    for (const station of this.#stations) station.makeFresh();
  }

  /** Sends what fresh ports of the other side must receive; how much, by service. */
  sendFresh(): Record<string, number> {
    return this.#useFresh([this.#bytesPublishers, this.#recordPublishers, this.#notifiers]);
  }

  /** How much of it has come, by service. */
  receiveFresh(): Record<string, number> {
    return this.#useFresh([this.#bytesSubscribers, this.#recordSubscribers, this.#listeners]);
  }

  #useFresh(stations: readonly FreshUser[]): Record<string, number> {
    return Object.fromEntries(stations.map((station) => [station.name, station.useFresh()]));
  }

  /** Lets go of the services. */
  leave(): void {
    this.closePorts();
    this.#anchors = this.#anchors.filter((service) => {
      const isClosed = this.#findings.attempt("close a service", () => {
        service.close();
        return true;
      });
      return isClosed !== true;
    });
  }

  /** After the services were removed by hand: nothing may be held of them. */
  assertNothingHeld(): void {
    this.leave();
    for (const station of this.#stations) {
      const left = station.closeAll();
      if (left > 0) this.#findings.offend(`${left} ports of ${station.name} cannot be closed`);
    }
    if (this.#anchors.length > 0) this.#findings.offend("services cannot be closed");
    // Those that were left in order have been removed under another name.
    const held = mappedFiles(this.#root).filter((path) => !path.includes(".calm-"));
    if (held.length > 0) this.#findings.offend(`still mapped: ${held.join(", ")}`);
    this.#calm.step();
  }

  close(): void {
    this.leave();
    this.#calm.close();
    for (const node of [...this.#nodes, this.#visitor]) node.close();
  }
}

/** What all stations can do, whatever their ports. */
type AnyStation = Pick<
  Station,
  "name" | "join" | "makeFresh" | "useFresh" | "step" | "respond" | "closeAll"
>;

interface FreshUser {
  readonly name: string;
  useFresh(): number;
}

/** Ports of the services that nobody touches: whatever goes wrong there is an offence. */
class Calm {
  readonly #findings: Findings;
  readonly #publisher: BytesPublisher | undefined;
  readonly #subscriber: BytesSubscriber | undefined;
  readonly #notifier: Notifier | undefined;
  readonly #listener: Listener | undefined;
  #sent = 0;
  /** The number that the next message of a publisher must have. */
  readonly #expected: Map<string, number> = new Map();

  constructor(node: Node, side: Side, findings: Findings) {
    this.#findings = findings;
    using messages = node.publishSubscribe(CALM_BYTES, BYTES_OPTIONS);
    using events = node.event(CALM_EVENTS, EVENTS_OPTIONS);
    if (side !== "receivers") {
      this.#publisher = messages.publisher();
      this.#notifier = events.notifier();
    }
    if (side !== "senders") {
      this.#subscriber = messages.subscriber();
      this.#listener = events.listener();
    }
  }

  /** Sends and receives; everything must be exactly as it should be. */
  step(): void {
    try {
      if (this.#publisher !== undefined) this.#send(this.#publisher);
      this.#notifier?.notify(TOLD_EVENT_ID);
      if (this.#subscriber !== undefined) this.#receive(this.#subscriber);
      this.#listener?.poll(() => {});
    } catch (error) {
      this.#findings.offend(`calm service: ${error instanceof Error ? error.stack : error}`);
    }
  }

  #send(publisher: BytesPublisher): void {
    const tag = tagOf(publisher.id);
    this.#sent += 1;
    publisher.send(CALM_WORDS * 4, (payload) => {
      const words = new Uint32Array(payload.buffer, payload.byteOffset, CALM_WORDS);
      for (let index = 0; index < CALM_WORDS; index += 1) {
        words[index] = wordOf(tag, this.#sent, index);
      }
    });
  }

  #receive(subscriber: BytesSubscriber): void {
    subscriber.poll(8, (payload, { publisherId, sequence, missed }) => {
      const words = new Uint32Array(payload.buffer, payload.byteOffset, payload.byteLength / 4);
      const finding = examine(words.length, (at) => words[at]!, tagOf(publisherId), sequence);
      const expected = (this.#expected.get(publisherId) ?? sequence - missed) + missed;
      if (finding !== "sound" || words.length !== CALM_WORDS || sequence !== expected) {
        this.#findings.offend(`calm service: ${finding}, message ${sequence}, not ${expected}`);
      }
      this.#expected.set(publisherId, sequence + 1);
    });
  }

  close(): void {
    for (const port of [this.#publisher, this.#subscriber, this.#notifier, this.#listener]) {
      port?.close();
    }
  }
}
