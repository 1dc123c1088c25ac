/**
 * Roles of subscribers: what was on its way to them returns to its publishers, wherever they die.
 */
import type { Role } from "../role.ts";
import { type AnySubscriber, LARGE_BYTES, MAX_BORROWED_SAMPLES } from "../services.ts";
import { sendUntilEjected } from "./publishers.ts";

const PUBLISHER = { publishers: 1, subscribers: ["polls"] } as const;

function pollTwice(subscriber: AnySubscriber): void {
  // The second finds nothing, and gives back.
  for (let count = 0; count < 2; count += 1) subscriber.poll(Number.POSITIVE_INFINITY, () => {});
}

/** Every role of subscribers. */
export const SUBSCRIBER_ROLES: readonly Role[] = [
  {
    subject: "subscriber",
    operation: "join, alone",
    services: ["bytes"],
    prepare: (part) => {
      const topic = part.topic("bytes");
      return () => topic.subscriber();
    },
  },
  {
    subject: "subscriber",
    operation: "join, with a publisher",
    services: ["struct"],
    company: PUBLISHER,
    prepare: (part) => {
      const topic = part.topic("struct");
      return () => topic.subscriber();
    },
  },
  {
    subject: "subscriber",
    operation: "poll, several messages",
    services: ["struct"],
    company: PUBLISHER,
    sentBefore: 3,
    prepare: (part) => {
      const subscriber = part.subscriber("struct");
      return () => pollTwice(subscriber);
    },
  },
  {
    subject: "subscriber",
    operation: "poll, large messages",
    services: ["bytes"],
    company: PUBLISHER,
    sentBefore: 2,
    sentBeforeBytes: LARGE_BYTES,
    prepare: (part) => {
      const subscriber = part.subscriber("bytes");
      return () => pollTwice(subscriber);
    },
  },
  {
    subject: "subscriber",
    operation: "take, hold and release",
    services: ["struct"],
    company: PUBLISHER,
    sentBefore: 3,
    prepare: (part) => {
      const subscriber = part.subscriber("struct");
      return () => {
        const held = [subscriber.tryTake(), subscriber.tryTake()];
        for (const sample of held) sample?.release();
        subscriber.tryTake()?.release();
      };
    },
  },
  {
    subject: "subscriber",
    operation: "take, and hold all it may",
    services: ["bytes"],
    company: PUBLISHER,
    sentBefore: 4,
    sentBeforeBytes: LARGE_BYTES,
    prepare: (part) => {
      const subscriber = part.subscriber("bytes");
      return () => {
        for (let count = 0; count < MAX_BORROWED_SAMPLES; count += 1) subscriber.tryTake();
      };
    },
  },
  {
    subject: "subscriber",
    operation: "close, with samples held",
    services: ["struct"],
    company: PUBLISHER,
    sentBefore: 3,
    prepare: (part) => {
      const subscriber = part.subscriber("struct");
      return () => {
        const held = [subscriber.tryTake(), subscriber.tryTake()];
        subscriber.close();
        for (const sample of held) sample?.release();
      };
    },
  },
  {
    subject: "subscriber",
    operation: "close, with messages not taken",
    services: ["struct"],
    company: PUBLISHER,
    sentBefore: 3,
    prepare: (part) => {
      const subscriber = part.subscriber("struct");
      return () => subscriber.close();
    },
  },
  {
    subject: "subscriber",
    operation: "take what a closed publisher has left",
    services: ["bytes"],
    company: PUBLISHER,
    sentBefore: 2,
    closedBefore: true,
    prepare: (part) => {
      const subscriber = part.subscriber("bytes");
      return () => pollTwice(subscriber);
    },
  },
  {
    subject: "subscriber",
    operation: "close, with what a closed publisher has left",
    services: ["struct"],
    company: PUBLISHER,
    sentBefore: 2,
    closedBefore: true,
    prepare: (part) => {
      const subscriber = part.subscriber("struct");
      return () => subscriber.close();
    },
  },
  {
    subject: "subscriber",
    operation: "close, after it was ejected with a sample in hand",
    ejects: true,
    services: ["bytes"],
    company: { publishers: 1 },
    sentBefore: 2,
    prepare: (part) => {
      const sender = part.sender("bytes", { ejectAfter: 1 });
      const subscriber = part.otherSubscriber("bytes");
      sender.send();
      const sample = subscriber.tryTake();
      sendUntilEjected(sender);
      return () => {
        subscriber.close();
        sample!.release();
      };
    },
  },
  {
    subject: "subscriber",
    operation: "sleep in the event loop, be woken and take",
    services: ["struct"],
    company: PUBLISHER,
    sleeps: true,
    prepare: (part) => {
      const subscriber = part.subscriber("struct");
      return async () => {
        const sample = subscriber.take();
        part.note("asleep");
        (await sample).release();
      };
    },
  },
  {
    subject: "subscriber",
    operation: "block, be woken and take",
    services: ["bytes"],
    company: PUBLISHER,
    sleeps: true,
    prepare: (part) => {
      const subscriber = part.subscriber("bytes");
      return () => {
        part.note("asleep");
        subscriber.takeSync()!.release();
      };
    },
  },
];
