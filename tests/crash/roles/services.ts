/**
 * Roles of services: made, opened and left, alone, among others, and in the way of remnants.
 */
import type { Role } from "../role.ts";
import type { ServiceKind } from "../services.ts";

const KINDS: readonly ServiceKind[] = ["struct", "bytes", "events"];

function rolesOf(kind: ServiceKind): Role[] {
  const subject = `service of ${kind}`;
  const services = [kind];
  const company = kind === "events" ? { listeners: ["loops"] } : { subscribers: ["loops"] };
  const present = { company } as Pick<Role, "company">;
  const remnant = { corpses: [{ role: `${subject}: open or create, and stay`, ordinal: 0 }] };
  return [
    {
      subject,
      operation: "create",
      services,
      needsAbsence: true,
      prepare: (part) => {
        void part.node;
        return () => part.service(kind, "create");
      },
    },
    {
      subject,
      operation: "create, at the same time as another",
      services,
      accomplice: { role: `${subject}: open or create, and stay`, ordinal: 0 },
      prepare: (part) => {
        void part.node;
        return () => part.service(kind);
      },
    },
    {
      subject,
      operation: "create, where the dead had it open",
      services,
      ...remnant,
      needsAbsence: true,
      prepare: (part) => {
        void part.node;
        return () => part.service(kind, "create");
      },
    },
    {
      subject,
      operation: "open",
      services,
      ...present,
      prepare: (part) => {
        void part.node;
        return () => part.service(kind, "open");
      },
    },
    {
      subject,
      operation: "open or create, and stay",
      services,
      prepare: (part) => {
        void part.node;
        return () => part.service(kind);
      },
    },
    {
      subject,
      operation: "open or create, where the dead had it open",
      services,
      ...remnant,
      prepare: (part) => {
        void part.node;
        return () => part.service(kind);
      },
    },
    {
      subject,
      operation: "close, the last",
      services,
      prepare: (part) => {
        const service = part.service(kind);
        return () => service.close();
      },
    },
    {
      subject,
      operation: "close, one of two",
      services,
      ...present,
      prepare: (part) => {
        const service = part.service(kind);
        return () => service.close();
      },
    },
    {
      subject,
      operation: "close, at the same time as another",
      services,
      accomplice: { role: `${subject}: close, the last`, ordinal: 0 },
      prepare: (part) => {
        const service = part.service(kind);
        return () => service.close();
      },
    },
  ];
}

/** Every role of services. */
export const SERVICE_ROLES: readonly Role[] = KINDS.flatMap(rolesOf);
