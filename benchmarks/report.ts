/**
 * The figures as text: a table for the terminal, JSON for tools, Markdown with ratios for people.
 *
 * The Markdown shows ratios first, because bare times belong to one machine on one day while a
 * ratio from the same run travels. Who wins is spelled out in every row, in the same words whether
 * it is floe or not.
 */
import type { Row, Skipped } from "./harness.ts";
import type { Machine } from "./machine.ts";

export type Report = {
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly skipped: readonly Skipped[];
};

export type Ratio = {
  readonly measure: string;
  readonly payloadBytes: number;
  readonly peer: string;
  readonly floe: number;
  readonly other: number;
  readonly unit: string;
  /** floe's figure divided by the peer's, whatever the unit. */
  readonly ratio: number;
  readonly verdict: string;
};

export function formatPayload(bytes: number): string {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 2 ** 10 ? `${bytes / 2 ** 10} KiB` : `${bytes} B`;
}

/** Three significant figures, thousands apart: what a noisy measurement can carry. */
export function formatFigure(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return String(Number(value.toPrecision(2)));
  const digits = Math.floor(Math.log10(Math.abs(value) || 1));
  const step = 10 ** (digits - 2);
  if (step < 1) return value.toFixed(Math.min(2 - digits, 3));
  return (Math.round(value / step) * step).toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** What a row measures, in one to three words. */
function nameOf({ measure, part, what, way }: Row): string {
  return [measure, part, what, way].filter((word) => word !== undefined).join(", ");
}

export function ratiosOf(rows: readonly Row[]): Ratio[] {
  const key = (row: Row) => `${nameOf(row)} ${row.payloadBytes}`;
  const ours = new Map(rows.filter((row) => row.subject === "floe").map((row) => [key(row), row]));
  return rows.flatMap((row) => {
    const own = ours.get(key(row));
    if (row.subject === "floe" || own === undefined) return [];
    return [
      {
        measure: nameOf(row),
        payloadBytes: row.payloadBytes,
        peer: row.subject,
        floe: own.median,
        other: row.median,
        unit: row.unit,
        ratio: own.median / row.median,
        verdict: verdictOf(own, row),
      },
    ];
  });
}

/** Closer than this and a noisy machine cannot tell the two apart. */
const TIE_FACTOR = 1.05;

function verdictOf(own: Row, peer: Row): string {
  const isRate = own.unit === "messages/s";
  const factor = isRate ? own.median / peer.median : peer.median / own.median;
  if (factor < TIE_FACTOR && factor > 1 / TIE_FACTOR) return "tie (within 5 %)";
  const [winner, by] = factor > 1 ? ["floe", factor] : [peer.subject, 1 / factor];
  return `${winner} wins, ${formatFigure(by)} times`;
}

const HEADINGS = ["measure", "payload", "subject", "median", "min", "max", "p99", "unit", "missed"];
const RIGHT_ALIGNED = new Set(["payload", "median", "min", "max", "p99", "missed"]);

function cellsOf(row: Row): string[] {
  return [
    nameOf(row),
    formatPayload(row.payloadBytes),
    row.subject,
    formatFigure(row.median),
    formatFigure(row.min),
    formatFigure(row.max),
    row.p99 === undefined ? "" : formatFigure(row.p99),
    row.unit,
    row.missedShare === undefined ? "" : `${(row.missedShare * 100).toFixed(1)} %`,
  ];
}

export function formatTable(report: Report): string {
  const lines = [HEADINGS, ...report.rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length)),
  );
  const table = lines.map((line) =>
    line
      .map((cell, column) =>
        RIGHT_ALIGNED.has(HEADINGS[column]!)
          ? cell.padStart(widths[column]!)
          : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
  const { machine, skipped } = report;
  return [
    `${machine.cpu}, ${machine.allowedCpus} CPUs, ${machine.system}, Node ${machine.node}`,
    machine.pinning,
    "",
    ...table,
    ...(skipped.length > 0 ? ["", "not measured:"] : []),
    ...skipped.map(({ subject, reason }) => `  ${subject}: ${reason}`),
  ].join("\n");
}

export function formatMarkdown(report: Report): string {
  const { machine } = report;
  const ratios = ratiosOf(report.rows);
  return [
    "# Benchmark results",
    "",
    "Written by `npm run bench -- --save`; what the rows mean is in [the README](../README.md).",
    "",
    `${machine.cpu}, ${machine.allowedCpus} CPUs, ${machine.memoryGiB} GiB, ${machine.system}, ` +
      `Node ${machine.node}, ${machine.date.slice(0, 10)}; ${machine.pinning}.`,
    "",
    "## floe against each peer",
    "",
    ...(ratios.length > 0 ? ratioTable(ratios) : ["There are no figures of floe in this run."]),
    "",
    "## All figures",
    "",
    ...markdownTable(HEADINGS, report.rows.map(cellsOf)),
    ...skippedSection(report.skipped),
    "",
  ].join("\n");
}

function ratioTable(ratios: readonly Ratio[]): string[] {
  return markdownTable(
    ["measure", "payload", "peer", "floe", "peer's", "unit", "floe/peer", "who wins"],
    ratios.map((ratio) => [
      ratio.measure,
      formatPayload(ratio.payloadBytes),
      ratio.peer,
      formatFigure(ratio.floe),
      formatFigure(ratio.other),
      ratio.unit,
      formatFigure(ratio.ratio),
      ratio.verdict,
    ]),
  );
}

function skippedSection(skipped: readonly Skipped[]): string[] {
  if (skipped.length === 0) return [];
  const list = skipped.map(({ subject, reason }) => `- ${subject}: ${reason}`);
  return ["", "## Not measured", "", ...list];
}

function markdownTable(headings: readonly string[], lines: readonly string[][]): string[] {
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [format(headings), format(headings.map(() => "---")), ...lines.map(format)];
}
