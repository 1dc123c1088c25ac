/**
 * Configuration of publish-subscribe services: what messages carry, and how many of everything.
 */

import { FloeError } from "../errors.ts";
import type { Id } from "../memory/id.ts";
import { corrupt } from "../memory/segment.ts";
import { describeLayoutDifference, type StructLayout } from "../schema/mod.ts";
import {
  checkFoundLimits,
  checkSufficient,
  completeLimits,
  describeValue,
  type LimitRanges,
} from "./limits.ts";
import { newServiceConfig, type ServiceConfig } from "./service-config.ts";

/** What a message carries: a struct of fixed layout, or bytes of any length. */
export type PayloadDescription =
  | { readonly variant: "struct"; readonly layout: StructLayout }
  | { readonly variant: "bytes" };

/** Limits and queue shapes of a publish-subscribe service. */
export interface Quality {
  /** Messages of each publisher that wait before the oldest gives way, 1 to 65,536, default 8. */
  readonly bufferSize: number;
  /** Samples that a subscriber may hold of each publisher, 1 to 65,536, default 8. */
  readonly maxBorrowedSamples: number;
  /** Loans that a publisher may hold, 1 to 65,536, default 4. */
  readonly maxLoanedSamples: number;
  /** Publishers that may be open at a time, 1 to 1024, default 8. */
  readonly maxPublishers: number;
  /** Subscribers that may be open at a time, 1 to 1024, default 16. */
  readonly maxSubscribers: number;
  /** Nodes that may have the service open at a time, 1 to 4096, default 64. */
  readonly maxNodes: number;
}

/** Default, least and greatest value of each quality. */
export const QUALITY_RANGES: LimitRanges<Quality> = {
  bufferSize: { usual: 8, least: 1, most: 65_536 },
  maxBorrowedSamples: { usual: 8, least: 1, most: 65_536 },
  maxLoanedSamples: { usual: 4, least: 1, most: 65_536 },
  maxPublishers: { usual: 8, least: 1, most: 1024 },
  maxSubscribers: { usual: 16, least: 1, most: 1024 },
  maxNodes: { usual: 64, least: 1, most: 4096 },
};

/** Everything that was decided when a publish-subscribe service was created. */
export interface PublishSubscribeConfig extends ServiceConfig {
  readonly payload: PayloadDescription;
  readonly quality: Quality;
}

/** What an opener of a publish-subscribe service asks for. */
export interface WantedPublishSubscribe {
  readonly payload: PayloadDescription;
  /** Only what was stated; the rest is adopted. */
  readonly quality: Partial<Quality>;
}

/** A new service's configuration, in the form in which it is stored. */
export function newPublishSubscribeConfig(
  name: string,
  serviceId: Id,
  wanted: WantedPublishSubscribe,
): PublishSubscribeConfig {
  const quality = completeLimits(QUALITY_RANGES, wanted.quality);
  const common = newServiceConfig("publish-subscribe", name, serviceId);
  return { ...common, payload: wanted.payload, quality };
}

/** Checks what was read from a service's file. Throws FLOE_SERVICE_CORRUPT. */
export function checkedPublishSubscribeConfig(
  path: string,
  common: ServiceConfig,
): PublishSubscribeConfig {
  const config = common as Partial<PublishSubscribeConfig>;
  const { payload } = config;
  const isKnownPayload =
    payload?.variant === "bytes" ||
    (payload?.variant === "struct" && Array.isArray(payload.layout?.fields));
  if (!isKnownPayload) throw corrupt(path, "payload", "struct or bytes", describeValue(payload));
  checkFoundLimits(path, "quality", QUALITY_RANGES, config.quality);
  return config as PublishSubscribeConfig;
}

/**
 * Checks that an existing service gives what an opener wants: the same payload, and at least the
 * stated limits. Throws FLOE_PAYLOAD_MISMATCH or FLOE_SERVICE_INCOMPATIBLE.
 */
export function checkPublishSubscribe(
  found: PublishSubscribeConfig,
  wanted: WantedPublishSubscribe,
): void {
  const difference = payloadDifference(wanted.payload, found.payload);
  if (difference !== undefined) {
    throw new FloeError("FLOE_PAYLOAD_MISMATCH", {
      subject: `service "${found.name}"`,
      wanted: describePayload(wanted.payload),
      found: `${describePayload(found.payload)} (${difference})`,
      remedy: "Use the payload type with which the service was created, or another name.",
    });
  }
  checkSufficient(found.name, QUALITY_RANGES, found.quality, wanted.quality);
}

function payloadDifference(
  wanted: PayloadDescription,
  found: PayloadDescription,
): string | undefined {
  if (wanted.variant === "struct" && found.variant === "struct") {
    return describeLayoutDifference(wanted.layout, found.layout);
  }
  return wanted.variant === found.variant ? undefined : "another kind of payload";
}

function describePayload(payload: PayloadDescription): string {
  if (payload.variant === "bytes") return "bytes of any length";
  const { name } = payload.layout;
  return `struct ${typeof name === "string" ? name : describeValue(name)}`;
}
