/**
 * Report: the numbers as a table, as a line, and as JSON.
 *
 * Rates are per second of a transport's own turns, for the late consumer since it joined. Processor
 * time is in percent of one processor, during these turns.
 */

import { arch, availableParallelism, platform } from "node:os";
import { FRAME_BYTES, HEIGHT_PIXELS, WIDTH_PIXELS } from "./messages.ts";
import type { Options } from "./options.ts";
import {
  type ConsumerNumbers,
  type Latency,
  type StreamNumbers,
  TRANSPORTS,
  type Transport,
} from "./protocol.ts";
import type { TransportReport, TransportReports } from "./turns.ts";

/** Which of a report's numbers: those of the last turn, or those of the run. */
export type Span = "turn" | "total";

export type Tone = "title" | "good" | "bad" | "faint" | "plain";

/** A piece of text and how it is to look. */
export interface Styled {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Styled[];

const LABEL_COLUMNS = 26;
const VALUE_COLUMNS = 12;
const NOTHING = "–";
const TITLES: Readonly<Record<Transport, string>> = {
  floe: "floe",
  socket: "Unix socket",
};

type Cell = { readonly text: string; readonly tone?: Tone };

/** The headline: what runs, and how. */
export function describeRun(options: Options): Line[] {
  const { seconds, framesPerSecond, posesPerSecond } = options;
  const megabytes = (FRAME_BYTES / 1e6).toFixed(1);
  const size = `${WIDTH_PIXELS}x${HEIGHT_PIXELS}`;
  return [
    [
      { text: "floe", tone: "title" },
      { text: ": a camera and two consumers, beside the same over Unix sockets", tone: "plain" },
    ],
    faint(
      `${size} RGB frames (${megabytes} MB), ${framesPerSecond} a second, ` +
        `and ${posesPerSecond} poses a second`,
    ),
    faint("each consumer reads and checks every byte; one of them joins late"),
    faint("latency: from finished by the camera to read to the last byte"),
    faint(`the transports take turns so as not to disturb each other; ${seconds} s in all`),
  ];
}

/** The table, the same for the live view and for the summary. */
export function tableOf(reports: TransportReports, span: Span, active?: Transport): Line[] {
  const columns = TRANSPORTS.flatMap((transport) => {
    const report = reports[transport];
    return [report?.early[span], report?.late?.[span]];
  });
  const row = (label: string, cellOf: (numbers: ConsumerNumbers) => Cell): Line => [
    { text: label.padEnd(LABEL_COLUMNS), tone: "plain" },
    ...columns.map((numbers) =>
      styled(numbers === undefined || numbers.activeMs === 0 ? { text: NOTHING } : cellOf(numbers)),
    ),
  ];
  const latencyRow = (label: string, stream: "frames" | "poses", key: keyof Latency): Line =>
    row(label, (numbers) => ({ text: milliseconds(numbers[stream].latency, key) }));
  return [
    titleLine(active),
    [
      { text: "".padEnd(LABEL_COLUMNS), tone: "plain" },
      ...TRANSPORTS.flatMap(() => ["consumer", "late one"].map((text) => styled({ text }))),
    ],
    row("frames/s", (numbers) => rate(numbers.frames.received, numbers)),
    row("MB/s", (numbers) => rate(numbers.frames.receivedBytes / 1e6, numbers)),
    latencyRow("frame latency, p50 ms", "frames", "p50Ms"),
    latencyRow("               p99 ms", "frames", "p99Ms"),
    latencyRow("               max ms", "frames", "maxMs"),
    row("poses/s", (numbers) => rate(numbers.poses.received, numbers)),
    latencyRow("pose latency,  p50 ms", "poses", "p50Ms"),
    latencyRow("               p99 ms", "poses", "p99Ms"),
    latencyRow("               max ms", "poses", "maxMs"),
    row("missed frames", ({ frames }) => ({ text: String(frames.missed) })),
    row("missed poses", ({ poses }) => ({ text: String(poses.missed) })),
    row("wrong checksums", checksumCell),
    row("processor, consumer", (numbers) => ({ text: percent(numbers.cpuMs, numbers.activeMs) })),
    cameraRow(reports, span),
  ];
}

function titleLine(active: Transport | undefined): Line {
  return [
    { text: "".padEnd(LABEL_COLUMNS), tone: "plain" },
    ...TRANSPORTS.map((transport): Styled => {
      const mark = transport === active ? "> " : "";
      return { text: `${mark}${TITLES[transport]}`.padStart(2 * VALUE_COLUMNS), tone: "title" };
    }),
  ];
}

function cameraRow(reports: TransportReports, span: Span): Line {
  const cells = TRANSPORTS.flatMap((transport) => {
    const numbers = reports[transport]?.camera[span];
    const text = numbers === undefined ? NOTHING : percent(numbers.cpuMs, numbers.activeMs);
    return [styled({ text }), styled({ text: "" })];
  });
  return [{ text: "processor, camera".padEnd(LABEL_COLUMNS), tone: "plain" }, ...cells];
}

/** One line about one transport's last turn, for output that is not a terminal. */
export function lineOf(transport: Transport, report: TransportReport): string {
  const consumers = [report.early.turn, report.late?.turn].flatMap((numbers) => {
    if (numbers === undefined || numbers.activeMs === 0) return [];
    const { frames, poses } = numbers;
    return [
      `${rate(frames.received, numbers).text} frames/s ` +
        `${rate(frames.receivedBytes / 1e6, numbers).text} MB/s ` +
        `p50 ${milliseconds(frames.latency, "p50Ms")} ms, ` +
        `${rate(poses.received, numbers).text} poses/s ` +
        `p50 ${milliseconds(poses.latency, "p50Ms")} ms, ` +
        `missed ${frames.missed}+${poses.missed}, ` +
        `cpu ${percent(numbers.cpuMs, numbers.activeMs)}`,
    ];
  });
  return `${TITLES[transport].padEnd(11)}  ${consumers.join("  |  late: ")}`;
}

/** Checksum failures of all consumers. */
export function checksumFailuresOf(reports: TransportReports): number {
  let failures = 0;
  for (const transport of TRANSPORTS) {
    const report = reports[transport];
    for (const consumer of [report?.early.total, report?.late?.total]) {
      if (consumer === undefined) continue;
      failures += consumer.frames.checksumFailures + consumer.poses.checksumFailures;
    }
  }
  return failures;
}

/** What `--json` prints. */
export function documentOf(options: Options, reports: TransportReports): object {
  const { seconds, framesPerSecond, posesPerSecond } = options;
  const transports = TRANSPORTS.map((transport) => {
    const report = reports[transport];
    const consumers = {
      early: report === undefined ? null : withRates(report.early.total),
      late: report?.late === undefined ? null : withRates(report.late.total),
    };
    return [transport, { camera: report?.camera.total ?? null, consumers }];
  });
  return {
    asked: { seconds, framesPerSecond, posesPerSecond, frameBytes: FRAME_BYTES },
    machine: {
      platform: platform(),
      arch: arch(),
      processors: availableParallelism(),
      node: process.version,
    },
    checksumFailures: checksumFailuresOf(reports),
    transports: Object.fromEntries(transports),
  };
}

function withRates(numbers: ConsumerNumbers): object {
  const streamWithRates = (stream: StreamNumbers): object => ({
    ...stream,
    perSecond: perSecond(stream.received, numbers),
    megabytesPerSecond: perSecond(stream.receivedBytes / 1e6, numbers),
  });
  return {
    ...numbers,
    processorShare: numbers.activeMs === 0 ? 0 : numbers.cpuMs / numbers.activeMs,
    frames: streamWithRates(numbers.frames),
    poses: streamWithRates(numbers.poses),
  };
}

function checksumCell({ frames, poses }: ConsumerNumbers): Cell {
  const failures = frames.checksumFailures + poses.checksumFailures;
  return { text: String(failures), tone: failures === 0 ? "good" : "bad" };
}

function perSecond(amount: number, { activeMs }: { readonly activeMs: number }): number {
  return activeMs === 0 ? 0 : (amount / activeMs) * 1000;
}

function rate(amount: number, numbers: ConsumerNumbers): Cell {
  const value = perSecond(amount, numbers);
  return { text: value.toFixed(value < 100 ? 1 : 0) };
}

function milliseconds(latency: Latency | null, key: keyof Latency): string {
  return latency === null ? NOTHING : latency[key].toFixed(2);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? NOTHING : `${((part / whole) * 100).toFixed(0)} %`;
}

function styled({ text, tone = "plain" }: Cell): Styled {
  return { text: text.padStart(VALUE_COLUMNS), tone };
}

function faint(text: string): Line {
  return [{ text, tone: "faint" }];
}
