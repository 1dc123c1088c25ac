/**
 * Roles of those who clean up after the dead, and die over it.
 */
import { Node } from "floe";
import type { OtherPart, Role } from "../role.ts";
import type { ServiceKind } from "../services.ts";

/** Who may have died before: name of the case, service, and those who died. */
interface Case {
  readonly name: string;
  readonly service: ServiceKind;
  readonly corpses: readonly OtherPart[];
}

const CASES: readonly Case[] = [
  {
    name: "a publisher with messages",
    service: "struct",
    corpses: [{ role: "publisher: send, small, nobody asleep", ordinal: 0 }],
  },
  {
    name: "a subscriber that held samples",
    service: "bytes",
    corpses: [{ role: "subscriber: take, and hold all it may", ordinal: 0 }],
  },
  {
    name: "a publisher that was joining, and one that was closing",
    service: "bytes",
    corpses: [
      { role: "publisher: join, with subscribers that sleep", ordinal: 9 },
      { role: "publisher: close, with messages not taken", ordinal: 24 },
    ],
  },
  {
    name: "a notifier and a listener",
    service: "events",
    corpses: [
      { role: "notifier: notify", ordinal: 0 },
      { role: "listener: make a descriptor, take and close", ordinal: 4 },
    ],
  },
];

/** What is left where nobody is any more. */
const REMNANTS: readonly Case[] = [
  {
    name: "a node that was coming",
    service: "struct",
    corpses: [{ role: "node: create, first of its domain", ordinal: 12 }],
  },
  {
    name: "a service that was being made",
    service: "bytes",
    corpses: [{ role: "service of bytes: create", ordinal: 9 }],
  },
  {
    name: "a service that was being removed",
    service: "events",
    corpses: [{ role: "service of events: close, the last", ordinal: 5 }],
  },
];

const COMPANY = {
  struct: { subscribers: ["polls"] },
  bytes: { subscribers: ["polls"] },
  events: { listeners: ["polls"] },
} as const;

function cleaningRoles({ name, service, corpses }: Case, hasCompany: boolean): Role[] {
  const common = {
    services: [service],
    corpses,
    ...(hasCompany ? { company: COMPANY[service] } : {}),
  };
  const clean = `clean the domain after ${name}${hasCompany ? ", among others" : ""}`;
  return [
    {
      ...common,
      subject: "cleaner",
      operation: clean,
      prepare: (part) => () => Node.clean({ domain: part.domain }),
    },
    {
      ...common,
      subject: "cleaner",
      operation: `${clean}, at the same time as another`,
      accomplice: { role: "cleaner: clean a domain", ordinal: 0 },
      prepare: (part) => () => Node.clean({ domain: part.domain }),
    },
  ];
}

/** Ports that come and clean up first. */
function joiningRoles({ name, service, corpses }: Case): Role[] {
  const common = { subject: "cleaner", services: [service], corpses, company: COMPANY[service] };
  return [
    {
      ...common,
      operation: `open a service after ${name}`,
      prepare: (part) => {
        void part.node;
        return () => part.service(service);
      },
    },
    {
      ...common,
      operation: `clean a service after ${name}`,
      prepare: (part) => {
        const opened = part.service(service);
        return () => opened.clean();
      },
    },
    {
      ...common,
      operation: `join after ${name}`,
      prepare: (part) => {
        if (service === "events") {
          const events = part.events();
          return () => events.listener();
        }
        const topic = part.topic(service);
        return () => topic.subscriber();
      },
    },
    {
      ...common,
      operation: `leave after ${name}`,
      prepare: (part) => {
        const opened = part.service(service);
        return () => opened.close();
      },
    },
  ];
}

/** Every role of cleaning up. */
export const RECOVERY_ROLES: readonly Role[] = [
  {
    subject: "cleaner",
    operation: "clean a domain",
    services: ["struct"],
    prepare: (part) => () => Node.clean({ domain: part.domain }),
  },
  ...CASES.flatMap((found) => cleaningRoles(found, false)),
  ...CASES.flatMap((found) => cleaningRoles(found, true)),
  ...REMNANTS.flatMap((found) => cleaningRoles(found, false)),
  ...CASES.flatMap(joiningRoles),
];
