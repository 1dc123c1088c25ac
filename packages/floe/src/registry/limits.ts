/**
 * Limits: the numbers of a service that its creator chooses and everybody else has to live with.
 *
 * Each pattern has a table of ranges. A creator's wishes are completed with defaults; an opener's
 * wishes must be met by what was created, and the error names the limit, the wanted and the found
 * value; what stands in a file is checked against the same table before it is believed.
 */

import { FloeError } from "../errors.ts";
import { corrupt } from "../memory/segment.ts";
import { invalidOption } from "./domain.ts";

/** Default, least and greatest value of a limit. */
export interface LimitRange {
  readonly usual: number;
  readonly least: number;
  readonly most: number;
}

/** The ranges of all limits of a pattern, in the order in which they are checked. */
export type LimitRanges<Limits> = Readonly<Record<keyof Limits, LimitRange>>;

function namesOf<Limits>(ranges: LimitRanges<Limits>): (keyof Limits & string)[] {
  return Object.keys(ranges) as (keyof Limits & string)[];
}

function isWithin(value: unknown, { least, most }: LimitRange): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/**
 * The limits among a program's options, those that are stated.
 * Throws FLOE_OPTION_INVALID for a value outside its range: a wish that makes no sense is not
 * granted by having more.
 */
export function statedLimits<Limits>(
  ranges: LimitRanges<Limits>,
  options: NoInfer<Partial<Limits>>,
): Partial<Limits> {
  const stated: Record<string, unknown> = {};
  for (const name of namesOf(ranges)) {
    const value = options[name];
    if (value === undefined) continue;
    const { least, most } = ranges[name];
    if (!isWithin(value, ranges[name])) {
      throw invalidOption(name, `a whole number from ${least} to ${most}`, String(value));
    }
    stated[name] = value;
  }
  return stated as Partial<Limits>;
}

/** Fills in defaults. */
export function completeLimits<Limits>(
  ranges: LimitRanges<Limits>,
  stated: NoInfer<Partial<Limits>>,
): Limits {
  const limits: Record<string, unknown> = {};
  for (const name of namesOf(ranges)) limits[name] = stated[name] ?? ranges[name].usual;
  return limits as Limits;
}

/** Checks limits that were read from a file. Throws FLOE_SERVICE_CORRUPT. */
export function checkFoundLimits<Limits>(
  path: string,
  part: string,
  ranges: LimitRanges<Limits>,
  found: Partial<Limits> | undefined,
): void {
  for (const name of namesOf(ranges)) {
    const value = found?.[name];
    if (isWithin(value, ranges[name])) continue;
    const { least, most } = ranges[name];
    throw corrupt(path, `${part}.${name}`, `${least} to ${most}`, describeValue(value));
  }
}

/** Checks that a service has at least the stated limits. Throws FLOE_SERVICE_INCOMPATIBLE. */
export function checkSufficient<Limits>(
  serviceName: string,
  ranges: LimitRanges<Limits>,
  found: Limits,
  stated: Partial<Limits>,
): void {
  for (const name of namesOf(ranges)) {
    const wantedValue = stated[name];
    if (wantedValue === undefined || wantedValue === null || found[name] >= wantedValue) continue;
    throw incompatible(serviceName, `${name} of at least ${wantedValue}`, `${name} ${found[name]}`);
  }
}

/** Makes the error for a service that does not do what an opener asks for. */
export function incompatible(serviceName: string, wanted: string, found: string): FloeError {
  return new FloeError("FLOE_SERVICE_INCOMPATIBLE", {
    subject: `service "${serviceName}"`,
    wanted,
    found,
    remedy: "Leave the option out to adopt the service's, or create the service with it.",
  });
}

/** A value from a file for people: anything at all, hence never asked to describe itself. */
export function describeValue(value: unknown): string {
  const text = textOf(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // A file can nest lists more deeply than the stack is; reading it needs none, writing it does.
    return "a value nested too deeply to be shown";
  }
}
