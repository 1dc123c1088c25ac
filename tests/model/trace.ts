/**
 * Trace: an execution written down for people, and as a schedule that can be run again.
 */

import { WordOperation } from "floe/model";
import { DEATH, type Step, WAIT } from "./execution.ts";
import type { Region } from "./scenario.ts";

/** A longer trace is printed without its middle. */
const TRACE_LINES = 120;

const OPERATION_NAMES = new Map<number, string>(
  Object.entries(WordOperation).map(([name, operation]) => [operation, name]),
);

/** Describes the steps of an execution, one line each, with what the threads have noted. */
export function describeExecution(
  journal: readonly Step[],
  regions: readonly Region[],
): { trace: string; schedule: string } {
  const lines: string[] = [];
  const nameWidth = Math.max(0, ...journal.map((step) => step.thread.spec.name.length));
  journal.forEach((step, stepIndex) => {
    const { name } = step.thread.spec;
    const prefix = `${String(stepIndex).padStart(4)}  ${name.padEnd(nameWidth)}  `;
    const next = journal.slice(stepIndex + 1).find((later) => later.thread === step.thread);
    const end = next?.noteCount ?? step.thread.notes.length;
    const notes = step.thread.notes
      .slice(step.noteCount, end)
      .map((note) => `${note.label} ${describeValue(note.value)}`);
    const suffix = notes.length === 0 ? "" : `    [${notes.join(", ")}]`;
    lines.push(`${prefix}${describeStep(step, regions)}${suffix}`);
  });
  const schedule = journal
    .map((step) => `${step.thread.index}${step.kind === DEATH ? "x" : ""}`)
    .join(" ");
  return { trace: shorten(lines).join("\n"), schedule };
}

/** Leaves out the middle of a long trace, as those of livelocks are. */
function shorten(lines: readonly string[]): readonly string[] {
  const omitted = lines.length - TRACE_LINES;
  if (omitted <= 0) return lines;
  const [head, tail] = [lines.slice(0, TRACE_LINES / 2), lines.slice(-TRACE_LINES / 2)];
  return [...head, `      ... ${omitted} more steps ...`, ...tail];
}

function describeStep(step: Step, regions: readonly Region[]): string {
  if (step.kind === DEATH) return "dies";
  if (step.kind === WAIT) {
    const result = step.result === 1 ? "" : `: ${describeValue(step.result)}`;
    return `has waited for ${step.what}${result}`;
  }
  const word = describeWord(step, regions);
  const operation = OPERATION_NAMES.get(step.kind) ?? "?";
  const value = describeValue(step.value);
  const result = describeValue(step.result);
  switch (step.kind) {
    case WordOperation.loadAcquire:
    case WordOperation.peek:
      return `${operation} ${word} is ${result}`;
    case WordOperation.storeRelease:
    case WordOperation.poke:
      return `${operation} ${word} := ${value}`;
    case WordOperation.compareExchange: {
      const done = step.result === (step.expected | 0);
      const outcome = done ? "done" : `refused, found ${result}`;
      return `${operation} ${word} ${describeValue(step.expected)} -> ${value}: ${outcome}`;
    }
    default:
      return `${operation} ${word} ${value}, was ${result}`;
  }
}

function describeWord(step: Step, regions: readonly Region[]): string {
  const words = step.words!;
  const wordIndex = words.byteOffset / Int32Array.BYTES_PER_ELEMENT + step.wordIndex;
  let best: { name: string; first: number } | undefined;
  for (const region of regions) {
    if (region.words.buffer !== words.buffer) continue;
    const base = region.words.byteOffset / Int32Array.BYTES_PER_ELEMENT;
    const first = base + (region.firstWordIndex ?? 0);
    if (first <= wordIndex && (best === undefined || first >= best.first)) {
      best = { name: region.name, first };
    }
  }
  return best === undefined ? `word[${wordIndex}]` : `${best.name}[${wordIndex - best.first}]`;
}

/** Large numbers are mostly packed words: show their bits. */
function describeValue(value: number): string {
  if (Math.abs(value) < 0x10000) return String(value);
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
