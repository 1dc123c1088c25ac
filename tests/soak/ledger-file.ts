/**
 * Ledgers: what a port has done, written by its process as it goes, so that it outlives that.
 *
 * Each port has a file outside the domain. The kernel keeps what was written, however the writer
 * ends, so a kill loses at most the one step that was under way. A sender notes each message after
 * it was sent, with the times before and after; a receiver notes what it has counted, and then the
 * time up to which it has taken everything. Times are those of the clock that all processes share,
 * which is how the two can be compared to the message.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";

/** What the port of a ledger is. */
export type PortKind = "publisher" | "subscriber" | "notifier" | "listener";

/** Where in the header what is noted, in numbers of 8 bytes. */
const FIELDS = {
  service: 0,
  begunNs: 1,
  joinedNs: 2,
  drainedNs: 3,
  takenNs: 4,
  closingNs: 5,
  closedNs: 6,
  eventId: 7,
  sentCount: 8,
} as const;

type Field = keyof typeof FIELDS;

const ID_CHARACTERS = 32;
const ID_OFFSET_BYTES = Object.keys(FIELDS).length * 8;
const HEADER_BYTES = 128;

const SENT_NUMBERS = 4;
const SENT_BYTES = SENT_NUMBERS * 8;
/** Sent messages that a ledger remembers; those who stay send more than that. */
export const SENT_REMEMBERED_MAX = 2 ** 17;
/** The oldest that are remembered may be written over while they are read. */
const SENT_UNSAFE = 1024;

const RECORD_BYTES = ID_CHARACTERS + 4 * 8;

/** Now, in nanoseconds of the clock that all processes of the machine share. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

/** A file of numbers of 8 bytes. */
abstract class LedgerWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #number = new Float64Array(1);

  constructor(path: string, service: number) {
    this.#path = path;
    this.#fd = openSync(path, "wx+");
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeDoubleLE(service, FIELDS.service * 8);
    header.writeDoubleLE(nowNs(), FIELDS.begunNs * 8);
    this.put(header, 0);
  }

  protected put(bytes: NodeJS.ArrayBufferView, offsetBytes: number): void {
    writeSync(this.#fd, bytes, 0, bytes.byteLength, offsetBytes);
  }

  note(field: Field, value = nowNs()): void {
    this.putNumber(FIELDS[field] * 8, value);
  }

  protected putNumber(offsetBytes: number, value: number): void {
    this.#number[0] = value;
    this.put(this.#number, offsetBytes);
  }

  /** The port is there: the id goes first, because the time says that it has one. */
  #joined(id: string): void {
    this.put(Buffer.from(id, "latin1"), ID_OFFSET_BYTES);
    this.note("joinedNs");
  }

  /** Runs the closing of the port, noting when. */
  closing(close: () => void): void {
    this.note("closingNs");
    close();
    this.note("closedNs");
    closeSync(this.#fd);
  }

  /** Makes the port; there is no ledger of one that could not be made. */
  joining<Port extends { readonly id: string }>(make: () => Port): Port {
    try {
      const port = make();
      this.#joined(port.id);
      return port;
    } catch (error) {
      closeSync(this.#fd);
      unlinkSync(this.#path);
      throw error;
    }
  }
}

/** The ledger of a publisher or notifier. */
export class SenderLedger extends LedgerWriter {
  readonly #entry = new Float64Array(SENT_NUMBERS);
  #sentCount = 0;
  #sentBytes = 0;

  get sentCount(): number {
    return this.#sentCount;
  }

  /** One more was sent, by a call that began at `beginNs` and is over now. */
  sent(beginNs: number, lengthBytes: number): void {
    this.#sentCount += 1;
    this.#sentBytes += lengthBytes;
    this.#entry.set([this.#sentCount, beginNs, nowNs(), this.#sentBytes]);
    const index = (this.#sentCount - 1) % SENT_REMEMBERED_MAX;
    this.put(this.#entry, HEADER_BYTES + index * SENT_BYTES);
    // Where readers begin to look for the last one.
    if (this.#sentCount % 64 === 0) this.note("sentCount", this.#sentCount);
  }
}

/** What a subscriber has got from one publisher. */
export interface Received {
  readonly publisherId: string;
  /** Number of the first message that it could have got. */
  readonly first: number;
  /** Number of the last message that it got. */
  readonly last: number;
  readonly received: number;
  readonly missed: number;
}

/** The ledger of a subscriber. */
export class SubscriberLedger extends LedgerWriter {
  readonly #slots: Map<string, number> = new Map();
  readonly #freeSlots: number[] = [];
  readonly #record = Buffer.alloc(RECORD_BYTES);

  /** Notes what has come from a publisher so far. */
  received({ publisherId, first, last, received, missed }: Received): void {
    let slot = this.#slots.get(publisherId);
    if (slot === undefined) {
      slot = this.#freeSlots.pop() ?? this.#slots.size;
      this.#slots.set(publisherId, slot);
    }
    const record = this.#record;
    record.write(publisherId, 0, "latin1");
    [first, last, received, missed].forEach((value, index) => {
      record.writeDoubleLE(value, ID_CHARACTERS + index * 8);
    });
    this.put(record, HEADER_BYTES + slot * RECORD_BYTES);
  }

  /** Makes room: what came from this publisher was read by others. */
  forget(publisherId: string): void {
    const slot = this.#slots.get(publisherId);
    if (slot === undefined) return;
    this.#slots.delete(publisherId);
    this.#freeSlots.push(slot);
    this.put(this.#record.fill(0), HEADER_BYTES + slot * RECORD_BYTES);
  }
}

/** The ledger of a listener. */
export class ListenerLedger extends LedgerWriter {
  readonly #counts: Float64Array;

  constructor(path: string, service: number, eventIdMax: number) {
    super(path, service);
    this.#counts = new Float64Array(eventIdMax + 1);
    this.put(this.#counts, HEADER_BYTES);
  }

  /** Notes that an event came so often more. */
  counted(eventId: number, count: number): void {
    this.#counts[eventId]! += count;
    this.putNumber(HEADER_BYTES + eventId * 8, this.#counts[eventId]!);
  }
}

/** When a port did what; 0 for what it did not come to. */
export interface PortTimes {
  readonly begunNs: number;
  readonly joinedNs: number;
  /** Everything that was there at this time has been taken and noted. */
  readonly drainedNs: number;
  /** Nothing that was noted came later. */
  readonly takenNs: number;
  readonly closingNs: number;
  readonly closedNs: number;
}

/** A ledger as others read it, at any time. */
export class LedgerReader implements PortTimes {
  readonly service: number;
  readonly id: string;
  readonly begunNs: number;
  readonly joinedNs: number;
  readonly drainedNs: number;
  readonly takenNs: number;
  readonly closingNs: number;
  readonly closedNs: number;
  readonly eventId: number;
  readonly #fd: number;
  #sentCount: number;

  constructor(path: string) {
    this.#fd = openSync(path, "r");
    const header = this.#read(0, HEADER_BYTES);
    const field = (name: Field): number => header.readDoubleLE(FIELDS[name] * 8);
    this.service = field("service");
    this.id = header.toString("latin1", ID_OFFSET_BYTES, ID_OFFSET_BYTES + ID_CHARACTERS);
    this.begunNs = field("begunNs");
    this.joinedNs = field("joinedNs");
    this.drainedNs = field("drainedNs");
    this.takenNs = field("takenNs");
    this.closingNs = field("closingNs");
    this.closedNs = field("closedNs");
    this.eventId = field("eventId");
    this.#sentCount = field("sentCount");
  }

  /** Reads so much; what is not there is 0. */
  #read(offsetBytes: number, lengthBytes: number): Buffer {
    const bytes = Buffer.alloc(lengthBytes);
    readSync(this.#fd, bytes, 0, lengthBytes, offsetBytes);
    return bytes;
  }

  /** The same while it may be written. */
  #readWhole(offsetBytes: number, lengthBytes: number): Buffer {
    for (let seen = this.#read(offsetBytes, lengthBytes); ; ) {
      const again = this.#read(offsetBytes, lengthBytes);
      if (again.equals(seen)) return again;
      seen = again;
    }
  }

  /** How many messages were sent for certain; one more may have been, if the sender was killed. */
  get sentCount(): number {
    while (this.#sentAt(this.#sentCount + 1)[0] === this.#sentCount + 1) this.#sentCount += 1;
    return this.#sentCount;
  }

  /** Bytes of all messages. */
  get sentBytes(): number {
    return this.sentCount === 0 ? 0 : this.#sentAt(this.sentCount)[3];
  }

  #sentAt(sequence: number): [number, number, number, number] {
    const index = (sequence - 1) % SENT_REMEMBERED_MAX;
    const entry = this.#read(HEADER_BYTES + index * SENT_BYTES, SENT_BYTES);
    return [0, 8, 16, 24].map((offset) => entry.readDoubleLE(offset)) as [
      number,
      number,
      number,
      number,
    ];
  }

  /** When the sending of this message began, and when it was over. */
  sentTimes(sequence: number): { readonly beginNs: number; readonly endNs: number } {
    const [, beginNs, endNs] = this.#sentAt(sequence);
    return { beginNs, endNs };
  }

  /** The oldest message whose times are remembered. */
  get oldestSent(): number {
    return Math.max(1, this.sentCount - SENT_REMEMBERED_MAX + SENT_UNSAFE);
  }

  /** What a subscriber has got. */
  received(): Received[] {
    const all: Received[] = [];
    for (let slot = 0; ; slot += 1) {
      const record = this.#readWhole(HEADER_BYTES + slot * RECORD_BYTES, RECORD_BYTES);
      const number = (index: number): number => record.readDoubleLE(ID_CHARACTERS + index * 8);
      if (record[0] === 0 && !this.#hasBytesAt(HEADER_BYTES + (slot + 1) * RECORD_BYTES))
        return all;
      if (record[0] === 0) continue;
      const publisherId = record.toString("latin1", 0, ID_CHARACTERS);
      const [first, last, received, missed] = [number(0), number(1), number(2), number(3)];
      all.push({ publisherId, first, last, received, missed });
    }
  }

  #hasBytesAt(offsetBytes: number): boolean {
    return readSync(this.#fd, Buffer.alloc(1), 0, 1, offsetBytes) === 1;
  }

  /** What a listener has counted of events 0 to `eventIdMax`. */
  counts(eventIdMax: number): number[] {
    const bytes = this.#read(HEADER_BYTES, (eventIdMax + 1) * 8);
    return Array.from({ length: eventIdMax + 1 }, (_, eventId) => bytes.readDoubleLE(eventId * 8));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
