/**
 * What came out of a soak: as a table for the terminal, and as a page for the repository.
 */
import type { Sample } from "./assignments.ts";
import type { Totals } from "./books.ts";
import type { Census } from "./census.ts";
import { growthOf } from "./growth.ts";

/** What came out of a soak. */
export interface Report extends Totals {
  readonly minutes: number;
  readonly processes: number;
  readonly seed: number;
  readonly elapsedSeconds: number;
  readonly lives: number;
  readonly kills: number;
  readonly stops: number;
  readonly terminatedThreads: number;
  readonly exitsWithoutClosing: number;
  readonly ejections: number;
  readonly deathsToldAgain: number;
  readonly nodesToldLeft: number;
  readonly nodesToldDied: number;
  /** Ports that found no room, or a lock that was held too long, by what was said. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly domain: { readonly max: Census; readonly quiet: Census; readonly final: Census };
  readonly samples: readonly Sample[];
  readonly offences: readonly string[];
}

type Row = readonly [what: string, figure: string];

const whole = (value: number): string => value.toLocaleString("en-US");
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function rowsOfWork(report: Report): Row[] {
  return [
    ["seconds", whole(report.elapsedSeconds)],
    ["lives", whole(report.lives)],
    ["killed", whole(report.kills)],
    ["ended without closing", whole(report.exitsWithoutClosing)],
    ["stopped for a while", whole(report.stops)],
    ["threads terminated", whole(report.terminatedThreads)],
    ["subscribers ejected", whole(report.ejections)],
    ["ports", whole(report.ports)],
    ["messages sent", whole(report.sent)],
    ["bytes sent", mib(report.sentBytes)],
    ["messages received", whole(report.received)],
    ["messages missed, and said to be", whole(report.missed)],
    ["notifications sent", whole(report.notified)],
    ["notifications counted", whole(report.counted)],
    ["deaths told more than once", whole(report.deathsToldAgain)],
    ["nodes told to have left", whole(report.nodesToldLeft)],
    ["nodes told to have died", whole(report.nodesToldDied)],
    ["pairs of ledgers compared", whole(report.pairs)],
    ["ports refused", whole(Object.values(report.refusals).reduce((sum, n) => sum + n, 0))],
  ];
}

function rowsOfDomain({ domain }: Report): Row[] {
  const text = ({ files, directories, bytes }: Census): string =>
    `${files} files, ${directories} directories, ${mib(bytes)}`;
  return [
    ["domain at most", text(domain.max)],
    ["domain in quiet moments, at most", text(domain.quiet)],
    ["domain after Node.clean", text(domain.final)],
  ];
}

function rowsOfResident({ samples }: Report): Row[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return [];
  const row = (
    what: string,
    quantity: Exclude<keyof Sample, "atMs">,
    text: (value: number) => string,
  ): Row => {
    const most = Math.max(...samples.map((sample) => sample[quantity]));
    const grown = growthOf(samples, quantity);
    const figures = `${text(first[quantity])}, then ${text(last[quantity])}, at most ${text(most)}`;
    return [`who stays: ${what}`, `${figures}; by the line ${text(Math.round(grown))} more`];
  };
  return [
    row("descriptors", "descriptors", whole),
    row("mapped files", "mappings", whole),
    row("mapped files of publishers that are gone", "foreignMappings", whole),
    row("heap", "heapBytes", mib),
    row("heap, reserved", "heapReservedBytes", mib),
    row("external memory, not mapped", "externalBytes", mib),
    row("mapped memory", "mappedBytes", mib),
    row("private memory", "privateBytes", mib),
    row("shared memory touched", "sharedBytes", mib),
  ];
}

/** The command that makes a soak again, as far as chance lets it. */
function commandOf({ minutes, processes, seed }: Report): string {
  return `npm run soak -- --minutes ${minutes} --processes ${processes} --seed ${seed}`;
}

/** Everything for the terminal. */
export function formatTable(report: Report): string {
  const rows = [...rowsOfWork(report), ...rowsOfDomain(report), ...rowsOfResident(report)];
  const width = Math.max(...rows.map(([what]) => what.length));
  const verdict =
    report.offences.length === 0
      ? "no offences"
      : `${report.offences.length} offences; run it again with: ${commandOf(report)}`;
  return [
    ...rows.map(([what, figure]) => `${what.padEnd(width)}  ${figure}`),
    "",
    ...Object.entries(report.refusals).map(([what, count]) => `refused ${count} times: ${what}`),
    ...report.offences.map((offence) => `offence: ${offence}`),
    verdict,
  ].join("\n");
}

/** Everything as a page; `machine` says where it was run. */
export function formatMarkdown(report: Report, machine: string): string {
  const table = (rows: readonly Row[]): string[] => [
    "| what | figure |",
    "| --- | --- |",
    ...rows.map(([what, figure]) => `| ${what} | ${figure} |`),
    "",
  ];
  const offences = report.offences.map((offence) => `- ${offence}`);
  return [
    "# The soak",
    "",
    `Written by \`${commandOf(report)} --save\`.`,
    "Processes join, leave, are killed and stopped, send and receive, in one domain that lives on.",
    "What is compared, and how, stands in the files of [tests/soak](../../tests/soak/soak.ts).",
    "",
    machine,
    "",
    "## What was done",
    "",
    ...table(rowsOfWork(report)),
    "A message that was missed gave way to a newer one, in a queue that is as long as it shall be.",
    "A port is refused when its service has no room at that moment.",
    "",
    "## What was left",
    "",
    ...table(rowsOfDomain(report)),
    "## The process that stayed",
    "",
    `At the first and the last of ${report.samples.length} quiet moments, garbage collected.`,
    "",
    ...table(rowsOfResident(report)),
    "## Offences",
    "",
    ...(offences.length === 0 ? ["None."] : offences),
    "",
  ].join("\n");
}
