/**
 * Tally: what many rounds have shown, by kind of word, and as a table.
 */
import type { ErrorCode } from "floe";
import { KINDS, MIXTURES } from "./bursts.ts";
import type { RoundResult } from "./round.ts";
import type { Offence } from "./run.ts";

/** What became of one kind of word. */
export interface TallyRow {
  readonly kind: string;
  /** Writes to words of this kind in all rounds. */
  writes: number;
  /** Rounds in which nothing else was written to; the rest is about these. */
  rounds: number;
  poisonedLinks: number;
  codes: Partial<Record<ErrorCode, number>>;
  offences: number;
}

function emptyRow(kind: string): TallyRow {
  return { kind, writes: 0, rounds: 0, poisonedLinks: 0, codes: {}, offences: 0 };
}

export class Tally {
  readonly #rows: Map<string, TallyRow>;
  readonly offences: Offence[] = [];
  writes = 0;
  rounds = 0;
  callCount = 0;
  slowestCallMs = 0;
  receivedCount = 0;
  tornCount = 0;
  madeAgainCount = 0;
  beyondUseCount = 0;

  constructor() {
    this.#rows = new Map([...KINDS, ...MIXTURES].map((kind) => [kind, emptyRow(kind)]));
  }

  /** FloeErrors of all codes. */
  get errorCount(): number {
    const counts = this.rows.flatMap(({ codes }) => Object.values(codes));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  get rows(): TallyRow[] {
    return [...this.#rows.values()];
  }

  onRound(result: RoundResult): void {
    const row = this.#rows.get(result.title)!;
    row.rounds += 1;
    for (const [kind, count] of Object.entries(result.writes)) {
      this.#rows.get(kind)!.writes += count;
      if (MIXTURES.includes(result.title)) row.writes += count;
      this.writes += count;
    }
    for (const [code, count] of Object.entries(result.codes) as [ErrorCode, number][]) {
      row.codes[code] = (row.codes[code] ?? 0) + count;
    }
    row.poisonedLinks += result.codes.FLOE_LINK_POISONED ?? 0;
    row.offences += result.offences.length;
    this.rounds += 1;
    this.callCount += result.callCount;
    this.slowestCallMs = Math.max(this.slowestCallMs, result.slowestCallMs);
    this.receivedCount += result.receivedCount;
    this.tornCount += result.tornCount;
    this.madeAgainCount += result.madeAgainCount;
    this.beyondUseCount += result.beyondUseCount;
  }

  onOffence(offence: Offence): void {
    this.offences.push(offence);
  }

  /** Everything, for `--json`. */
  toJSON(): object {
    const { rows, offences, writes, rounds, callCount, slowestCallMs } = this;
    const { receivedCount, tornCount, madeAgainCount, beyondUseCount } = this;
    const totals = { writes, rounds, callCount, slowestCallMs, receivedCount, tornCount };
    return { ...totals, madeAgainCount, beyondUseCount, rows, offences };
  }

  /** The table, and the sums below it. */
  text(): string {
    const lines = [
      "Writes count all rounds; what follows them is of the rounds in which only words of that",
      "kind were written to.",
      "",
      tableLine("kind of word", "writes", "rounds", "poisoned", "typed errors", "ok"),
      tableLine("---", "---:", "---:", "---:", "---", "---"),
    ];
    for (const { kind, writes, rounds, poisonedLinks, codes, offences } of this.rows) {
      const errors = Object.entries(codes)
        .map(([code, count]) => `${code.replace("FLOE_", "")} ${count}`)
        .join(", ");
      const ok = offences === 0 ? "ok" : `${offences} OFFENCES`;
      lines.push(tableLine(kind, `${writes}`, `${rounds}`, `${poisonedLinks}`, errors, ok));
    }
    lines.push(
      "",
      `${this.writes} writes in ${this.rounds} rounds, ${this.callCount} calls, the slowest ` +
        `${this.slowestCallMs.toFixed(0)} ms`,
      `${this.receivedCount} messages received, ${this.tornCount} of them torn or changed`,
      `services in which ports were made again: ${this.madeAgainCount}; beyond use, with an ` +
        `error, and made anew: ${this.beyondUseCount}`,
      `offences: ${this.offences.length}`,
    );
    return lines.join("\n");
  }
}

function tableLine(...cells: string[]): string {
  const widths = [42, 8, 6, 8, 0, 0];
  const padded = cells.map((cell, index) => {
    const isNumber = index > 0 && index < 4;
    return isNumber ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!);
  });
  return `| ${padded.join(" | ")} |`;
}

/** An offence in words, with the command that plays its round again. */
export function describeOffence({ arrangement, seed, round, text, notes }: Offence): string {
  const replay = `--seed ${seed} --arrangement "${arrangement}" --from ${round} --rounds 1`;
  return [
    `OFFENCE in the arrangement "${arrangement}", seed ${seed}, round ${round}: ${text}`,
    ...notes.map((note) => `    ${note}`),
    `    again: npm run test:corruption -- ${replay}`,
  ].join("\n");
}
