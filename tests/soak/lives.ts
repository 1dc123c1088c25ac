/**
 * Lives: how the processes of the soak live and die, drawn at random.
 *
 * Some leave as they should, some end without closing anything, most are killed: often while they
 * are still joining, some together with others, some after they were stopped for a while.
 */
import type { DomainOptions } from "floe";
import type { Random } from "../support/random.ts";
import type { Visit } from "./assignments.ts";
import type { Seat } from "./participant.ts";

/** Something that is done to a living process, so long after it began to take part. */
export interface Blow {
  readonly afterMs: number;
  readonly signal: "SIGKILL" | "SIGSTOP" | "SIGCONT";
}

/** How a process lives. */
export interface Fate {
  readonly visit: Visit;
  /** In order of time. */
  readonly blows: readonly Blow[];
  /** When it should have left by itself, if nothing is done to it. */
  readonly lastsMs: number;
}

/** Where a process lives. */
export interface Place {
  readonly domain: DomainOptions;
  readonly folder: string;
}

/** Threads of a process at most. */
export const THREADS_MAX = 3;

/** Who has no end of its own is killed long before. */
const ENDLESS_MS = 600_000;

/** Draws how the process of this name shall live; in a short soak nobody lives long. */
export function drawFate(random: Random, place: Place, name: string, longestMs: number): Fate {
  const kind = random.below(100);
  const isKilled = kind < 50;
  const isLong = random.below(12) === 0;
  const usualMs = Math.min(longestMs, 4000);
  const lastsMs = 100 + random.below(isLong ? longestMs : usualMs);
  // Joining takes about so long, and is what leaves most behind when it ends half way.
  const killedAfterMs = random.below(3) === 0 ? random.below(120) : lastsMs;
  const seat = (index: number): Seat => ({
    ...place,
    name: `${name}-${index}`,
    seed: random.bits(),
    stays: false,
    turnsBetweenChanges: random.pick([0, 20, 3]),
    lastsMs: isKilled ? ENDLESS_MS : lastsMs,
    closes: kind >= 65,
  });
  const inThreads = random.below(4) === 0;
  const count = inThreads ? 1 + random.below(THREADS_MAX) : 1;
  const seats = Array.from({ length: count }, (_, index) => seat(index));
  const terminatedAfterMs = seats.map(() => (random.below(2) === 0 ? random.below(lastsMs) : null));
  const blows: Blow[] = [];
  if (random.below(6) === 0) {
    const afterMs = 50 + random.below(lastsMs);
    blows.push({ afterMs, signal: "SIGSTOP" });
    blows.push({ afterMs: afterMs + 20 + random.below(1500), signal: "SIGCONT" });
  }
  if (isKilled) blows.push({ afterMs: killedAfterMs, signal: "SIGKILL" });
  blows.sort((one, other) => one.afterMs - other.afterMs);
  return { visit: { seats, inThreads, terminatedAfterMs }, blows, lastsMs };
}

/** A process that joins and leaves in order, by which what the dead have left is noticed. */
export function sweeper(random: Random, place: Place, name: string): Fate {
  const lastsMs = 100;
  const seat: Seat = {
    ...place,
    name: `${name}-0`,
    seed: random.bits(),
    stays: false,
    turnsBetweenChanges: 0,
    lastsMs,
    closes: true,
  };
  return { visit: { seats: [seat], inThreads: false, terminatedAfterMs: [] }, blows: [], lastsMs };
}
