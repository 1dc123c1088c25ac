/**
 * Roles of nodes: they come, with and without a domain that is there already, and leave.
 */
import type { Role } from "../role.ts";

/** Every role of nodes. */
export const NODE_ROLES: readonly Role[] = [
  {
    subject: "node",
    operation: "create, first of its domain",
    services: ["struct"],
    prepare: (part) => () => part.makeNode(),
  },
  {
    subject: "node",
    operation: "create, among others",
    services: ["struct"],
    company: { subscribers: ["loops"], publishers: 1 },
    prepare: (part) => () => part.makeNode(),
  },
  {
    subject: "node",
    operation: "create, cleaning up after a dead one",
    services: ["struct"],
    corpses: [{ role: "publisher: send, small, nobody asleep", ordinal: 0 }],
    prepare: (part) => () => part.makeNode(),
  },
  {
    subject: "node",
    operation: "close",
    services: ["events"],
    prepare: (part) => {
      const node = part.makeNode();
      return () => node.close();
    },
  },
  {
    subject: "node",
    operation: "close, with a bell",
    services: ["events"],
    company: { notifiers: 1 },
    prepare: (part) => {
      const { node } = part;
      const events = part.events();
      // Sleeping in the event loop makes the bell.
      const listener = events.listener();
      listener.wait().catch(() => {});
      return () => {
        for (const one of [listener, events, node]) one.close();
      };
    },
  },
];
