/**
 * Books: the ledgers of all ports, dead and alive, and whether they agree.
 *
 * When a process has ended, each of its receivers is compared with every sender that there was, and
 * each of its senders with the receivers of the process that stays, as soon as those have looked
 * once more. A sender's ledger is kept as long as anybody lives who may have heard of it.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type Bounds,
  boundsOfNotices,
  faultOfCount,
  faultOfMessages,
  NONE,
  plus,
} from "./balance.ts";
import { LedgerReader, nowNs, type PortKind, type Received } from "./ledger-file.ts";
import { freeEventIds, type NoticeService, SERVICES } from "./services.ts";

/** The name of the one who stays, in the names of its ledgers. */
export const RESIDENT = "resident";

/** What has been counted so far. */
export interface Totals {
  ports: number;
  sent: number;
  sentBytes: number;
  received: number;
  missed: number;
  notified: number;
  counted: number;
  /** Pairs of ports that were compared. */
  pairs: number;
}

interface Sender {
  readonly name: string;
  readonly kind: PortKind;
  readonly reader: LedgerReader;
  /** When its process was known to have ended. */
  readonly endedNs: number;
  isSettled: boolean;
}

/** What is told of the notifiers of a service: how often each notice must have been counted. */
interface Notices {
  created: Bounds;
  dropped: Bounds;
  dead: Bounds;
}

/** The ledgers in a folder. */
export class Books {
  readonly totals: Totals = {
    ports: 0,
    sent: 0,
    sentBytes: 0,
    received: 0,
    missed: 0,
    notified: 0,
    counted: 0,
    pairs: 0,
  };
  /** Deaths that were told more than once, because who told them first died over it. */
  toldAgain = 0;
  readonly #folder: string;
  readonly #offend: (text: string) => void;
  /** Senders that have ended. */
  #ended: Sender[] = [];
  /** What the listeners that stay must have counted, by number of the service and event. */
  readonly #owed: Map<number, Map<number, Bounds>> = new Map();
  readonly #notices: Map<number, Notices> = new Map();
  /** The last message of each publisher that those who stay have settled with, by its id. */
  readonly #settled: Map<string, number> = new Map();

  constructor(folder: string, offend: (text: string) => void) {
    this.#folder = folder;
    this.#offend = offend;
  }

  #names(isWanted: (name: string) => boolean): string[] {
    return readdirSync(this.#folder).filter(isWanted);
  }

  #open(name: string): LedgerReader {
    return new LedgerReader(join(this.#folder, name));
  }

  /** The same of somebody who lives, and takes its ledger away if it found no room for its port. */
  #openIfPresent(name: string): LedgerReader | undefined {
    try {
      return this.#open(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Looks at what a process has left that has ended; its ledgers begin with its name. Returns those
   * of its participants that had a port and did not come to closing it.
   */
  processEnded(processName: string): Set<string> {
    const dead = new Set<string>();
    const names = this.#names((name) => name.startsWith(`${processName}-`));
    this.#checkReceivers(names);
    for (const name of names) {
      const kind = kindOf(name);
      this.totals.ports += 1;
      const reader = this.#open(name);
      if (reader.joinedNs > 0 && reader.closingNs === 0) dead.add(name.split(".")[0]!);
      if (kind === "publisher" || kind === "notifier") this.#senderEnded(name, kind, reader);
      else {
        reader.close();
        this.#remove(name);
      }
    }
    return dead;
  }

  #remove(name: string): void {
    rmSync(join(this.#folder, name));
  }

  #senderEnded(name: string, kind: PortKind, reader: LedgerReader): void {
    if (kind === "notifier") this.#noteNotices(reader, true);
    if (reader.joinedNs === 0) {
      reader.close();
      this.#remove(name);
      return;
    }
    this.#countSender(kind, reader);
    const isSettled = SERVICES[reader.service]!.isPassing;
    this.#ended.push({ name, kind, reader, endedNs: nowNs(), isSettled });
  }

  #countSender(kind: PortKind, reader: LedgerReader): void {
    if (kind === "publisher") {
      this.totals.sent += reader.sentCount;
      this.totals.sentBytes += reader.sentBytes;
    } else this.totals.notified += reader.sentCount;
  }

  /** What a service with notices must have told of a notifier. */
  #noteNotices(notifier: LedgerReader, hasEnded: boolean): void {
    const { joinedNs, closingNs, closedNs, service } = notifier;
    const was = this.#notices.get(service) ?? { created: NONE, dropped: NONE, dead: NONE };
    const isLost = hasEnded && closedNs === 0;
    const isLostForCertain = isLost && joinedNs > 0 && closingNs === 0;
    this.#notices.set(service, {
      created: plus(was.created, { least: Number(joinedNs > 0), most: 1 }),
      dropped: plus(was.dropped, { least: Number(closedNs > 0), most: Number(closingNs > 0) }),
      dead: plus(was.dead, { least: Number(isLostForCertain), most: Number(isLost) }),
    });
  }

  /** Compares receivers that have ended with all senders, those that live among them. */
  #checkReceivers(names: readonly string[]): void {
    const receivers = names.filter((name) => ["subscriber", "listener"].includes(kindOf(name)));
    if (receivers.length === 0) return;
    const endedNames = new Set(this.#ended.map(({ name }) => name));
    const living = this.#names((name) => {
      const isSender = ["publisher", "notifier"].includes(kindOf(name));
      return isSender && !endedNames.has(name);
    }).flatMap((name) => {
      const reader = this.#openIfPresent(name);
      return reader === undefined ? [] : [{ name, kind: kindOf(name), reader }];
    });
    const senders = [...this.#ended, ...living];
    for (const name of receivers) {
      const reader = this.#open(name);
      if (reader.joinedNs > 0) {
        const own = senders.filter((sender) => sender.reader.service === reader.service);
        if (kindOf(name) === "subscriber") this.#checkSubscriber(name, reader, own);
        else this.#checkListener(name, reader, own);
      }
      reader.close();
    }
    for (const { reader } of living) reader.close();
  }

  #checkSubscriber(
    name: string,
    reader: LedgerReader,
    senders: readonly Pick<Sender, "name" | "reader">[],
  ): void {
    const got = new Map(reader.received().map((received) => [received.publisherId, received]));
    for (const received of got.values()) this.#countReceived(received);
    for (const sender of senders) {
      if (sender.reader.joinedNs === 0) continue;
      const fault = faultOfMessages(sender.reader, reader, got.get(sender.reader.id));
      this.#complain(reader.service, sender.name, name, fault);
      got.delete(sender.reader.id);
    }
    for (const publisherId of got.keys()) {
      if (this.#settled.has(publisherId) && name.startsWith(RESIDENT)) continue;
      this.#complain(reader.service, publisherId, name, "messages of a publisher that nobody is");
    }
  }

  #countReceived({ received, missed }: Received): void {
    this.totals.received += received;
    this.totals.missed += missed;
  }

  #complain(service: number, from: string, to: string, fault: string | undefined): void {
    this.totals.pairs += 1;
    if (fault !== undefined)
      this.#offend(`"${SERVICES[service]!.name}", ${from} to ${to}: ${fault}`);
  }

  #checkListener(
    name: string,
    reader: LedgerReader,
    senders: readonly Pick<Sender, "name" | "reader">[],
  ): void {
    const service = SERVICES[reader.service] as NoticeService;
    const bounds: Map<number, Bounds> = new Map();
    for (const { reader: notifier } of senders) {
      const { eventId } = notifier;
      const owed = boundsOfNotices(notifier, reader);
      bounds.set(eventId, plus(bounds.get(eventId) ?? NONE, owed));
    }
    const counts = reader.counts(service.limits.eventIdMax);
    for (const count of counts) this.totals.counted += count;
    for (const eventId of freeEventIds(service)) {
      const fault = faultOfCount(eventId, counts[eventId]!, bounds.get(eventId) ?? NONE);
      this.#complain(reader.service, "all", name, fault);
    }
  }

  /**
   * Compares what has ended with the receivers that stay, if these have looked since. Returns the
   * ids of publishers of which they need to know nothing more.
   */
  settle(): string[] {
    const publisherIds: string[] = [];
    for (const name of this.#names((name) => name.startsWith(`${RESIDENT}-`))) {
      const kind = kindOf(name);
      if (kind !== "subscriber" && kind !== "listener") continue;
      const reader = this.#open(name);
      const isReady = ({ reader: sender, endedNs, isSettled }: Sender): boolean =>
        !isSettled && sender.service === reader.service && endedNs < reader.drainedNs;
      const ready = this.#ended.filter(isReady);
      if (kind === "subscriber") publisherIds.push(...this.#settleMessages(name, reader, ready));
      else this.#settleNotices(name, reader, ready);
      for (const sender of ready) sender.isSettled = true;
      reader.close();
    }
    return publisherIds;
  }

  #settleMessages(name: string, reader: LedgerReader, ready: readonly Sender[]): string[] {
    const got = new Map(reader.received().map((received) => [received.publisherId, received]));
    for (const sender of ready) {
      const received = got.get(sender.reader.id);
      const fault = faultOfMessages(sender.reader, reader, received);
      this.#complain(reader.service, sender.name, name, fault);
      if (received !== undefined) this.#countReceived(received);
      this.#settled.set(sender.reader.id, received?.last ?? 0);
    }
    for (const { publisherId, last } of got.values()) {
      const settled = this.#settled.get(publisherId);
      if (settled === undefined || settled === last) continue;
      const text = `message ${last}, after it had ended with ${settled}`;
      this.#complain(reader.service, publisherId, name, text);
    }
    return ready.map(({ reader: { id } }) => id);
  }

  #settleNotices(name: string, reader: LedgerReader, ready: readonly Sender[]): void {
    const owed = this.#owed.get(reader.service) ?? new Map<number, Bounds>();
    this.#owed.set(reader.service, owed);
    for (const { reader: notifier } of ready) {
      const { eventId } = notifier;
      const bounds = boundsOfNotices(notifier, reader);
      owed.set(eventId, plus(owed.get(eventId) ?? NONE, bounds));
    }
    const service = SERVICES[reader.service] as NoticeService;
    const counts = reader.counts(service.limits.eventIdMax);
    for (const [eventId, { least }] of owed) {
      // Those who have not ended may have notified, too.
      const bounds = { least, most: Number.POSITIVE_INFINITY };
      this.#complain(reader.service, "all", name, faultOfCount(eventId, counts[eventId]!, bounds));
    }
  }

  /** How many senders wait to be settled with those who stay. */
  get unsettledCount(): number {
    return this.#ended.filter(({ isSettled }) => !isSettled).length;
  }

  /** The oldest time up to which a receiver that stays has taken everything. */
  get residentDrainedNs(): number {
    const isReceiver = (name: string): boolean =>
      name.startsWith(`${RESIDENT}-`) && ["subscriber", "listener"].includes(kindOf(name));
    const times = this.#names(isReceiver).map((name) => {
      const reader = this.#open(name);
      reader.close();
      return Math.max(reader.joinedNs, reader.drainedNs);
    });
    return Math.min(...times);
  }

  /** The ids of the publishers that stay. */
  residentPublisherIds(): string[] {
    return this.#names(
      (name) => name.startsWith(`${RESIDENT}-`) && kindOf(name) === "publisher",
    ).map((name) => {
      const reader = this.#open(name);
      reader.close();
      return reader.id;
    });
  }

  /** Lets go of the senders that ended before this time, which nobody remembers who still lives. */
  forgetBefore(timeNs: number): void {
    this.#ended = this.#ended.filter((sender) => {
      if (!sender.isSettled || sender.endedNs >= timeNs) return true;
      sender.reader.close();
      this.#remove(sender.name);
      return false;
    });
  }

  /**
   * When nobody but the one who stays lives: whether its listeners have counted neither too little
   * nor too much, notices of the service included. So many processes as `killCount` may have died
   * over telling of a death.
   */
  checkResidentListeners(killCount: number): void {
    const names = this.#names((name) => name.startsWith(`${RESIDENT}-`));
    const notifiers = names.filter((name) => kindOf(name) === "notifier");
    this.toldAgain = 0;
    for (const name of names.filter((name) => kindOf(name) === "listener")) {
      const reader = this.#open(name);
      const service = SERVICES[reader.service] as NoticeService;
      const counts = reader.counts(service.limits.eventIdMax);
      const owed = new Map(this.#owed.get(reader.service));
      let created = this.#notices.get(reader.service)?.created ?? NONE;
      for (const notifierName of notifiers) {
        const notifier = this.#open(notifierName);
        if (notifier.service === reader.service) {
          const { eventId } = notifier;
          owed.set(eventId, plus(owed.get(eventId) ?? NONE, boundsOfNotices(notifier, reader)));
          created = plus(created, { least: 1, most: 1 });
        }
        notifier.close();
      }
      for (const eventId of freeEventIds(service)) {
        const fault = faultOfCount(eventId, counts[eventId]!, owed.get(eventId) ?? NONE);
        this.#complain(reader.service, "all", name, fault);
      }
      this.#checkNotices(name, reader, counts, created, killCount);
      reader.close();
    }
  }

  #checkNotices(
    name: string,
    { service }: LedgerReader,
    counts: readonly number[],
    created: Bounds,
    killCount: number,
  ): void {
    const { createdEventId, droppedEventId, deadEventId } = (SERVICES[service] as NoticeService)
      .notices;
    const { dropped, dead } = this.#notices.get(service) ?? { dropped: NONE, dead: NONE };
    const told = deadEventId === null ? 0 : counts[deadEventId]!;
    this.toldAgain += Math.max(0, told - dead.most);
    // A death is told again when the one that tells it dies over it.
    const deadAtMost = plus(dead, { least: 0, most: killCount });
    for (const [eventId, bounds] of [
      [createdEventId, created],
      [droppedEventId, dropped],
      [deadEventId, deadAtMost],
    ] as const) {
      if (eventId === null) continue;
      this.#complain(service, "the service", name, faultOfCount(eventId, counts[eventId]!, bounds));
    }
  }

  /** Looks at what the one who stayed has left, when everybody has ended. */
  residentEnded(): void {
    this.forgetBefore(Number.POSITIVE_INFINITY);
    const names = this.#names((name) => name.startsWith(`${RESIDENT}-`));
    // What its listeners have heard of the others was checked before, when those had ended.
    this.#checkReceivers(names.filter((name) => kindOf(name) === "subscriber"));
    for (const name of names) {
      const reader = this.#open(name);
      const kind = kindOf(name);
      this.totals.ports += 1;
      if (kind === "publisher" || kind === "notifier") this.#countSender(kind, reader);
      if (kind === "listener") {
        const { eventIdMax } = (SERVICES[reader.service] as NoticeService).limits;
        for (const count of reader.counts(eventIdMax)) this.totals.counted += count;
      }
      reader.close();
    }
  }
}

function kindOf(name: string): PortKind {
  return name.slice(name.lastIndexOf(".") + 1) as PortKind;
}
