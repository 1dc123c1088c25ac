/**
 * Notifiers: the ports that tell others that something has happened.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { checkedPortName, type PortDetails } from "../registry/port-table.ts";
import type { EventCore } from "../registry/service-core.ts";
import { type WaitOptions, waitFor } from "../wait/waiting.ts";
import { NotifierCore } from "./notifier-core.ts";
import { closedPort } from "./port-errors.ts";
import type { PortOptions } from "./port-options.ts";

/** How a notifier is made. */
export interface NotifierOptions extends PortOptions {
  /** The id that `notify` sends when it is given none; default 0. */
  readonly defaultEventId?: number;
  /** Whether `notify` leaves out the listeners of its own node; default false. */
  readonly skipOwnNode?: boolean;
}

/** How many listeners to wait for, and how long. */
export interface WaitForListenersOptions extends WaitOptions {
  /** Number of listeners; default 1. */
  readonly count?: number;
}

/** Notifies listeners of event ids. */
export class Notifier {
  /** Who this port is. */
  readonly id: Id;
  /** The name given at creation. */
  readonly name: string;
  /** The id that `notify` sends when it is given none. */
  readonly defaultEventId: number;
  readonly #core: NotifierCore;
  readonly #eventIdMax: number;
  #isClosed = false;
  #isClosing = false;

  /** @internal Services make notifiers. */
  constructor(service: EventCore, options: NotifierOptions) {
    const { defaultEventId = 0, skipOwnNode = false } = options;
    const name = checkedPortName(options.name);
    this.#eventIdMax = service.config.limits.eventIdMax;
    if (!isEventId(defaultEventId, this.#eventIdMax)) {
      throw invalidEventId(service, defaultEventId);
    }
    this.defaultEventId = defaultEventId;
    this.#core = new NotifierCore(service, name, skipOwnNode);
    this.id = this.#core.id;
    this.name = name;
  }

  #open(): NotifierCore {
    if (!this.#isClosed) return this.#core;
    throw closedPort("notifier", this.#core.service.config.name);
  }

  /** Most milliseconds between two notifications of anybody, or null when there is no deadline. */
  get deadline(): number | null {
    return this.#core.service.config.notices.deadline;
  }

  /**
   * Notifies all listeners; returns how many there were. Never blocks and never loses anything:
   * notifications that wait are counted by id. One that comes too late for the service's deadline
   * is delivered, counted in `missedDeadlineCount`, and published on the diagnostics channel
   * `floe:deadline:missed` as `{ service, notifierId, elapsedMs, deadlineMs }`.
   * Throws FLOE_EVENT_ID_INVALID for an id beyond the service's `eventIdMax`; then nothing is sent.
   */
  notify(eventId: number = this.defaultEventId): number {
    const core = this.#open();
    if (!isEventId(eventId, this.#eventIdMax)) throw invalidEventId(core.service, eventId);
    return core.notify(eventId);
  }

  /**
   * Notifies one listener, as `listeners` describes it; one of its own node, too.
   * Throws FLOE_PEER_GONE when that listener was closed, and FLOE_EVENT_ID_INVALID.
   */
  notifyListener(listener: PortDetails, eventId: number = this.defaultEventId): void {
    const core = this.#open();
    if (!isEventId(eventId, this.#eventIdMax)) throw invalidEventId(core.service, eventId);
    if (core.notifyListener(listener, eventId)) return;
    throw new FloeError("FLOE_PEER_GONE", {
      subject: `listener ${listener.id} of "${core.service.config.name}"`,
      wanted: "to notify it",
      found: "that it has left the service",
      remedy: "Choose one of those that `listeners` names now.",
    });
  }

  /** The listeners that `notify` reaches. */
  listeners(): PortDetails[] {
    return this.#open().listeners();
  }

  /** Number of listeners that `notify` reaches. */
  get listenerCount(): number {
    return this.#open().listenerCount;
  }

  /** Notifications of this port that came later than the service's deadline allows. */
  get missedDeadlineCount(): number {
    return this.#core.missedDeadlineCount;
  }

  /**
   * Milliseconds that had passed since anybody's notification when this port notified last; null
   * before its first one, and when the service has no deadline.
   */
  get lastElapsedMs(): number | null {
    const { lastElapsedMs } = this.#core;
    return lastElapsedMs < 0 ? null : lastElapsedMs;
  }

  /**
   * Resolves once `notify` reaches at least `count` listeners, with their number.
   * Rejects with FLOE_TIMEOUT after `timeout` ms, FLOE_ABORTED when `signal` is aborted, and
   * FLOE_CLOSED when the port is closed meanwhile.
   */
  waitForListeners(options: WaitForListenersOptions = {}): Promise<number> {
    const { count = 1 } = options;
    const { doorbell, service } = this.#core;
    const look = (): number | undefined => {
      const found = this.listenerCount;
      return found >= count ? found : undefined;
    };
    const subject = `notifier of "${service.config.name}"`;
    return waitFor({ doorbell, subject, awaited: `${count} listeners`, look }, options);
  }

  /** Ends the port; may be called again. What was notified stays with the listeners. */
  close(): void {
    if (this.#isClosed || this.#isClosing) return;
    // Whoever listens to a diagnostics channel may call this from within.
    this.#isClosing = true;
    try {
      this.#core.release();
    } finally {
      this.#isClosing = false;
    }
    this.#isClosed = true;
    // Who waits at this port learns that it is closed.
    this.#core.doorbell.shut();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function isEventId(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function invalidEventId(service: EventCore, found: unknown): FloeError {
  return new FloeError("FLOE_EVENT_ID_INVALID", {
    subject: `service "${service.config.name}"`,
    wanted: `an event id from 0 to ${service.config.limits.eventIdMax} (eventIdMax)`,
    found: String(found),
    remedy: "Use another id, or create the service with a larger eventIdMax.",
  });
}
