/**
 * Events: notifiers tell listeners that something has happened, and what, as a number.
 *
 * A notification carries an event id and nothing else. Ids are counted in each listener's own
 * memory, so none is ever lost, however long the listener does not look.
 */

import { FloeError } from "../errors.ts";
import { Listener } from "../ports/listener.ts";
import { Notifier, type NotifierOptions } from "../ports/notifier.ts";
import type { PortOptions } from "../ports/port-options.ts";
import type { EventLimits, EventNotices } from "../registry/event-config.ts";
import type { PortDetails } from "../registry/port-table.ts";
import { openPorts } from "../registry/port-table.ts";
import type { EventCore, OpenMode } from "../registry/service-core.ts";

/**
 * How an event service is opened. What is left out is adopted; `null` states that a notice or the
 * deadline is off.
 */
export interface EventOptions extends Partial<EventLimits>, Partial<EventNotices> {
  /** Whether the service may, must or must not exist already; default `open-or-create`. */
  readonly mode?: OpenMode;
}

/** An event service that a node has open. */
export class EventService {
  readonly #core: EventCore;
  #isClosed = false;

  /** @internal Nodes open services; the handle adopts one count of the core. */
  constructor(core: EventCore) {
    this.#core = core;
  }

  /** The service's name. */
  get name(): string {
    return this.#core.config.name;
  }

  /** The service's limits, as its creator chose them. */
  get limits(): EventLimits {
    return this.#core.config.limits;
  }

  /** What the service tells by itself, as its creator chose it. */
  get notices(): EventNotices {
    return this.#core.config.notices;
  }

  /** The notifiers that are open now, of all processes. */
  notifiers(): PortDetails[] {
    const core = this.#open("to list its ports");
    return openPorts(core, core.geometry.notifiers);
  }

  /** The listeners that are open now, of all processes. */
  listeners(): PortDetails[] {
    const core = this.#open("to list its ports");
    return openPorts(core, core.geometry.listeners);
  }

  /**
   * Makes a notifier. Throws FLOE_LIMIT_REACHED, FLOE_LOCK_TIMEOUT, FLOE_NAME_INVALID or
   * FLOE_EVENT_ID_INVALID.
   */
  notifier(options: NotifierOptions = {}): Notifier {
    return new Notifier(this.#open("to make a port"), options);
  }

  /**
   * Makes a listener. Throws FLOE_LIMIT_REACHED, FLOE_OUT_OF_MEMORY, FLOE_TOO_MANY_FILES,
   * FLOE_LOCK_TIMEOUT or FLOE_NAME_INVALID.
   */
  listener(options: PortOptions = {}): Listener {
    return new Listener(this.#open("to make a port"), options);
  }

  #open(wanted: string): EventCore {
    if (!this.#isClosed) return this.#core;
    throw new FloeError("FLOE_CLOSED", {
      subject: `service "${this.name}"`,
      wanted,
      found: "that this handle was closed before",
      remedy: "Open the service again.",
    });
  }

  /**
   * Cleans up after processes that died with this service open: their places are freed, what was
   * under way to them returns, what they had sent stays deliverable. This also happens whenever a
   * port comes or goes, and when the end of a process is noticed. Throws FLOE_LOCK_TIMEOUT, or
   * FLOE_CLOSED when this handle was closed.
   */
  clean(): void {
    this.#open("to clean it").recover();
  }

  /** Lets go of the service; may be called again. Ports that were made stay usable. */
  close(): void {
    if (this.#isClosed) return;
    this.#core.release();
    this.#isClosed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
