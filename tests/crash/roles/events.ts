/**
 * Roles of notifiers and listeners: what was notified is heard, and so is the death of a notifier.
 */
import type { Company, Role } from "../role.ts";

const LISTENERS: Company = { listeners: ["polls", "loops"], notifiers: 1 };
const NOTIFIER: Company = { listeners: ["polls"], notifiers: 1 };

/** Every role of events. */
export const EVENT_ROLES: readonly Role[] = [
  {
    subject: "notifier",
    operation: "join",
    services: ["events"],
    company: LISTENERS,
    prepare: (part) => {
      const events = part.events();
      return () => part.notifier(events);
    },
  },
  {
    subject: "notifier",
    operation: "notify",
    services: ["events"],
    company: { listeners: ["polls", "loops", "blocked"] },
    prepare: (part) => {
      const notifier = part.notifier();
      return () => part.notify(notifier);
    },
  },
  {
    subject: "notifier",
    operation: "notify, one that has a descriptor",
    services: ["events"],
    company: { listeners: ["descriptor", "polls"], notifiers: 1 },
    prepare: (part) => {
      const notifier = part.notifier();
      part.notify(notifier);
      return () => part.notify(notifier);
    },
  },
  {
    subject: "notifier",
    operation: "close",
    services: ["events"],
    company: LISTENERS,
    prepare: (part) => {
      const notifier = part.notifier();
      return () => part.closeNotifier(notifier);
    },
  },
  {
    subject: "notifier",
    operation: "sleep until a listener comes",
    services: ["events"],
    prepare: (part) => {
      const notifier = part.notifier();
      return () => {
        void notifier.waitForListeners();
      };
    },
  },
  {
    subject: "listener",
    operation: "join",
    services: ["events"],
    company: NOTIFIER,
    prepare: (part) => {
      const events = part.events();
      return () => events.listener();
    },
  },
  {
    subject: "listener",
    operation: "take",
    services: ["events"],
    company: NOTIFIER,
    sentBefore: 2,
    prepare: (part) => {
      const listener = part.listener();
      return () => listener.tryWait();
    },
  },
  {
    subject: "listener",
    operation: "close",
    services: ["events"],
    company: NOTIFIER,
    sentBefore: 1,
    prepare: (part) => {
      const listener = part.listener();
      return () => listener.close();
    },
  },
  {
    subject: "listener",
    operation: "make a descriptor, take and close",
    services: ["events"],
    company: NOTIFIER,
    sentBefore: 1,
    prepare: (part) => {
      const listener = part.listener();
      return () => {
        void listener.fileDescriptor;
        listener.tryWait();
        listener.close();
      };
    },
  },
  {
    subject: "listener",
    operation: "sleep in the event loop, be woken and take",
    services: ["events"],
    company: NOTIFIER,
    sleeps: true,
    prepare: (part) => {
      const listener = part.listener();
      return async () => {
        const heard = listener.wait();
        part.note("asleep");
        await heard;
      };
    },
  },
  {
    subject: "listener",
    operation: "block, be woken and take",
    services: ["events"],
    company: NOTIFIER,
    sleeps: true,
    prepare: (part) => {
      const listener = part.listener();
      return () => {
        part.note("asleep");
        listener.waitSync();
      };
    },
  },
];
