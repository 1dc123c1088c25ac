/**
 * Processes as the kernel shows them.
 */
import { readFileSync } from "node:fs";
import { waitFor } from "./wait.ts";

/** The state of a process, as in `ps`: T when it is stopped; undefined when there is none. */
export function processState(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may contain anything.
    return status.slice(status.lastIndexOf(")") + 2)[0];
  } catch {
    return undefined;
  }
}

/** Waits until a process is stopped. */
export function waitUntilStopped(pid: number): Promise<void> {
  return waitFor(`process ${pid} to stop`, () => processState(pid) === "T");
}
