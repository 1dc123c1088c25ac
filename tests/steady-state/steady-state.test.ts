/**
 * Steady state: once the ports are warm, a message costs no system call and no garbage-collected
 * memory, neither where it is sent nor where it is polled.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { BEGIN_MARKER, END_MARKER, type Role } from "./programs.ts";

const MESSAGES = 1_000_000;
const WARM_UP = 200_000;

/** What a process may call for reasons of its own (compiling, mostly) during all messages. */
const SYSTEM_CALLS_MAX = 100;

/** A young generation in which everything that is allowed fits many times. */
const NODE_OPTIONS = ["--min-semi-space-size=128", "--max-semi-space-size=128"];

const runUrl = new URL("./programs/run.js", import.meta.url);

function startRun(bench: Bench, role: Role, payload: string, tracePath?: string): Child {
  return bench.start(runUrl, {
    data: { role, payload, warmUp: WARM_UP, messages: MESSAGES },
    nodeOptions: NODE_OPTIONS,
    ...(tracePath === undefined ? {} : { wrapper: ["strace", "-f", "-o", tracePath] }),
  });
}

/** Asserts that hardly anything was allocated. */
async function assertNothingAllocated(bench: Bench, role: Role, child: Child): Promise<number> {
  const measured = await child.next("measured");
  const { grownBytes, collections, received, missed } = measured as unknown as {
    grownBytes: number;
    collections: number;
    received: number;
    missed: number;
  };
  const costs = `${grownBytes} bytes, ${collections} collections`;
  bench.t.diagnostic(`${role}: ${costs}, ${received} received, ${missed} missed`);
  assert.equal(collections, 0, `${role}: collections of garbage`);
  assert.ok(grownBytes < MESSAGES, `${role}: ${grownBytes} bytes for ${MESSAGES} messages`);
  return measured.pid as number;
}

/** Starts the roles, lets them run, and examines each. Resolves with their process ids. */
async function run(
  bench: Bench,
  roles: readonly Role[],
  payload: string,
  tracePath?: (role: Role) => string,
): Promise<Map<Role, number>> {
  const children = roles.map((role) => startRun(bench, role, payload, tracePath?.(role)));
  for (const child of children) await child.next("made");
  for (const child of children) child.tell({ say: "go" });
  const pids = await Promise.all(
    children.map((child, index) => assertNothingAllocated(bench, roles[index]!, child)),
  );
  for (const child of children) assert.equal((await child.finish()).code, 0, child.stderr);
  return new Map(roles.map((role, index) => [role, pids[index]!]));
}

/** The system calls of a process's main thread between the markers. */
function callsBetweenMarkers(tracePath: string, pid: number): string[] {
  const lines = readFileSync(tracePath, "utf8").split("\n");
  const own = lines.filter((line) => line.startsWith(`${pid} `));
  const begin = own.findIndex((line) => line.includes(BEGIN_MARKER));
  const end = own.findIndex((line, index) => index > begin && line.includes(END_MARKER));
  assert.ok(begin > 0 && end > begin, `the markers are not in the trace of ${own.length} lines`);
  return own.slice(begin + 1, end);
}

function skipTrace(): string | false {
  const { status, error } = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]);
  if (error !== undefined) return "there is no strace";
  return status === 0 ? false : "this system permits no tracing";
}

for (const payload of ["struct", "bytes"]) {
  floeTest(
    `a million messages of ${payload} allocate nothing within one process`,
    async (bench) => {
      await run(bench, ["both"], payload);
    },
  );

  floeTest(`a million messages of ${payload} allocate nothing in two processes`, async (bench) => {
    await run(bench, ["subscriber", "publisher"], payload);
  });

  floeTest(
    `a million messages of ${payload} make no system call in two processes`,
    async (bench) => {
      const tracePath = (role: Role): string => join(bench.root, `trace-${role}`);
      const pids = await run(bench, ["subscriber", "publisher"], payload, tracePath);
      for (const [role, pid] of pids) {
        const calls = callsBetweenMarkers(tracePath(role), pid);
        bench.t.diagnostic(`${role}: ${calls.length} system calls`);
        assert.ok(calls.length <= SYSTEM_CALLS_MAX, calls.slice(0, 50).join("\n"));
      }
    },
    { skip: skipTrace() },
  );
}
