/**
 * Listeners: the ports that learn that something has happened.
 */

import type { Id } from "../memory/id.ts";
import { checkedPortName, type PortDetails } from "../registry/port-table.ts";
import type { EventCore } from "../registry/service-core.ts";
import { TurnShare } from "../wait/turn-share.ts";
import type { Waitable, WaitableCore } from "../wait/waitable.ts";
import { type WaitSubject, waitFor, waitForSync } from "../wait/waiting.ts";
import { ListenerCore } from "./listener-core.ts";
import { closedPort, nestedPoll } from "./port-errors.ts";
import type { PortOptions } from "./port-options.ts";
import type { BlockingReceiveOptions, ReceiveOptions } from "./receive-options.ts";

/** An event id, and how often it was notified since the listener looked last. */
export interface EventActivation {
  readonly eventId: number;
  readonly count: number;
}

/** Looks that `wait` and `for await` take in one turn of the event loop. */
const WAITS_PER_TURN_MAX = 64;

/** Is notified of event ids. */
export class Listener implements AsyncIterable<EventActivation[]>, Waitable {
  /** Who this port is. */
  readonly id: Id;
  /** The name given at creation. */
  readonly name: string;
  readonly #core: ListenerCore;
  readonly #turn: TurnShare;
  readonly #notifications: WaitSubject<EventActivation[]>;
  /** The same for who waits only as long as somebody notifies. */
  readonly #requiredNotifications: WaitSubject<EventActivation[]>;
  #isPolling = false;
  #isClosed = false;

  /** @internal Services make listeners. */
  constructor(service: EventCore, options: PortOptions) {
    this.#core = new ListenerCore(service, checkedPortName(options.name));
    this.#turn = new TurnShare(this.#core.doorbell, WAITS_PER_TURN_MAX);
    this.id = this.#core.id;
    this.name = this.#core.name;
    const { doorbell, subject } = this.#core;
    this.#notifications = {
      doorbell,
      subject,
      awaited: "a notification",
      lane: "notifications",
      look: () => this.#take(),
      hasNews: () => this.#isClosed || this.#core.isReady(),
    };
    this.#requiredNotifications = {
      ...this.#notifications,
      whyHopeless: () => (this.#isClosed ? undefined : this.#core.whyHopeless(this.#notifications)),
    };
  }

  #notificationsFor(options: BlockingReceiveOptions): WaitSubject<EventActivation[]> {
    return options.requireSender ? this.#requiredNotifications : this.#notifications;
  }

  /** @internal */
  get waitable(): WaitableCore {
    return this.#open();
  }

  #open(): ListenerCore {
    if (!this.#isClosed) return this.#core;
    throw closedPort("listener", this.#core.service.config.name);
  }

  /** Most milliseconds between two notifications of anybody, or null when there is no deadline. */
  get deadline(): number | null {
    return this.#core.deadlineMs ?? null;
  }

  /** Milliseconds since anybody notified last; null when the service has no deadline. */
  get elapsedMs(): number | null {
    const core = this.#open();
    return core.deadlineMs === undefined ? null : core.elapsedMs();
  }

  /**
   * Hands each id that was notified since the last look to `handler`, ascending, with how often it
   * was; returns the number of ids. Never blocks and allocates nothing. Throws FLOE_OPTION_INVALID
   * for a poll within its own handler. When the handler throws, the ids that it has not been given
   * wait for the next look.
   */
  poll(handler: (eventId: number, count: number) => void): number {
    const core = this.#open();
    if (this.#isPolling) throw nestedPoll("listener", "tryWait");
    if (!core.isHinted) return 0;
    this.#isPolling = true;
    try {
      return core.take(handler);
    } finally {
      this.#isPolling = false;
      // A port that was closed by its handler leaves now.
      if (this.#isClosed) core.release();
    }
  }

  /** Takes what was notified since the last look, ids ascending; empty when nothing was. */
  tryWait(): EventActivation[] {
    return this.#take() ?? [];
  }

  /** The same, or undefined when nothing was. */
  #take(): EventActivation[] | undefined {
    const core = this.#open();
    if (!core.isHinted) return undefined;
    const activations: EventActivation[] = [];
    core.take((eventId, count) => activations.push({ eventId, count }));
    return activations.length === 0 ? undefined : activations;
  }

  /**
   * Resolves with what was notified since the last look, as soon as there is something; those who
   * wait at the same time are served in order. At most 64 times in one turn of the event loop.
   * Rejects with FLOE_TIMEOUT after `timeout` ms, FLOE_ABORTED when `signal` is aborted,
   * FLOE_CLOSED when the port is closed meanwhile, and with `requireSender` FLOE_PEER_DIED or
   * FLOE_NO_PEER when nobody notifies any more.
   */
  wait(options: ReceiveOptions = {}): Promise<EventActivation[]> {
    const notifications = this.#notificationsFor(options);
    if (!this.#turn.takeShare()) return waitFor(notifications, options);
    return this.#turn.nextTurn().then(() => waitFor(notifications, options));
  }

  /**
   * Blocks this thread until there is a notification, and returns what was notified since the last
   * look; undefined after `timeout` ms. It goes before those who wait in the event loop.
   * Throws FLOE_INTERRUPTED when a signal comes that the program handles, and with `requireSender`
   * FLOE_PEER_DIED or FLOE_NO_PEER when nobody notifies any more.
   */
  waitSync(options: BlockingReceiveOptions = {}): EventActivation[] | undefined {
    return waitForSync(this.#notificationsFor(options), options);
  }

  /**
   * Iterates over what is notified, all of it at each wake-up. Ends when the port is closed;
   * leaving the loop keeps the port open, and what it has not handed out with the port.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<EventActivation[], void, undefined> {
    return this.iterate();
  }

  /** The same with the options of `wait`; when such a wait fails, the loop throws that. */
  iterate(options: ReceiveOptions = {}): AsyncIterableIterator<EventActivation[], void, undefined> {
    let isOver = false;
    const notifications: WaitSubject<EventActivation[] | "over"> = {
      ...this.#notificationsFor(options),
      look: () => (isOver || this.#isClosed ? "over" : this.#take()),
      hasNews: () => isOver || this.#isClosed || this.#core.isReady(),
    };
    const next = async (): Promise<IteratorResult<EventActivation[], void>> => {
      if (this.#turn.takeShare()) await this.#turn.nextTurn();
      const found = isOver ? "over" : await waitFor(notifications, options);
      // What was taken is handed out even if the loop was left meanwhile.
      if (found !== "over") return { done: false, value: found };
      isOver = true;
      return { done: true, value: undefined };
    };
    return {
      next,
      return: async () => {
        isOver = true;
        // A next that is under way learns of it.
        this.#core.doorbell.ring();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /**
   * A descriptor that is readable while notifications wait, made at the first use: for epoll,
   * select and other event loops, also of a child that inherits it. From then on each notification
   * costs its sender a system call, and each look of this port one more. It is closed with it.
   * Throws FLOE_OUT_OF_MEMORY, FLOE_TOO_MANY_FILES or FLOE_PERMISSION when it cannot be made.
   */
  get fileDescriptor(): number {
    return this.#open().fileDescriptor;
  }

  /**
   * Looks which notifiers have died, cleans up after them, and returns those that this node has
   * found since the last call (a wait set's `deadSenders` counts as one), at most `maxNotifiers`.
   * Of all nodes, one finds a dead notifier; all listeners are told by the service's `deadEventId`.
   */
  findDeadNotifiers(): PortDetails[] {
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

  /** Ends the port; may be called again. Notifications that were not taken go with it. */
  close(): void {
    if (this.#isClosed) return;
    // What is being handled is still handed out; the port leaves after that.
    if (!this.#isPolling) this.#core.release();
    this.#isClosed = true;
    // Who waits at this port learns that it is closed.
    this.#core.doorbell.shut();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
