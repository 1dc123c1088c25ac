/**
 * A participant of the soak: a node that joins services, works at its ports, now and then leaves
 * one and joins another, waits in one of all the ways there are, and leaves, if it gets to that.
 */
import { writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { type DomainOptions, type EventService, FloeError, Node, type Peers, WaitSet } from "floe";
import type { Message } from "../support/child.ts";
import { Random } from "../support/random.ts";
import type { PortKind } from "./ledger-file.ts";
import {
  isEjection,
  type OpenMessages,
  type PortSetting,
  subscribe,
  WorkingListener,
  WorkingNotifier,
  type WorkingPort,
  WorkingPublisher,
  WorkingSubscriber,
} from "./ports.ts";
import { openBytes, openNotices, openStructs, SERVICES } from "./services.ts";

/** How a participant lives. */
export interface Seat {
  readonly domain: DomainOptions;
  /** Where the ledgers of its ports go. */
  readonly folder: string;
  /** Unlike all others in that folder. */
  readonly name: string;
  readonly seed: number;
  /** Who stays has one port of each kind in each service that does not pass. */
  readonly stays: boolean;
  /** One turn of so many closes a port or makes one; 0 for none. */
  readonly turnsBetweenChanges: number;
  /** When it leaves by itself; null for never. */
  readonly lastsMs: number | null;
  /** Whether it closes everything when it leaves, or ends like a program that does not. */
  readonly closes: boolean;
}

/** Who visits has at most so many ports at a time. */
const PORTS_MAX = 12;

/** Says something to the one who started this process, from any of its threads. */
export function tell(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

/** Lives as its seat says. */
export class Participant {
  readonly #seat: Seat;
  readonly #random: Random;
  readonly #node: Node;
  readonly #messages: Map<number, OpenMessages> = new Map();
  readonly #notices: Map<number, EventService> = new Map();
  readonly #set: WaitSet = new WaitSet({ signals: [] });
  #ports: WorkingPort[] = [];
  #portNumber = 0;
  #mustEnd = false;
  readonly #tasks: (() => Promise<void>)[] = [];

  constructor(seat: Seat) {
    this.#seat = seat;
    this.#random = new Random(seat.seed);
    this.#node = Node.create({ name: seat.name, domain: seat.domain });
  }

  /** Joins what it joins at first. */
  join(): void {
    for (const [index, service] of SERVICES.entries()) {
      if (this.#seat.stays && service.isPassing) continue;
      if (!this.#seat.stays && this.#random.below(5) < 2) continue;
      for (const kind of kindsOf(index)) {
        const count = this.#seat.stays ? 1 : this.#random.below(3);
        for (let made = 0; made < count; made += 1) this.#make(index, kind);
      }
    }
  }

  /** Makes a port if there is room; true if so. */
  #make(index: number, kind: PortKind): boolean {
    if (!this.#seat.stays && this.#ports.length >= PORTS_MAX) return false;
    this.#portNumber += 1;
    const path = `${this.#seat.folder}/${this.#seat.name}.${this.#portNumber}.${kind}`;
    const offend = (text: string): void => tell({ say: "offence", text });
    const setting = { path, serviceIndex: index, random: this.#random, offend };
    try {
      this.#ports.push(this.#open(index, kind, setting));
      return true;
    } catch (error) {
      if (!FloeError.is(error)) throw error;
      const isRefusal = ["FLOE_LIMIT_REACHED", "FLOE_LOCK_TIMEOUT"].includes(error.code);
      if (!isRefusal) throw error;
      tell({ say: "refused", code: error.code, kind, service: SERVICES[index]!.name });
      return false;
    }
  }

  #open(index: number, kind: PortKind, setting: PortSetting): WorkingPort {
    const service = SERVICES[index]!;
    if (service.kind === "notices") {
      const handle = this.#notices.get(index) ?? openNotices(this.#node, service);
      this.#notices.set(index, handle);
      if (kind === "notifier") return new WorkingNotifier(service, handle, setting);
      const listener = new WorkingListener(service, handle, setting);
      this.#set.attachDeadline(listener.port, service.notices.deadline ?? 1000);
      return listener;
    }
    let open = this.#messages.get(index);
    if (open === undefined) {
      const { lengthsBytes } = service;
      open =
        lengthsBytes === undefined
          ? { details: service, lengthsBytes, handle: openStructs(this.#node, service) }
          : { details: service, lengthsBytes, handle: openBytes(this.#node, service) };
      this.#messages.set(index, open);
    }
    if (kind === "publisher") return new WorkingPublisher(open, setting);
    const subscriber = subscribe(open, setting);
    this.#set.attach(subscriber.port);
    return subscriber;
  }

  /** Works until its time is over, and leaves. */
  async live(): Promise<void> {
    const { lastsMs, turnsBetweenChanges, closes } = this.#seat;
    const endMs = performance.now() + (lastsMs ?? Number.POSITIVE_INFINITY);
    while (!this.#mustEnd && performance.now() < endMs) {
      await this.work();
      if (turnsBetweenChanges > 0 && this.#random.below(turnsBetweenChanges) === 0) this.#change();
      await this.#pause();
      for (const task of this.#tasks.splice(0)) await task();
    }
    if (closes) this.leave();
    else process.exit();
  }

  /** One turn of all ports. */
  async work(): Promise<void> {
    for (const port of this.#ports) {
      try {
        await port.work();
      } catch (error) {
        if (!isEjection(error)) throw error;
        tell({ say: "ejected" });
        this.#ports = this.#ports.filter((other) => other !== port);
        port.close();
      }
    }
  }

  /** Closes a port or a service, or makes a port. */
  #change(): void {
    const index = this.#random.below(SERVICES.length);
    const way = this.#random.below(8);
    if (way === 0) this.#leaveService(index);
    else if (way < 4 && this.#ports.length > 0) {
      const port = this.#random.pick(this.#ports);
      this.#ports = this.#ports.filter((other) => other !== port);
      port.close();
    } else this.#make(index, this.#random.pick(kindsOf(index)));
  }

  #leaveService(index: number): void {
    const isIn = (port: WorkingPort): boolean => port.serviceIndex === index;
    const ports = this.#random.shuffled(this.#ports.filter(isIn));
    this.#ports = this.#ports.filter((port) => !isIn(port));
    const handle = this.#messages.get(index)?.handle ?? this.#notices.get(index);
    this.#messages.delete(index);
    this.#notices.delete(index);
    // The handle goes first or last: ports keep what they need.
    const isFirst = this.#random.below(2) === 0;
    if (isFirst) handle?.close();
    for (const port of ports) port.close();
    if (!isFirst) handle?.close();
  }

  async #pause(): Promise<void> {
    const way = this.#random.below(this.#set.size === 0 ? 2 : 8);
    if (way === 0) return new Promise((resolve) => setTimeout(resolve, 1 + this.#random.below(5)));
    if (way === 1) return turn();
    const timeout = 1 + this.#random.below(way === 2 ? 40 : 4);
    try {
      if (way < 6) await this.#set.wait({ timeout });
      else this.#set.waitSync({ timeout });
    } catch (error) {
      // Whoever was ejected finds out itself at its next turn.
      if (!isEjection(error)) throw error;
    }
  }

  /** Does something between two turns. */
  atNextTurn(task: () => Promise<void>): void {
    this.#tasks.push(task);
  }

  /** The others in its domain. */
  get peers(): Peers {
    return this.#node.peers;
  }

  /** The ids of its own publishers. */
  publisherIds(): Set<string> {
    const publishers = this.#ports.filter((port) => port instanceof WorkingPublisher);
    return new Set(publishers.map(({ port }) => port.id));
  }

  /** Ends the life at the next turn. */
  end(): void {
    this.#mustEnd = true;
  }

  /** What came from these publishers was read by others. */
  forget(publisherIds: readonly string[]): void {
    for (const port of this.#ports) {
      if (port instanceof WorkingSubscriber) port.forget(publisherIds);
    }
  }

  /** Closes everything, in any order. */
  leave(): void {
    this.#set.close();
    const isNodeFirst = this.#random.below(2) === 0;
    if (isNodeFirst) this.#node.close();
    for (const index of this.#random.shuffled(SERVICES.map((_, index) => index))) {
      this.#leaveService(index);
    }
    if (!isNodeFirst) this.#node.close();
  }
}

function kindsOf(index: number): readonly PortKind[] {
  return SERVICES[index]!.kind === "messages"
    ? ["subscriber", "publisher"]
    : ["listener", "notifier"];
}
