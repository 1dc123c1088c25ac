/**
 * Stunts: what an actor does only in a process of its own, because it takes a whole process: using
 * up its descriptors or its file system, stopping in the middle of a call, dying in a callback,
 * starting children.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork, spawn } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type DomainOptions, type EventActivation, FloeError, WaitSet } from "floe";
import { resourcesHeld } from "../support/resources.ts";
import { Actor } from "./actor.ts";
import { type Report, reportOf } from "./report.ts";

/** A function of the program that floe calls. */
export type Callback = "fill" | "poll" | "listener" | "wait set";

/** A way to start a child. */
export type Birth = "spawn" | "fork" | "cluster" | "detached";

/** More than any call of floe needs. */
const DESCRIPTORS_TRIED_MAX = 30;

const LIVE_LONG = "setInterval(() => {}, 1000)";

/** See the file's first paragraph. */
export class Stunts extends Actor {
  readonly #fillers: number[] = [];
  readonly #warnings: string[] = [];
  readonly #fillerPath: string;
  #second: Actor | undefined;
  #children: ChildProcess[] = [];

  constructor(domain: DomainOptions) {
    super(domain);
    this.#fillerPath = join(domain.root!, "filler");
  }

  /** Has something done by another actor of this process. */
  second(act: "open" | "node" | "messages" | "close", ...args: unknown[]): unknown {
    this.#second ??= new Actor(this.domain);
    return (this.#second[act] as (...args: unknown[]) => unknown)(...args);
  }

  /** Uses the file system up until so many bytes are left. */
  fill(leftBytes: number): void {
    this.makeRoom();
    const { bavail, bsize } = fs.statfsSync(this.domain.root!);
    const fillerBytes = bavail * bsize - leftBytes;
    if (fillerBytes > 0) fs.writeFileSync(this.#fillerPath, Buffer.alloc(fillerBytes));
  }

  /** Uses the inodes of the file system up. */
  fillInodes(): void {
    fs.mkdirSync(this.#fillerPath);
    try {
      for (let index = 0; ; index += 1) fs.writeFileSync(join(this.#fillerPath, `${index}`), "");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }

  /** Gives all that back. */
  makeRoom(): void {
    fs.rmSync(this.#fillerPath, { recursive: true, force: true });
  }

  /** Leaves so many descriptors free. */
  leaveDescriptors(freeCount: number): void {
    this.freeDescriptors();
    try {
      for (;;) this.#fillers.push(fs.openSync("/dev/null", "r"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EMFILE") throw error;
    }
    for (const fd of this.#fillers.splice(0, freeCount)) fs.closeSync(fd);
  }

  /** Gives the descriptors back. */
  freeDescriptors(): void {
    for (const fd of this.#fillers.splice(0)) fs.closeSync(fd);
  }

  /**
   * Does something with no descriptor left, with one, and so on until it succeeds: what was thrown
   * each time. After each failure as many descriptors must be open as before.
   */
  async starve(act: keyof Stunts, ...args: unknown[]): Promise<Report[]> {
    const refusals: Report[] = [];
    const before = resourcesHeld(this.domain.root!);
    for (let freeCount = 0; freeCount < DESCRIPTORS_TRIED_MAX; freeCount += 1) {
      this.leaveDescriptors(freeCount);
      try {
        await (this[act] as (...args: unknown[]) => unknown)(...args);
        return refusals;
      } catch (error) {
        if (!FloeError.is(error)) throw error;
        refusals.push(reportOf(error));
      } finally {
        this.freeDescriptors();
      }
      assert.deepEqual(resourcesHeld(this.domain.root!), before, "something was left open");
    }
    throw new Error(`${String(act)} fails with ${DESCRIPTORS_TRIED_MAX} free descriptors`);
  }

  /**
   * Waits for notifications by blocking, for so long with so many descriptors left and then with
   * enough of them; never returns to the event loop in between.
   */
  hearSyncStarved(freeCount: number, starvedMs: number): EventActivation[] | null {
    this.leaveDescriptors(freeCount);
    const heard = this.hearSync(starvedMs);
    this.freeDescriptors();
    return heard ?? this.hearSync();
  }

  /** Takes what waits: also what was taken before it failed, and how it failed. */
  tryPoll(): { readonly counts: number[]; readonly error: Report | null } {
    const counts: number[] = [];
    try {
      this.pollWith((count) => counts.push(count));
    } catch (error) {
      return { counts, error: reportOf(error) };
    }
    return { counts, error: null };
  }

  /** From now on warnings are kept instead of printed. */
  noteWarnings(): void {
    process.removeAllListeners("warning");
    process.on("warning", (warning) => this.#warnings.push(warning.message));
  }

  /** The warnings that were kept. */
  async warnings(): Promise<string[]> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    return this.#warnings;
  }

  /** From the next call of a function of `node:fs` on such a path, `action` is done before it. */
  #before(name: "openSync" | "renameSync", part: string, action: () => void): void {
    const original = fs[name] as (...args: unknown[]) => unknown;
    const replacement = (...args: unknown[]): unknown => {
      if (String(args[0]).includes(part)) {
        Object.assign(fs, { [name]: original });
        syncBuiltinESMExports();
        action();
      }
      return original(...args);
    };
    Object.assign(fs, { [name]: replacement });
    syncBuiltinESMExports();
  }

  /** Stops this process where it next opens or renames such a path. */
  stopBefore(name: "openSync" | "renameSync", part: string): void {
    this.#before(name, part, () => process.kill(process.pid, "SIGSTOP"));
  }

  /** Does something of the caller's where this process next opens such a path. */
  doBefore(part: string, action: () => void): void {
    this.#before("openSync", part, action);
  }

  /** Starts a child where this process next opens such a path. */
  spawnBefore(part: string): void {
    this.#before("openSync", part, () => this.spawnChild("detached"));
  }

  /** Starts a child; tells its process id. */
  spawnChild(birth: Birth): number {
    const child = this.#start(birth);
    child.unref();
    this.#children.push(child);
    return child.pid!;
  }

  /** The process ids of the children that were started. */
  childPids(): number[] {
    return this.#children.map(({ pid }) => pid!);
  }

  #start(birth: Birth): ChildProcess {
    const program = ["-e", LIVE_LONG];
    if (birth === "spawn") return spawn(process.execPath, program, { stdio: "ignore" });
    if (birth === "detached") {
      return spawn(process.execPath, program, { stdio: "ignore", detached: true });
    }
    const execArgv = ["--import", `data:text/javascript,${LIVE_LONG}`];
    if (birth === "fork") return fork("/dev/null", { execArgv, stdio: "ignore" });
    cluster.setupPrimary({ exec: "/dev/null", execArgv, silent: true });
    return cluster.fork().process;
  }

  /** Lets a child inherit the descriptor of the listener; tells its process id. */
  bequeath(): number {
    const { fileDescriptor } = this.ports.listener;
    const stdio = ["ignore", "ignore", "ignore", fileDescriptor] as const;
    const child = spawn(process.execPath, ["-e", LIVE_LONG], { stdio: [...stdio], detached: true });
    child.unref();
    return child.pid!;
  }

  /** Terminates a worker whose descriptors Node does not close; tells the id of its node. */
  async terminateUntracked(): Promise<string> {
    const worker = new Worker(new URL("./programs/worker.js", import.meta.url), {
      workerData: { domain: this.domain, business: "holds samples" },
      trackUnmanagedFds: false,
    });
    const [nodeId] = (await once(worker, "message")) as [string];
    await worker.terminate();
    return nodeId;
  }

  /** Makes every use of the wall clock an error. */
  forgetDate(): void {
    const refuse = (): never => {
      throw new Error("the wall clock was looked at");
    };
    const stub = Object.assign(refuse, { now: refuse, parse: refuse, UTC: refuse });
    Object.assign(globalThis, { Date: stub });
  }

  /** Calls a function of ours from within floe. */
  async within(callback: Callback, action: () => void): Promise<void> {
    if (callback === "fill") this.sendWith(8, action);
    else if (callback === "poll") this.pollWith(action);
    else if (callback === "listener") this.hearWith(action);
    else {
      using set = new WaitSet();
      set.attach(this.ports.listener);
      for await (const _ of set) action();
    }
  }

  /** Ends the process from within a callback, soon. */
  endWithin(callback: Callback, how: "exit" | "throw"): void {
    const action = (): void => {
      if (how === "exit") process.exit(EXIT_CODE);
      throw new Error(ON_PURPOSE);
    };
    // Outside of the loop that obeys orders, which would catch it.
    setImmediate(() => void this.within(callback, action));
  }

  /** Ends the process by a promise that nobody handles. */
  reject(): void {
    void Promise.reject(new Error(ON_PURPOSE));
  }

  override close(): void {
    this.freeDescriptors();
    this.#second?.close();
    super.close();
  }
}

/** How a process ends that exits within a callback. */
export const EXIT_CODE = 7;

/** What is thrown by a callback. */
export const ON_PURPOSE = "thrown on purpose";
