/**
 * Receivers: subscribers and listeners of the living, in every way of waiting, that keep a record
 * of all they get.
 *
 * Those that "poll" get nothing until they are asked. Those that "loop" sleep in the event loop of
 * this process, those that are "blocked" sleep in a thread of their own, which has a node of its
 * own; both get what comes without being asked, or the harness says that nobody woke them.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type EventService, type Listener, WaitSet } from "floe";
import { waitFor } from "../support/wait.ts";
import type { BlockedAssignment } from "./programs/blocked.ts";
import {
  type AnySubscriber,
  inspect,
  type Received,
  type ServiceKind,
  type Surroundings,
  type Topic,
  takeAll,
} from "./services.ts";

/** How a receiver waits. */
export type Waiting = "polls" | "loops" | "blocked";

/** How a listener waits; with a "descriptor" it is notified through a FIFO of its own, too. */
export type ListenerWaiting = Waiting | "descriptor";

/** A receiver's record, and its end. */
export interface Receiver<Item> {
  readonly items: readonly Item[];
  /** Gets what waits, where nothing comes by itself. */
  pull(): void;
  close(): Promise<void>;
}

/** What an event listener hears. */
export interface Heard {
  readonly eventId: number;
  readonly count: number;
}

/** Waits until a receiver has got what is described. */
export function untilReceived<Item>(
  what: string,
  receiver: Receiver<Item>,
  isEnough: (items: readonly Item[]) => boolean,
): Promise<void> {
  return waitFor(what, () => {
    receiver.pull();
    return isEnough(receiver.items);
  });
}

class Polling implements Receiver<Received> {
  readonly items: Received[] = [];
  readonly #subscriber: AnySubscriber;

  constructor(topic: Topic) {
    this.#subscriber = topic.subscriber();
    this.pull();
  }

  pull(): void {
    this.items.push(...takeAll(this.#subscriber));
  }

  async close(): Promise<void> {
    this.#subscriber.close();
  }
}

class Looping implements Receiver<Received> {
  readonly items: Received[] = [];
  readonly #subscriber: AnySubscriber;
  readonly #loop: Promise<void>;

  constructor(topic: Topic) {
    this.#subscriber = topic.subscriber();
    this.#loop = this.#receive();
  }

  async #receive(): Promise<void> {
    for await (const sample of this.#subscriber) {
      this.items.push(inspect(sample.payload, sample.missed));
    }
  }

  pull(): void {}

  async close(): Promise<void> {
    this.#subscriber.close();
    await this.#loop;
  }
}

class PollingListener implements Receiver<Heard> {
  readonly items: Heard[] = [];
  readonly #listener: Listener;

  constructor(events: EventService) {
    this.#listener = events.listener();
  }

  pull(): void {
    this.items.push(...this.#listener.tryWait());
  }

  async close(): Promise<void> {
    this.#listener.close();
  }
}

class LoopingListener implements Receiver<Heard> {
  readonly items: Heard[] = [];
  readonly #listener: Listener;
  readonly #loop: Promise<void>;

  constructor(events: EventService) {
    this.#listener = events.listener();
    this.#loop = this.#receive();
  }

  async #receive(): Promise<void> {
    for await (const activations of this.#listener) this.items.push(...activations);
  }

  pull(): void {}

  async close(): Promise<void> {
    this.#listener.close();
    await this.#loop;
  }
}

/** Looks only when its descriptor can be read, as the event loop of another library would. */
class DescriptorListener implements Receiver<Heard> {
  readonly items: Heard[] = [];
  readonly #listener: Listener;
  readonly #set = new WaitSet();

  constructor(events: EventService) {
    this.#listener = events.listener();
    this.#set.attachDescriptor(this.#listener.fileDescriptor);
  }

  pull(): void {
    const events = this.#set.waitSync({ timeout: 0 }) ?? [];
    if (events.length > 0) this.items.push(...this.#listener.tryWait());
  }

  async close(): Promise<void> {
    this.#set.close();
    this.#listener.close();
  }
}

/** What a blocked thread says: what it got, or that it waits now. */
export type BlockedMessage<Item> = readonly Item[] | "ready";

/** A thread with a node of its own, which blocks until something comes. */
class Blocked<Item> implements Receiver<Item> {
  readonly items: Item[] = [];
  readonly #worker: Worker;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));

  constructor(kind: ServiceKind, { domain, limits }: Surroundings) {
    const workerData: BlockedAssignment = { kind, domain, limits, stop: this.#stop };
    this.#worker = new Worker(new URL("./programs/blocked.js", import.meta.url), { workerData });
    this.#worker.on("message", (message: BlockedMessage<Item>) => {
      if (message !== "ready") this.items.push(...message);
    });
  }

  /** Resolves once the port has joined. */
  async ready(): Promise<this> {
    await once(this.#worker, "message");
    return this;
  }

  pull(): void {}

  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    await once(this.#worker, "exit");
  }
}

/** Makes a subscriber that records. */
export async function makeReceiver(
  waiting: Waiting,
  kind: ServiceKind,
  topic: Topic,
  surroundings: Surroundings,
): Promise<Receiver<Received>> {
  if (waiting === "polls") return new Polling(topic);
  if (waiting === "loops") return new Looping(topic);
  return new Blocked<Received>(kind, surroundings).ready();
}

/** Makes a listener that records. */
export async function makeListener(
  waiting: ListenerWaiting,
  events: EventService,
  surroundings: Surroundings,
): Promise<Receiver<Heard>> {
  if (waiting === "polls") return new PollingListener(events);
  if (waiting === "loops") return new LoopingListener(events);
  if (waiting === "descriptor") return new DescriptorListener(events);
  return new Blocked<Heard>("events", surroundings).ready();
}
