/**
 * Running program: a program of the repository that a test has started, with what it prints.
 *
 * A test waits for output or for the end, never for a time. Programs get a root directory of their
 * own, so that what they leave behind can be told from what others leave.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Everything compiled. */
const BUILD = fileURLToPath(new URL("../../", import.meta.url));

/** How a program has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A directory in memory for the programs of one test. */
export class Root {
  readonly path: string;

  constructor() {
    const usual = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    this.path = mkdtempSync(join(process.env.FLOE_ROOT ?? usual, "demo-"));
  }

  /** What lies in it, whatever the depth. */
  content(): string[] {
    return readdirSync(this.path, { recursive: true, encoding: "utf8" }).sort();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class RunningProgram {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #ended: Promise<Ending>;

  /** Starts a program below `build`, in a process group of its own. */
  constructor(root: Root, program: string, args: readonly string[] = []) {
    this.process = spawn(process.execPath, [join(BUILD, program), ...args], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, FLOE_ROOT: root.path },
    });
    this.process.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.process, "close").then(([code, signal]) => ({ code, signal }));
  }

  /** Resolves once the output matches; rejects when the program ends without. */
  async whenPrinted(pattern: RegExp): Promise<void> {
    let hasEnded = false;
    const ended = this.#ended.then(() => {
      hasEnded = true;
    });
    while (!pattern.test(this.stdout)) {
      if (hasEnded) assert.fail(`ended without ${pattern}:\n${this.stdout}\n${this.stderr}`);
      await Promise.race([once(this.process.stdout!, "data"), ended]);
    }
  }

  /** The processes that it has started and that are still there. */
  children(): number[] {
    const { pid } = this.process;
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return list === "" ? [] : list.split(" ").map(Number);
  }

  /** Sends a signal to the program and everything in its group, as Ctrl-C in a terminal does. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.process.pid!, signal);
  }

  /** Resolves once it has ended and all its output is there. */
  whenEnded(): Promise<Ending> {
    return this.#ended;
  }

  /** Makes sure that it does not outlive a test that fails. */
  kill(): void {
    this.process.kill("SIGKILL");
  }
}

/** Whether there is a process of this number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
