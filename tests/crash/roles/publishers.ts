/**
 * Roles of publishers: what they send is delivered, wherever they die.
 */
import type { Role } from "../role.ts";
import { BUFFER_SIZE, LARGE_BYTES, type Sender } from "../services.ts";

/** Bytes of messages that need data segments of other size classes. */
const OTHER_SIZES = [300, 3_000, 30_000, 300_000];

/** Longer than a subscriber has that is to be ejected after a millisecond. */
const PATIENCE_MS = 3;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Sends until a subscriber that takes nothing is ejected by a publisher that waits no longer. */
export function sendUntilEjected(sender: Sender): void {
  for (let count = 0; count < BUFFER_SIZE + 4; count += 1) {
    sender.send();
    Atomics.wait(neverNotified, 0, 0, PATIENCE_MS);
  }
}

/** Every role of publishers. */
export const PUBLISHER_ROLES: readonly Role[] = [
  {
    subject: "publisher",
    operation: "join, alone",
    services: ["struct"],
    prepare: (part) => {
      const topic = part.topic("struct");
      return () => topic.publisher();
    },
  },
  {
    subject: "publisher",
    operation: "join, with subscribers that sleep",
    services: ["bytes"],
    company: { subscribers: ["loops", "blocked"], publishers: 1 },
    prepare: (part) => {
      const topic = part.topic("bytes");
      return () => topic.publisher();
    },
  },
  {
    subject: "publisher",
    operation: "send the first, which makes memory",
    services: ["struct"],
    company: { subscribers: ["polls", "loops"] },
    prepare: (part) => {
      const sender = part.sender("struct");
      return () => sender.send();
    },
  },
  {
    subject: "publisher",
    operation: "send, small, nobody asleep",
    services: ["struct"],
    company: { subscribers: ["polls"], publishers: 1 },
    prepare: (part) => {
      const sender = part.sender("struct");
      sender.send();
      return () => {
        sender.send();
        sender.send();
      };
    },
  },
  {
    subject: "publisher",
    operation: "send, one asleep in the event loop, one blocked",
    services: ["struct"],
    company: { subscribers: ["polls", "loops", "blocked"] },
    prepare: (part) => {
      const sender = part.sender("struct");
      sender.send();
      return () => sender.send();
    },
  },
  {
    subject: "publisher",
    operation: "send, of sizes that make memory",
    services: ["bytes"],
    company: { subscribers: ["loops"], publishers: 1 },
    prepare: (part) => {
      const sender = part.sender("bytes");
      return () => {
        for (const bytes of OTHER_SIZES) sender.send(bytes);
      };
    },
  },
  {
    subject: "publisher",
    operation: "send, of a size for which memory is given back",
    services: ["bytes"],
    company: { subscribers: ["polls"] },
    prepare: async (part) => {
      const sender = part.sender("bytes");
      const subscriber = part.subscriber("bytes");
      for (const bytes of OTHER_SIZES) {
        sender.send(bytes);
        subscriber.poll(1, () => {});
        subscriber.poll(1, () => {});
      }
      return () => sender.send(LARGE_BYTES * 2);
    },
    overflows: true,
  },
  {
    subject: "publisher",
    operation: "send, more than fits",
    services: ["struct"],
    company: { subscribers: ["polls"], publishers: 1 },
    overflows: true,
    prepare: (part) => {
      const sender = part.sender("struct");
      for (let count = 0; count < BUFFER_SIZE - 1; count += 1) sender.send();
      return () => {
        for (let count = 0; count < BUFFER_SIZE; count += 1) sender.send();
      };
    },
  },
  {
    subject: "publisher",
    operation: "send, to a subscriber that came meanwhile",
    services: ["struct"],
    company: { subscribers: ["loops"] },
    prepare: (part) => {
      const sender = part.sender("struct");
      sender.send();
      part.otherSubscriber("struct");
      return () => sender.send();
    },
  },
  {
    subject: "publisher",
    operation: "send, and eject who takes nothing",
    ejects: true,
    services: ["struct"],
    company: { publishers: 1 },
    prepare: (part) => {
      const sender = part.sender("struct", { ejectAfter: 1 });
      part.otherSubscriber("struct");
      return () => sendUntilEjected(sender);
    },
  },
  {
    subject: "publisher",
    operation: "lend, send and drop",
    services: ["bytes"],
    company: { subscribers: ["loops"], publishers: 1 },
    prepare: (part) => {
      const sender = part.sender("bytes");
      sender.send();
      return () => {
        const loans = [sender.tryLoan(LARGE_BYTES), sender.tryLoan()] as const;
        loans[1]!.send();
        loans[0]!.drop();
        sender.tryLoan()!.send();
      };
    },
  },
  {
    subject: "publisher",
    operation: "close, everything delivered",
    services: ["struct"],
    company: { subscribers: ["loops"], publishers: 1 },
    prepare: (part) => {
      const sender = part.sender("struct");
      return () => sender.close();
    },
  },
  {
    subject: "publisher",
    operation: "close, with messages not taken",
    services: ["bytes"],
    company: { subscribers: ["polls", "loops"], publishers: 1 },
    prepare: (part) => {
      const sender = part.sender("bytes");
      return () => {
        sender.send();
        sender.send(LARGE_BYTES);
        sender.close();
      };
    },
  },
  {
    subject: "publisher",
    operation: "live a whole life",
    services: ["bytes"],
    company: { subscribers: ["loops"], publishers: 1 },
    prepare: (part) => () => {
      const { node } = part;
      const sender = part.sender("bytes");
      for (const bytes of [10, LARGE_BYTES, 10]) sender.send(bytes);
      sender.close();
      node.close();
    },
  },
];
