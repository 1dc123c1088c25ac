/**
 * Errors that floe throws.
 *
 * An expected outcome on the data path is a value (`undefined`, a count); whatever is thrown is a
 * {@link FloeError}. Its `code` is stable and meant for programs, its message is meant for people
 * and always says the same four things: which thing failed (`subject`), what was wanted, what was
 * found, and what to do about it (`remedy`). The table below is complete: a test fails when a code
 * is thrown that does not stand here, or stands here and is never thrown.
 */

/** Every `code` that a {@link FloeError} can carry, with what it means. */
export const ERROR_CODES = {
  FLOE_SHIM_UNAVAILABLE: "the native shim could not be loaded on this platform",
  FLOE_SYSTEM: "a system call failed in a way that has no code of its own",
  FLOE_OUT_OF_MEMORY: "the shared memory file system has no room left",
  FLOE_TOO_MANY_FILES: "the process or the system has as many files open as it may",
  FLOE_PERMISSION: "a file or directory may not be created, read or written",
  FLOE_ROOT_UNUSABLE: "the root directory of the domain cannot be made or is not a directory",
  FLOE_LOCK_TIMEOUT: "another process held a control lock for longer than the bound",
  FLOE_NAME_INVALID: "a name is empty, too long or contains a forbidden character",
  FLOE_OPTION_INVALID: "an option has a value outside its range",
  FLOE_SERVICE_NOT_FOUND: "the service to be opened does not exist",
  FLOE_SERVICE_EXISTS: "the service to be created exists already",
  FLOE_SERVICE_CORRUPT: "a file of a service or node is missing, truncated or holds garbage",
  FLOE_SERVICE_INCOMPATIBLE: "the service exists with options that contradict the wanted ones",
  FLOE_SERVICE_IN_FLUX: "the service kept appearing and disappearing while it was being opened",
  FLOE_PAYLOAD_MISMATCH: "the service carries another payload type",
  FLOE_FORMAT_VERSION: "the memory was written by an incompatible format version",
  FLOE_LIMIT_REACHED: "every place for a port or node of this kind is taken",
  FLOE_BORROW_LIMIT: "the subscriber holds as many samples as it may hold",
  FLOE_PAYLOAD_TOO_LARGE: "a payload is larger than a message may be",
  FLOE_LINK_POISONED: "a peer wrote an impossible value into the link, which is closed",
  FLOE_EJECTED: "the subscriber took nothing for so long that a publisher has ejected it",
  FLOE_CLOSED: "the object was used after it had been closed",
  FLOE_RELEASED: "a payload was used after its sample or loan had been released",
  FLOE_SCHEMA_INVALID: "a struct definition is not valid",
  FLOE_VALUE_INVALID: "a value does not fit the field it is written to",
  FLOE_EVENT_ID_INVALID: "an event id is not one of the service's",
  FLOE_PEER_GONE: "the port that is meant has left the service",
  FLOE_PEER_DIED: "the last port that could send has died, and nothing of it is left to receive",
  FLOE_NO_PEER: "no port is open that could send, and nothing is left to receive",
  FLOE_TIMEOUT: "the wait ended because its time was over",
  FLOE_ABORTED: "the wait ended because its signal was aborted",
  FLOE_ALREADY_ATTACHED: "the port is attached to the wait set already",
  FLOE_NOTHING_ATTACHED: "the wait set has nothing to wait for",
  FLOE_INTERRUPTED: "a blocking wait ended because a signal came that the program handles",
} as const;

/** A `code` of a {@link FloeError}; see {@link ERROR_CODES} for the meanings. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The port on the other side that an error is about, as far as it is known. */
export interface ErrorPeer {
  readonly portId: string;
  /** The port's name; "" for none. */
  readonly portName: string;
  readonly nodeId: string;
  /** The node's name; "" for none. */
  readonly nodeName: string;
  /** What its process was called in its own namespace. */
  readonly processId?: number;
}

/** What a {@link FloeError} is made of. */
export interface ErrorDetails {
  /** The thing that failed: a path, a service's name, a field. */
  readonly subject: string;
  /** What was wanted, in words. */
  readonly wanted: string;
  /** What was found instead, in words. */
  readonly found: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  /** The port that it is about, if it is about one of another process. */
  readonly peer?: ErrorPeer | undefined;
  /** The error that led to this one, if there is one. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for("floe.FloeError");

/** The one class of error that floe throws; programs look at `code`, people read the message. */
export class FloeError extends Error {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly wanted: string;
  readonly found: string;
  readonly remedy: string;
  /** The port on the other side, with FLOE_PEER_DIED and FLOE_NO_PEER. */
  readonly peer: ErrorPeer | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const { subject, wanted, found, remedy, peer, cause } = details;
    super(
      `${subject}: wanted ${wanted}, found ${found}. ${remedy} [${code}]`,
      cause === undefined ? undefined : { cause },
    );
    this.name = "FloeError";
    this.code = code;
    this.subject = subject;
    this.wanted = wanted;
    this.found = found;
    this.remedy = remedy;
    this.peer = peer;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `value` is a FloeError, also when another copy of the package made it. */
  static is(value: unknown): value is FloeError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
