/**
 * Steady state: once the ports are warm, a message costs no system call and no garbage-collected
 * memory, neither where it is sent nor where it is polled.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import type { Role } from "./programs.ts";
import { callsBetweenMarkers, NODE_OPTIONS, SYSTEM_CALLS_MAX, skipTrace } from "./trace.ts";

const MESSAGES = 1_000_000;
const WARM_UP = 600_000;

/**
 * What V8 may use for code that it compiles late, because the machine is busy: a quarter of what
 * the smallest object for each message would take.
 */
const BYTES_MAX = MESSAGES * 4;

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
  assert.ok(grownBytes < BYTES_MAX, `${role}: ${grownBytes} bytes for ${MESSAGES} messages`);
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
