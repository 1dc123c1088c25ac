/**
 * Service configuration: what was decided when a service was created, as a readable file.
 *
 * An opener states what it cares about; what it leaves out is adopted, what it states is checked,
 * and the error names the field, the wanted and the found value. The file is written by whoever
 * came first, so everything in it is checked before it is believed.
 */

import { FloeError } from "../errors.ts";
import { FORMAT_MAJOR, FORMAT_MINOR } from "../layout/values.ts";
import { type Id, isId } from "../memory/id.ts";
import { corrupt, foreignFormat } from "../memory/segment.ts";
import { readTextFileIfPresent } from "../os/files.ts";
import { describeLayoutDifference, type StructLayout } from "../schema/mod.ts";
import { invalidOption } from "./domain.ts";

/** What a message carries: a struct of fixed layout, or bytes of any length. */
export type PayloadDescription =
  | { readonly variant: "struct"; readonly layout: StructLayout }
  | { readonly variant: "bytes" };

/** Limits and queue shapes, each with its default and range in {@link QUALITY_RANGES}. */
export interface Quality {
  /** Messages that wait for a subscriber before the oldest gives way. */
  readonly bufferSize: number;
  /** Samples that a subscriber may hold of each publisher. */
  readonly maxBorrowedSamples: number;
  /** Loans that a publisher may hold. */
  readonly maxLoanedSamples: number;
  readonly maxPublishers: number;
  readonly maxSubscribers: number;
  readonly maxNodes: number;
}

/** Default, least and greatest value of each quality. */
export const QUALITY_RANGES: Readonly<
  Record<keyof Quality, { readonly usual: number; readonly least: number; readonly most: number }>
> = {
  bufferSize: { usual: 8, least: 1, most: 65_536 },
  maxBorrowedSamples: { usual: 8, least: 1, most: 65_536 },
  maxLoanedSamples: { usual: 4, least: 1, most: 65_536 },
  maxPublishers: { usual: 8, least: 1, most: 1024 },
  maxSubscribers: { usual: 16, least: 1, most: 1024 },
  maxNodes: { usual: 64, least: 1, most: 4096 },
};

/** The names of the qualities, in the order in which they are checked. */
export const QUALITY_NAMES = Object.keys(QUALITY_RANGES) as readonly (keyof Quality)[];

/** Everything that was decided at creation. */
export interface ServiceConfig {
  readonly format: { readonly major: number; readonly minor: number };
  readonly pattern: "publish-subscribe";
  readonly name: string;
  readonly serviceId: Id;
  readonly payload: PayloadDescription;
  readonly quality: Quality;
}

const CONFIG_BYTES_MAX = 1 << 20;

/** Fills in defaults. Throws FLOE_OPTION_INVALID for a value outside its range. */
export function completeQuality(wanted: Partial<Quality>): Quality {
  const quality: Record<string, number> = {};
  for (const name of QUALITY_NAMES) {
    const { usual, least, most } = QUALITY_RANGES[name];
    const value = wanted[name] ?? usual;
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      throw invalidOption(name, `a whole number from ${least} to ${most}`, String(value));
    }
    quality[name] = value;
  }
  return quality as unknown as Quality;
}

/** A new service's configuration, in the form in which it is stored. */
export function newServiceConfig(
  name: string,
  serviceId: Id,
  payload: PayloadDescription,
  quality: Quality,
): ServiceConfig {
  const format = { major: FORMAT_MAJOR, minor: FORMAT_MINOR };
  return { format, pattern: "publish-subscribe", name, serviceId, payload, quality };
}

/**
 * Reads and checks a service's configuration; undefined when there is no file.
 * Throws FLOE_SERVICE_CORRUPT or FLOE_FORMAT_VERSION.
 */
export function readServiceConfig(path: string): ServiceConfig | undefined {
  const text = readTextFileIfPresent(path, CONFIG_BYTES_MAX);
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw corrupt(path, "content", "a service's configuration", `${text.length} other characters`);
  }
  return checkedConfig(path, parsed);
}

function checkedConfig(path: string, parsed: unknown): ServiceConfig {
  const config = parsed as Partial<ServiceConfig> | null;
  const major = config?.format?.major;
  if (typeof major !== "number") throw corrupt(path, "format.major", "a number", show(major));
  if (major !== FORMAT_MAJOR) throw foreignFormat(path, major);
  if (config?.pattern !== "publish-subscribe") {
    throw corrupt(path, "pattern", "publish-subscribe", show(config?.pattern));
  }
  if (typeof config.name !== "string") throw corrupt(path, "name", "text", show(config.name));
  if (!isId(config.serviceId)) {
    throw corrupt(path, "serviceId", "32 hexadecimal digits", show(config.serviceId));
  }
  const payload = config.payload as PayloadDescription | undefined;
  const isKnownPayload =
    payload?.variant === "bytes" ||
    (payload?.variant === "struct" && Array.isArray(payload.layout?.fields));
  if (!isKnownPayload) throw corrupt(path, "payload", "struct or bytes", show(payload));
  const quality = config.quality as Partial<Quality> | undefined;
  for (const name of QUALITY_NAMES) {
    const value = quality?.[name];
    const { least, most } = QUALITY_RANGES[name];
    if (!(Number.isInteger(value) && value! >= least && value! <= most)) {
      throw corrupt(path, `quality.${name}`, `${least} to ${most}`, show(value));
    }
  }
  return config as ServiceConfig;
}

/** A value from the file for people: anything at all, hence never asked to describe itself. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** What an opener asks for. */
export interface WantedService {
  readonly payload: PayloadDescription;
  /** Only what was stated; the rest is adopted. */
  readonly quality: Partial<Quality>;
}

/**
 * Checks that an existing service gives what an opener wants: the same payload, and at least the
 * stated limits. Throws FLOE_PAYLOAD_MISMATCH or FLOE_SERVICE_INCOMPATIBLE.
 */
export function checkCompatible(found: ServiceConfig, wanted: WantedService): void {
  const difference = payloadDifference(wanted.payload, found.payload);
  if (difference !== undefined) {
    throw new FloeError("FLOE_PAYLOAD_MISMATCH", {
      subject: `service "${found.name}"`,
      wanted: describePayload(wanted.payload),
      found: `${describePayload(found.payload)} (${difference})`,
      remedy: "Use the payload type with which the service was created, or another name.",
    });
  }
  for (const name of QUALITY_NAMES) {
    const wantedValue = wanted.quality[name];
    if (wantedValue === undefined || found.quality[name] >= wantedValue) continue;
    throw new FloeError("FLOE_SERVICE_INCOMPATIBLE", {
      subject: `service "${found.name}"`,
      wanted: `${name} of at least ${wantedValue}`,
      found: `${name} ${found.quality[name]}`,
      remedy: "Leave the option out to adopt the service's, or create the service with more.",
    });
  }
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
  return payload.variant === "bytes" ? "bytes of any length" : `struct ${payload.layout.name}`;
}
