/**
 * Options that ports of all kinds have.
 */

/** How a port is made. */
export interface PortOptions {
  /** A name for people, up to 64 bytes; need not be unique. Default: none. */
  readonly name?: string;
}

/** How a publisher is made. */
export interface PublisherOptions extends PortOptions {
  /**
   * Milliseconds, from 1 to 2^31 - 1, after which a subscriber is ejected that takes nothing: for
   * so long every message of this publisher has displaced an older one that was waiting for it. It
   * may be stopped, stuck or merely far too slow. Ejection is for good, and for all publishers of
   * the service: what waited for it is taken back at once, what it is reading when it has closed
   * its port or has died. Its port reports FLOE_EJECTED when it goes on. Default: never.
   */
  readonly ejectAfter?: number;
}
