/**
 * Port errors: how ports of all kinds refuse what cannot be done with them any more, or yet.
 */

import { FloeError } from "../errors.ts";

/** The kinds of ports, as they are called in messages. */
export type PortKind = "publisher" | "subscriber" | "notifier" | "listener";

/** The port of a service was closed. */
export function closedPort(kind: PortKind, serviceName: string): FloeError {
  return new FloeError("FLOE_CLOSED", {
    subject: `${kind} of "${serviceName}"`,
    wanted: "to use it",
    found: "that it was closed before",
    remedy: `Make a new ${kind}.`,
  });
}

/** A subscriber was ejected by a publisher. */
export function ejected(serviceName: string): FloeError {
  return new FloeError("FLOE_EJECTED", {
    subject: `subscriber of "${serviceName}"`,
    wanted: "to go on receiving",
    found: "that it took nothing for longer than a publisher waits (ejectAfter)",
    remedy: "Close it and make a new subscriber, which takes more often or has a larger buffer.",
  });
}

/** The entry of a port in its service's tables is not its own any more. */
export function displaced(kind: PortKind, serviceName: string): FloeError {
  return new FloeError("FLOE_SERVICE_CORRUPT", {
    subject: `${kind} of "${serviceName}"`,
    wanted: "its place in the service",
    found: "that somebody has freed it, given it away or damaged it",
    remedy: `Close it and make a new ${kind}; some process of this service corrupts memory.`,
  });
}

/** A port is polled within the handler of a poll; `otherCall` is what may be called there. */
export function nestedPoll(kind: PortKind, otherCall: string): FloeError {
  return new FloeError("FLOE_OPTION_INVALID", {
    subject: `${kind}.poll`,
    wanted: "one poll at a time",
    found: "a poll within the handler of another",
    remedy: `Return from the handler first, or use ${otherCall}.`,
  });
}
