/**
 * All roles, by subject.
 */

import { nameOf, type Role } from "./role.ts";
import { EVENT_ROLES } from "./roles/events.ts";
import { FRAUDS } from "./roles/frauds.ts";
import { NODE_ROLES } from "./roles/nodes.ts";
import { PUBLISHER_ROLES } from "./roles/publishers.ts";
import { RECOVERY_ROLES } from "./roles/recovery.ts";
import { SERVICE_ROLES } from "./roles/services.ts";
import { SUBSCRIBER_ROLES } from "./roles/subscribers.ts";

/** Every role. */
export const ROLES: readonly Role[] = [
  ...NODE_ROLES,
  ...SERVICE_ROLES,
  ...PUBLISHER_ROLES,
  ...SUBSCRIBER_ROLES,
  ...EVENT_ROLES,
  ...RECOVERY_ROLES,
];

/** The role of a name, be it a fraud. */
export function roleNamed(name: string): Role {
  const role = [...ROLES, ...FRAUDS].find((candidate) => nameOf(candidate) === name);
  if (role === undefined) throw new Error(`there is no role "${name}"`);
  return role;
}
