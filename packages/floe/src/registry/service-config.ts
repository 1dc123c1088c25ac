/**
 * Service configuration: what was decided when a service was created, as a readable file.
 *
 * An opener states what it cares about; what it leaves out is adopted, what it states is checked.
 * The file is written by whoever came first, so everything in it is checked before it is believed.
 * What services of all patterns have in common stands here; each pattern adds its own.
 */

import { FORMAT_MAJOR, FORMAT_MINOR } from "../layout/values.ts";
import { type Id, isId } from "../memory/id.ts";
import { corrupt, foreignFormat } from "../memory/segment.ts";
import { readTextFileIfPresent } from "../os/files.ts";
import { describeValue } from "./limits.ts";

/** The patterns of communication; services of different patterns may have the same name. */
export const PATTERN_NAMES = ["publish-subscribe", "event"] as const;

/** The name of a pattern of communication. */
export type PatternName = (typeof PATTERN_NAMES)[number];

/** What was decided at creation, whatever the pattern. */
export interface ServiceConfig {
  readonly format: { readonly major: number; readonly minor: number };
  readonly pattern: PatternName;
  readonly name: string;
  readonly serviceId: Id;
}

const CONFIG_BYTES_MAX = 1 << 20;

/** The common part of a new service's configuration. */
export function newServiceConfig(pattern: PatternName, name: string, serviceId: Id): ServiceConfig {
  return { format: { major: FORMAT_MAJOR, minor: FORMAT_MINOR }, pattern, name, serviceId };
}

/**
 * Reads a service's configuration and checks its common part; undefined when there is no file.
 * Throws FLOE_SERVICE_CORRUPT or FLOE_FORMAT_VERSION.
 */
export function readServiceConfig(path: string, pattern: PatternName): ServiceConfig | undefined {
  const text = readTextFileIfPresent(path, CONFIG_BYTES_MAX);
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw corrupt(path, "content", "a service's configuration", `${text.length} other characters`);
  }
  const config = parsed as Partial<ServiceConfig> | null;
  const major = config?.format?.major;
  if (typeof major !== "number") {
    throw corrupt(path, "format.major", "a number", describeValue(major));
  }
  if (major !== FORMAT_MAJOR) throw foreignFormat(path, major);
  if (config?.pattern !== pattern) {
    throw corrupt(path, "pattern", pattern, describeValue(config?.pattern));
  }
  if (typeof config.name !== "string") {
    throw corrupt(path, "name", "text", describeValue(config.name));
  }
  if (!isId(config.serviceId)) {
    throw corrupt(path, "serviceId", "32 hexadecimal digits", describeValue(config.serviceId));
  }
  return config as ServiceConfig;
}
