/**
 * The machine under the figures: what it is, and which two cores the two processes get.
 *
 * Latency between two cores depends on which two. Siblings of one physical core share their first
 * caches and are several times faster than two cores that do not; "the fastest published figure" is
 * usually that case. Here the pair is two different physical cores of the allowed set, and the
 * table says so if no such pair exists.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";

export type Machine = {
  readonly cpu: string;
  readonly allowedCpus: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly date: string;
  readonly pinning: string;
};

/** How the two processes of a pair are placed; `undefined` where pinning is impossible. */
export type CorePair = { readonly reflector: number; readonly initiator: number };

export type Placement = {
  readonly pair: CorePair | undefined;
  readonly explanation: string;
  /** Whether `setpriv` can tie the life of a child to ours, even when we are killed. */
  readonly canTieLives: boolean;
};

export function placeProcesses(): Placement {
  const canTieLives = isRunnable("setpriv", ["--pdeathsig", "KILL", "true"]);
  const allowed = allowedCpus();
  const [first] = allowed;
  if (!isRunnable("taskset", ["-c", String(first), "true"])) {
    return { pair: undefined, explanation: "unpinned: taskset cannot be run", canTieLives };
  }
  const stranger = allowed.find((cpu) => cpu !== first && !siblingsOf(first!).includes(cpu));
  const second = stranger ?? allowed.find((cpu) => cpu !== first);
  if (first === undefined || second === undefined) {
    return { pair: undefined, explanation: "unpinned: fewer than two CPUs allowed", canTieLives };
  }
  const kind = stranger === undefined ? "siblings of one physical core" : "two physical cores";
  const explanation = `pinned to CPUs ${first} and ${second}, ${kind} (as the system tells it)`;
  return { pair: { reflector: second, initiator: first }, explanation, canTieLives };
}

export function describeMachine(placement: Placement): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    allowedCpus: allowedCpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    date: new Date().toISOString(),
    pinning: placement.explanation,
  };
}

function isRunnable(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function allowedCpus(): number[] {
  const status = readText("/proc/self/status");
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  return list === undefined ? cpus().map((_, index) => index) : parseCpuList(list);
}

function siblingsOf(cpu: number): number[] {
  const path = `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;
  return parseCpuList(readText(path).trim());
}

/** Reads the kernel's notation for sets of CPUs: "0-2,5" is 0, 1, 2 and 5. */
export function parseCpuList(list: string): number[] {
  const set: number[] = [];
  for (const range of list.split(",")) {
    if (range === "") continue;
    const [low, high] = range.split("-").map(Number) as [number, number | undefined];
    for (let cpu = low; cpu <= (high ?? low); cpu++) set.push(cpu);
  }
  return set;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
