/**
 * What the tests of this folder have in common: how programs are started, and how a trace of their
 * system calls is read.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { BEGIN_MARKER, END_MARKER } from "./programs.ts";

/** What a process may call for reasons of its own (compiling, mostly) during all messages. */
export const SYSTEM_CALLS_MAX = 100;

/** A young generation in which everything that is allowed fits many times. */
export const NODE_OPTIONS = ["--min-semi-space-size=128", "--max-semi-space-size=128"];

/** The system calls of a process's main thread between the markers. */
export function callsBetweenMarkers(tracePath: string, pid: number): string[] {
  const lines = readFileSync(tracePath, "utf8").split("\n");
  const own = lines.filter((line) => line.startsWith(`${pid} `));
  const begin = own.findIndex((line) => line.includes(BEGIN_MARKER));
  const end = own.findIndex((line, index) => index > begin && line.includes(END_MARKER));
  assert.ok(begin > 0 && end > begin, `the markers are not in the trace of ${own.length} lines`);
  return own.slice(begin + 1, end);
}

/** Why no trace can be made, or false when it can. */
export function skipTrace(): string | false {
  const { status, error } = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]);
  if (error !== undefined) return "there is no strace";
  return status === 0 ? false : "this system permits no tracing";
}
