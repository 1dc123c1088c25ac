/**
 * Bursts: how many writes a round makes, and to what.
 *
 * Half of the rounds damage one kind of word only, so that what happens can be told to come from
 * it; the others damage all kinds, or all but those that keep a service from being opened at all.
 */
import type { Random } from "../support/random.ts";
import { CONFIG_KINDS, FIFO_KINDS } from "./files.ts";
import { allKinds, kindsOfCreators, RESERVED } from "./words.ts";

/** What a burst of writes is to be. */
export interface Burst {
  /** The kind of word that is written to, or a name for many. */
  readonly title: string;
  readonly kinds: readonly string[];
  readonly writes: number;
}

/** Few writes let the traffic go on for long in slightly damaged memory; many leave little. */
const WRITES_A_BURST = [4, 16, 64, 64, 256, 256] as const;

/** Every kind that can be written to. */
export const KINDS: readonly string[] = [...allKinds(), ...CONFIG_KINDS, ...FIFO_KINDS];

const ALL = "(all kinds at once)";
const ALL_BUT_CREATORS = "(all but what the creator writes)";

/** The titles of bursts to many kinds. */
export const MIXTURES: readonly string[] = [ALL, ALL_BUT_CREATORS];

const kindsOfOthers: readonly string[] = KINDS.filter(
  (kind) => !kindsOfCreators().includes(kind) && !CONFIG_KINDS.includes(kind),
);

/** Kinds that nothing is concluded from but for people, or which ports to look at. */
const HARMLESS_KINDS: readonly string[] = [
  RESERVED,
  ...FIFO_KINDS,
  ...KINDS.filter((kind) => /entry: (name|nameBytes|bell|bellToken|descriptorBell)$/.test(kind)),
  "segment header: formatMinor",
];

/** Errors that say that something was damaged. */
const DAMAGE_CODES = ["FLOE_LINK_POISONED", "FLOE_SERVICE_CORRUPT", "FLOE_EJECTED"] as const;

/** The errors of a round that cannot come from what was written to. */
export function unfoundedErrors(
  title: string,
  codes: Readonly<Partial<Record<string, number>>>,
): string[] {
  if (HARMLESS_KINDS.includes(title)) return DAMAGE_CODES.filter((code) => code in codes);
  const isOfEvents = /^(event|listener|notifier) /.test(title);
  return isOfEvents && "FLOE_LINK_POISONED" in codes ? ["FLOE_LINK_POISONED"] : [];
}

/** The next round's burst, of at most `writesMax` writes; to words of one kind if it is given. */
export function drawBurst(random: Random, writesMax: number, only: string | undefined): Burst {
  const writes = Math.min(random.pick(WRITES_A_BURST), writesMax);
  if (only !== undefined) return { title: only, kinds: [only], writes };
  switch (random.below(4)) {
    case 0:
      return { title: ALL, kinds: KINDS, writes };
    case 1:
      return { title: ALL_BUT_CREATORS, kinds: kindsOfOthers, writes };
    default: {
      const kind = random.pick(KINDS);
      return { title: kind, kinds: [kind], writes };
    }
  }
}

/** Each round has a seed of its own, so that it can be played alone. */
export function roundSeed(seed: number, round: number): number {
  return (Math.imul(seed, 0x9e37_79b1) + Math.imul(round, 0x85eb_ca6b)) | 0;
}
