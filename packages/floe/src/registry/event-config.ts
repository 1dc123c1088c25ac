/**
 * Configuration of event services: how many ids and ports, a deadline, and which notices are sent
 * when notifiers come, go and die.
 */

import type { Id } from "../memory/id.ts";
import { corrupt } from "../memory/segment.ts";
import { invalidOption } from "./domain.ts";
import {
  checkFoundLimits,
  checkSufficient,
  completeLimits,
  describeValue,
  incompatible,
  type LimitRanges,
  statedLimits,
} from "./limits.ts";
import { newServiceConfig, type ServiceConfig } from "./service-config.ts";

/** Limits of an event service. */
export interface EventLimits {
  /** Greatest event id, 0 to 65,535, default 255; ids begin at 0. */
  readonly eventIdMax: number;
  /** Notifiers that may be open at a time, 1 to 1024, default 16. */
  readonly maxNotifiers: number;
  /** Listeners that may be open at a time, 1 to 1024, default 16. */
  readonly maxListeners: number;
  /** Nodes that may have the service open at a time, 1 to 4096, default 64. */
  readonly maxNodes: number;
}

/** Default, least and greatest value of each limit. */
export const EVENT_RANGES: LimitRanges<EventLimits> = {
  eventIdMax: { usual: 255, least: 0, most: 65_535 },
  maxNotifiers: { usual: 16, least: 1, most: 1024 },
  maxListeners: { usual: 16, least: 1, most: 1024 },
  maxNodes: { usual: 64, least: 1, most: 4096 },
};

/** What an event service does by itself; `null`, the default, where it does nothing. */
export interface EventNotices {
  /** Most milliseconds between two notifications of anybody, a whole number up to a day. */
  readonly deadline: number | null;
  /** The id, 0 to `eventIdMax`, that is sent when a notifier is made. */
  readonly createdEventId: number | null;
  /** The id that is sent when a notifier is closed. */
  readonly droppedEventId: number | null;
  /** The id that is sent when a notifier is found whose process died. */
  readonly deadEventId: number | null;
}

const NOTICE_NAMES = ["deadline", "createdEventId", "droppedEventId", "deadEventId"] as const;

/** Longest deadline: a day, in milliseconds. */
export const DEADLINE_MS_MAX = 86_400_000;

/** Everything that was decided when an event service was created. */
export interface EventConfig extends ServiceConfig {
  readonly limits: EventLimits;
  readonly notices: EventNotices;
}

/** What an opener of an event service asks for; what is left out is adopted. */
export interface WantedEvent {
  readonly limits: Partial<EventLimits>;
  readonly notices: Partial<EventNotices>;
}

/** The wishes among a program's options. Throws FLOE_OPTION_INVALID. */
export function wantedEvent(options: Partial<EventLimits> & Partial<EventNotices>): WantedEvent {
  const limits = statedLimits(EVENT_RANGES, options);
  const notices: Record<string, number | null> = {};
  for (const name of NOTICE_NAMES) {
    const value = options[name];
    if (value === undefined) continue;
    const most = name === "deadline" ? DEADLINE_MS_MAX : EVENT_RANGES.eventIdMax.most;
    const least = name === "deadline" ? 1 : 0;
    if (!isNotice(value, least, most)) {
      throw invalidOption(name, `a whole number from ${least} to ${most}, or null`, String(value));
    }
    notices[name] = value;
  }
  return { limits, notices };
}

function isNotice(value: unknown, least: number, most: number): boolean {
  if (value === null) return true;
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** A new service's configuration. Throws FLOE_OPTION_INVALID for a notice beyond `eventIdMax`. */
export function newEventConfig(name: string, serviceId: Id, wanted: WantedEvent): EventConfig {
  const limits = completeLimits(EVENT_RANGES, wanted.limits);
  const notices: Record<string, number | null> = {};
  for (const noticeName of NOTICE_NAMES) {
    const value = wanted.notices[noticeName] ?? null;
    if (noticeName !== "deadline" && value !== null && value > limits.eventIdMax) {
      throw invalidOption(noticeName, `at most eventIdMax ${limits.eventIdMax}`, String(value));
    }
    notices[noticeName] = value;
  }
  const common = newServiceConfig("event", name, serviceId);
  return { ...common, limits, notices: notices as unknown as EventNotices };
}

/** Checks what was read from a service's file. Throws FLOE_SERVICE_CORRUPT. */
export function checkedEventConfig(path: string, common: ServiceConfig): EventConfig {
  const config = common as Partial<EventConfig>;
  checkFoundLimits(path, "limits", EVENT_RANGES, config.limits);
  for (const name of NOTICE_NAMES) {
    const value = config.notices?.[name];
    const most = name === "deadline" ? DEADLINE_MS_MAX : config.limits!.eventIdMax;
    if (isNotice(value, name === "deadline" ? 1 : 0, most)) continue;
    throw corrupt(path, `notices.${name}`, `null or at most ${most}`, describeValue(value));
  }
  return config as EventConfig;
}

/** Checks that an existing service does what an opener wants. Throws FLOE_SERVICE_INCOMPATIBLE. */
export function checkEvent(found: EventConfig, wanted: WantedEvent): void {
  checkSufficient(found.name, EVENT_RANGES, found.limits, wanted.limits);
  for (const name of NOTICE_NAMES) {
    const wantedValue = wanted.notices[name];
    if (wantedValue === undefined || wantedValue === found.notices[name]) continue;
    throw incompatible(
      found.name,
      `${name} ${wantedValue ?? "off"}`,
      `${name} ${found.notices[name] ?? "off"}`,
    );
  }
}
