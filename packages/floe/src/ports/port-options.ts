/**
 * Options that ports of all kinds have.
 */

/** How a port is made. */
export interface PortOptions {
  /** A name for people, up to 64 bytes; need not be unique. Default: none. */
  readonly name?: string;
}
