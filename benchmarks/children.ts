/**
 * Child processes that cannot outlive a benchmark.
 *
 * Busy polling programs do not notice that nobody wants them any more, so three nets hold them:
 * each run has a deadline after which its children are killed; Ctrl-C and every other way out of
 * the harness kills them; and where `setpriv` exists, the kernel kills them if the harness itself
 * is killed. What they leave in the file system is removed by name (see `Scratch`).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { ProgramEvent, ResultEvent } from "./protocol.ts";

const SHARED_MEMORY_DIRECTORY = "/dev/shm";
const STDERR_CHARACTERS_MAX = 2_000;

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

/** A running subject program: its events as promises, and its end. */
export class Child {
  /** Epoch milliseconds just before the process was made. */
  readonly spawnedMs: number;
  readonly ready: Promise<void>;
  readonly result: Promise<ResultEvent>;
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  #stderr = "";

  constructor(command: Command, onExit: (child: Child) => void) {
    this.spawnedMs = performance.timeOrigin + performance.now();
    this.#process = spawn(command.file, command.args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...command.environment },
    });
    const ready = deferred<void>();
    const result = deferred<ResultEvent>();
    const exited = deferred<void>();
    this.ready = ready.promise;
    this.result = result.promise;
    this.exited = exited.promise;
    // A failure rejects whatever is awaited; what nobody awaits must not end the harness.
    for (const promise of [this.ready, this.result]) promise.catch(() => {});
    const fail = (reason: string) => {
      const error = new Error(`${reason}${this.#stderr === "" ? "" : `: ${this.#stderr.trim()}`}`);
      ready.reject(error);
      result.reject(error);
    };
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      const event = parseEvent(line);
      if (event === undefined) fail(`unexpected output ${JSON.stringify(line.slice(0, 200))}`);
      else if (event.event === "ready") ready.resolve();
      else result.resolve(event);
    });
    this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_MAX);
    });
    // Its death closes the pipe while we may still be writing to it; the exit tells us enough.
    this.#process.stdin!.on("error", () => {});
    this.#process.on("error", (error) => {
      fail(error.message);
      onExit(this);
      exited.resolve();
    });
    this.#process.on("close", (code, signal) => {
      fail(`the program ended early (${signal ?? `code ${code}`})`);
      onExit(this);
      exited.resolve();
    });
  }

  /** Tells the program that all has been said, and that it may go. */
  finish(): void {
    this.#process.stdin!.end();
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}

type Deferred<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
};

/** `Promise.withResolvers`, which Node 20 does not have. */
function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function parseEvent(line: string): ProgramEvent | undefined {
  try {
    const event = JSON.parse(line) as ProgramEvent;
    return event.event === "ready" || event.event === "result" ? event : undefined;
  } catch {
    return undefined;
  }
}

/** All children that are alive now. */
export class Nursery {
  readonly #children = new Set<Child>();
  #isClosed = false;

  /** Throws once {@link close} was called: what is going down must not start anything. */
  spawn(command: Command): Child {
    if (this.#isClosed) throw new Error("the benchmark was stopped");
    const child = new Child(command, (gone) => this.#children.delete(gone));
    this.#children.add(child);
    return child;
  }

  /** Kills all children and resolves when they are gone; there will be no new ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const child of this.#children) child.kill();
    await Promise.all([...this.#children].map((child) => child.exited));
  }

  get size(): number {
    return this.#children.size;
  }
}

/**
 * The one place where a benchmark leaves files: a directory in shared memory, and, for programs
 * that choose their own places there, files that have the directory's name as a prefix.
 */
export class Scratch {
  readonly #base: string;
  readonly #parent: string;
  #runs = 0;

  get directory(): string {
    return this.#base;
  }

  constructor() {
    this.#parent = isDirectory(SHARED_MEMORY_DIRECTORY) ? SHARED_MEMORY_DIRECTORY : tmpdir();
    this.#base = mkdtempSync(join(this.#parent, "floe-bench-"));
  }

  /** A fresh directory for each run: nothing that a killed run left can meet the next one. */
  createRunDirectory(): string {
    const directory = join(this.#base, `${basename(this.#base)}-${++this.#runs}`);
    mkdirSync(directory);
    return directory;
  }

  removeRunDirectory(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
    this.#removePrefixed(basename(directory));
  }

  [Symbol.dispose](): void {
    rmSync(this.#base, { recursive: true, force: true });
    this.#removePrefixed(basename(this.#base));
  }

  #removePrefixed(prefix: string): void {
    for (const name of readdirSync(this.#parent)) {
      const isOurs = name.startsWith(`${prefix}_`) || name.startsWith(`${prefix}-`);
      if (isOurs) rmSync(join(this.#parent, name), { recursive: true, force: true });
    }
  }
}

function isDirectory(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
