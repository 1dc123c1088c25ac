/**
 * The ports of a participant of the soak, each with the ledger that it keeps.
 *
 * A port works in short turns: a sender sends a few messages, a receiver takes what there is, in
 * one of all the ways to do so, and looks at every byte. What must not be is an *offence*, and is
 * said at once, because the process may be killed the moment after.
 */
import {
  FloeError,
  type Listener,
  type MessageInfo,
  type Notifier,
  type ReaderOf,
  type ReadonlyBytes,
  type Sample,
  type Waitable,
  type WriterOf,
} from "floe";
import type { Random } from "../support/random.ts";
import { ListenerLedger, nowNs, SenderLedger, SubscriberLedger } from "./ledger-file.ts";
import { baseOf, fillBytes, findForeignByte, lengthOf, wordOf } from "./pattern.ts";
import {
  freeEventIds,
  type MessageService,
  type NoticeService,
  type openBytes,
  type openNotices,
  type openStructs,
  SOAKED_WORDS,
  type Soaked,
} from "./services.ts";

/** Says what must not be. */
export type Offend = (text: string) => void;

/** What a port is made with. */
export interface PortSetting {
  readonly path: string;
  /** Number of the service. */
  readonly serviceIndex: number;
  readonly random: Random;
  readonly offend: Offend;
}

/** A port that works until it is closed. */
export interface WorkingPort {
  readonly serviceIndex: number;
  work(): void | Promise<void>;
  close(): void;
}

type Structs = ReturnType<typeof openStructs>;
type Bytes = ReturnType<typeof openBytes>;

/** A publish-subscribe service that is open, with what it carries. */
export type OpenMessages =
  | { readonly details: MessageService; readonly lengthsBytes: undefined; readonly handle: Structs }
  | {
      readonly details: MessageService;
      readonly lengthsBytes: readonly number[];
      readonly handle: Bytes;
    };

const STRUCT_BYTES = 4 + 4 * SOAKED_WORDS;

function fillStruct(message: WriterOf<typeof Soaked>, base: number): void {
  message.base = base;
  for (let index = 0; index < SOAKED_WORDS; index += 1) {
    message.words.set(index, wordOf(base, index + 1));
  }
}

/** Closes something for which another process may hold the lock for long, because it is stopped. */
function closePatiently(close: () => void): void {
  for (;;) {
    try {
      close();
      return;
    } catch (error) {
      if (!(FloeError.is(error) && error.code === "FLOE_LOCK_TIMEOUT")) throw error;
    }
  }
}

/** Whether a subscriber was thrown out because it took nothing for too long: it was stopped. */
export function isEjection(error: unknown): boolean {
  return FloeError.is(error) && error.code === "FLOE_EJECTED";
}

/** Whether somebody waited in vain. */
function isVain(error: unknown): boolean {
  const codes: readonly string[] = ["FLOE_TIMEOUT", "FLOE_NO_PEER", "FLOE_PEER_DIED"];
  return FloeError.is(error) && codes.includes(error.code);
}

/** Sends messages. */
export class WorkingPublisher implements WorkingPort {
  readonly serviceIndex: number;
  readonly #service: OpenMessages;
  readonly #random: Random;
  readonly #ledger: SenderLedger;
  readonly port: { readonly id: string; close(): void };
  readonly #sendNext: (base: number) => number;

  constructor(service: OpenMessages, { path, serviceIndex, random }: PortSetting) {
    this.serviceIndex = serviceIndex;
    this.#service = service;
    this.#random = random;
    this.#ledger = new SenderLedger(path, serviceIndex);
    const { ejectAfterMs } = service.details;
    const options = ejectAfterMs === undefined ? {} : { ejectAfter: ejectAfterMs };
    if (service.lengthsBytes === undefined) {
      const port = this.#ledger.joining(() => service.handle.publisher(options));
      this.port = port;
      this.#sendNext = (base) => {
        const loan = random.below(4) === 0 ? port.tryLoan() : undefined;
        if (loan === undefined) port.send((message) => fillStruct(message, base));
        else {
          fillStruct(loan.payload, base);
          loan.send();
        }
        return STRUCT_BYTES;
      };
    } else {
      const { lengthsBytes } = service;
      const port = this.#ledger.joining(() => service.handle.publisher(options));
      this.port = port;
      this.#sendNext = (base) => {
        const lengthBytes = lengthOf(base, lengthsBytes);
        const loan = random.below(4) === 0 ? port.tryLoan(lengthBytes) : undefined;
        if (loan === undefined) port.send(lengthBytes, (bytes) => fillBytes(bytes, base));
        else {
          fillBytes(loan.payload, base);
          loan.send();
        }
        return lengthBytes;
      };
    }
  }

  work(): void {
    const { burstMax } = this.#service.details;
    if (this.#random.below(2) === 0) return;
    for (let rest = this.#random.below(burstMax) + 1; rest > 0; rest -= 1) {
      const beginNs = nowNs();
      const lengthBytes = this.#sendNext(baseOf(this.port.id, this.#ledger.sentCount + 1));
      this.#ledger.sent(beginNs, lengthBytes);
    }
  }

  close(): void {
    this.#ledger.closing(() => closePatiently(() => this.port.close()));
  }
}

/** What a subscriber has got from one publisher, as it goes. */
interface Account {
  readonly publisherId: string;
  readonly first: number;
  last: number;
  received: number;
  missed: number;
}

/** What the subscribers of both payloads have in common, as they are used here. */
interface AnySubscriber<Payload> extends Waitable {
  readonly id: string;
  poll(limit: number, handler: (payload: Payload, info: MessageInfo) => void): number;
  tryTake(): Sample<Payload> | undefined;
  take(options: {
    readonly timeout: number;
    readonly requireSender: boolean;
  }): Promise<Sample<Payload>>;
  takeSync(options: { readonly timeout: number }): Sample<Payload> | undefined;
  close(): void;
}

/** Polls in which a subscriber tries to take everything; a fast publisher may always have more. */
const DRAIN_POLLS_MAX = 1000;

/** Receives messages. */
export class WorkingSubscriber<Payload> implements WorkingPort {
  readonly serviceIndex: number;
  readonly port: AnySubscriber<Payload>;
  readonly #service: MessageService;
  readonly #random: Random;
  readonly #offend: Offend;
  readonly #ledger: SubscriberLedger;
  readonly #accounts: Map<string, Account> = new Map();
  readonly #touched: Set<Account> = new Set();
  readonly #held: Sample<Payload>[] = [];
  readonly #findFault: (payload: Payload, base: number) => string | undefined;
  readonly #handle = (payload: Payload, info: MessageInfo): void => this.#got(payload, info);

  constructor(
    service: MessageService,
    { path, serviceIndex, random, offend }: PortSetting,
    join: () => AnySubscriber<Payload>,
    findFault: (payload: Payload, base: number) => string | undefined,
  ) {
    this.serviceIndex = serviceIndex;
    this.#service = service;
    this.#random = random;
    this.#offend = offend;
    this.#findFault = findFault;
    this.#ledger = new SubscriberLedger(path, serviceIndex);
    this.port = this.#ledger.joining(join);
  }

  #got(payload: Payload, { publisherId, sequence, missed }: MessageInfo): void {
    let account = this.#accounts.get(publisherId);
    if (account === undefined) {
      const first = sequence - missed;
      account = { publisherId, first, last: first - 1, received: 0, missed: 0 };
      this.#accounts.set(publisherId, account);
    }
    const fault = this.#findFault(payload, baseOf(publisherId, sequence));
    if (fault !== undefined) this.#complain(publisherId, `message ${sequence}: ${fault}`);
    if (missed < 0 || sequence !== account.last + missed + 1) {
      const found = `message ${sequence} with ${missed} missed after message ${account.last}`;
      this.#complain(publisherId, found);
    }
    account.last = sequence;
    account.received += 1;
    account.missed += missed;
    this.#touched.add(account);
  }

  #complain(publisherId: string, text: string): void {
    this.#offend(`"${this.#service.name}", ${publisherId} to ${this.port.id}: ${text}`);
  }

  #flush(): void {
    for (const account of this.#touched) this.#ledger.received(account);
    this.#touched.clear();
  }

  async work(): Promise<void> {
    const way = this.#random.below(20);
    if (way === 0) await this.#await();
    else if (way === 1) this.#keep(this.port.takeSync({ timeout: 2 }));
    else if (way < 6) this.#hold();
    else if (way < 10) this.port.poll(this.#random.below(8) + 1, this.#handle);
    if (this.#random.below(3) === 0) this.#releaseAll();
    this.#drain(4);
  }

  async #await(): Promise<void> {
    try {
      const requireSender = this.#random.below(2) === 0;
      this.#keep(await this.port.take({ timeout: 3, requireSender }));
    } catch (error) {
      if (!isVain(error)) throw error;
    }
  }

  /** Takes some samples and keeps them for a while. */
  #hold(): void {
    const most = this.#service.quality.maxBorrowedSamples - 1;
    while (this.#held.length < most && this.#keep(this.port.tryTake()));
  }

  #keep(sample: Sample<Payload> | undefined): boolean {
    if (sample === undefined) return false;
    this.#got(sample.payload, sample);
    if (this.#held.length + 1 < this.#service.quality.maxBorrowedSamples) this.#held.push(sample);
    else sample.release();
    return true;
  }

  /** Gives back what is held; what it holds must still be what it was. */
  #releaseAll(): void {
    for (const sample of this.#held.splice(0)) {
      const fault = this.#findFault(sample.payload, baseOf(sample.publisherId, sample.sequence));
      const text = `message ${sample.sequence}, held for a while: ${fault}`;
      if (fault !== undefined) this.#complain(sample.publisherId, text);
      sample.release();
    }
  }

  /**
   * Takes everything, in so many polls at most; one that finds nothing says up to when. It counts
   * only if the next one does not find this port ejected: it may have been so in the middle of the
   * poll, and then everything that waited was withdrawn.
   */
  #drain(pollsMax: number): void {
    let emptyNs = 0;
    for (let polls = 0; polls < pollsMax; polls += 1) {
      const beginNs = nowNs();
      const count = this.port.poll(Number.POSITIVE_INFINITY, this.#handle);
      this.#flush();
      if (emptyNs > 0) {
        this.#ledger.note("drainedNs", emptyNs);
        return;
      }
      if (count === 0) emptyNs = beginNs;
    }
  }

  /** What came from these publishers was read by others. */
  forget(publisherIds: readonly string[]): void {
    for (const publisherId of publisherIds) {
      this.#accounts.delete(publisherId);
      this.#ledger.forget(publisherId);
    }
  }

  close(): void {
    try {
      this.#drain(DRAIN_POLLS_MAX);
    } catch (error) {
      // What it had taken before is in the ledger.
      if (!isEjection(error)) throw error;
      this.#flush();
    }
    this.#ledger.closing(() => {
      const isLate = this.#random.below(2) === 0;
      if (!isLate) this.#releaseAll();
      closePatiently(() => this.port.close());
      this.#releaseAll();
    });
  }
}

/** A subscriber of either payload. */
export type AnyWorkingSubscriber =
  | WorkingSubscriber<ReaderOf<typeof Soaked>>
  | WorkingSubscriber<ReadonlyBytes>;

/** Makes a subscriber of a service, which takes what that service carries. */
export function subscribe(service: OpenMessages, setting: PortSetting): AnyWorkingSubscriber {
  const { details, handle, lengthsBytes } = service;
  if (lengthsBytes === undefined) {
    return new WorkingSubscriber(details, setting, () => handle.subscriber(), faultOfStruct);
  }
  const findFault = (bytes: ReadonlyBytes, base: number): string | undefined => {
    const wanted = lengthOf(base, lengthsBytes);
    if (bytes.length !== wanted) return `${bytes.length} bytes instead of ${wanted}`;
    const index = findForeignByte(bytes, base);
    return index === -1 ? undefined : `another content from byte ${index} of ${wanted} on`;
  };
  return new WorkingSubscriber(details, setting, () => handle.subscriber(), findFault);
}

function faultOfStruct(message: ReaderOf<typeof Soaked>, base: number): string | undefined {
  if (message.base !== base) return `${message.base} instead of ${base}`;
  for (let index = 0; index < SOAKED_WORDS; index += 1) {
    if (message.words.at(index) !== wordOf(base, index + 1))
      return `another content in word ${index}`;
  }
  return undefined;
}

type Notices = ReturnType<typeof openNotices>;

/** Notifies of one event id. */
export class WorkingNotifier implements WorkingPort {
  readonly serviceIndex: number;
  readonly #random: Random;
  readonly #ledger: SenderLedger;
  readonly #port: Notifier;
  readonly #eventId: number;

  constructor(service: NoticeService, handle: Notices, setting: PortSetting) {
    this.serviceIndex = setting.serviceIndex;
    this.#random = setting.random;
    this.#eventId = this.#random.pick(freeEventIds(service));
    this.#ledger = new SenderLedger(setting.path, setting.serviceIndex);
    this.#ledger.note("eventId", this.#eventId);
    const defaultEventId = this.#eventId;
    this.#port = this.#ledger.joining(() => handle.notifier({ defaultEventId }));
  }

  work(): void {
    for (let rest = this.#random.below(4); rest > 0; rest -= 1) {
      const beginNs = nowNs();
      this.#port.notify();
      this.#ledger.sent(beginNs, 0);
    }
  }

  close(): void {
    this.#ledger.closing(() => closePatiently(() => this.#port.close()));
  }
}

/** Counts what it is notified of. */
export class WorkingListener implements WorkingPort {
  readonly serviceIndex: number;
  readonly port: Listener;
  readonly #random: Random;
  readonly #ledger: ListenerLedger;

  constructor(service: NoticeService, handle: Notices, setting: PortSetting) {
    this.serviceIndex = setting.serviceIndex;
    this.#random = setting.random;
    const { path, serviceIndex } = setting;
    this.#ledger = new ListenerLedger(path, serviceIndex, service.limits.eventIdMax);
    this.port = this.#ledger.joining(() => handle.listener());
  }

  async work(): Promise<void> {
    const way = this.#random.below(20);
    if (way === 0) this.#count(this.port.waitSync({ timeout: 2 }) ?? []);
    if (way === 1) await this.#await();
    this.#drain();
  }

  async #await(): Promise<void> {
    try {
      const requireSender = this.#random.below(2) === 0;
      this.#count(await this.port.wait({ timeout: 3, requireSender }));
    } catch (error) {
      if (!isVain(error)) throw error;
    }
  }

  #drain(): void {
    const beginNs = nowNs();
    this.#count(this.port.tryWait());
    this.#ledger.note("drainedNs", beginNs);
  }

  #count(activations: readonly { readonly eventId: number; readonly count: number }[]): void {
    if (activations.length === 0) return;
    // Before the counts: whoever is killed in between has counted nothing later than this.
    this.#ledger.note("takenNs");
    for (const { eventId, count } of activations) this.#ledger.counted(eventId, count);
  }

  close(): void {
    this.#drain();
    this.#ledger.closing(() => closePatiently(() => this.port.close()));
  }
}
