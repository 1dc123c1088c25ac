/**
 * Family: the demo's child processes, as their parent sees them.
 *
 * Nobody is left behind: a child is asked to finish, and killed when it does not. A child that ends
 * unasked ends the demo. Children have a process group of their own, so that Ctrl-C reaches the
 * parent alone and there is one order in which things end.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Failure } from "./failure.ts";
import type { ChildSettings, Command, Message, Report } from "./protocol.ts";

const REPLY_MS_MAX = 15_000;
const FINISH_MS_MAX = 3_000;

/** One child process. */
export class Member {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #waiting: ((message: Message) => void)[] = [];
  readonly #heard: Message[] = [];
  readonly #onFailure: (failure: Failure) => void;
  isFinishing = false;

  constructor(
    name: string,
    program: string,
    settings: ChildSettings,
    onFailure: (failure: Failure) => void,
  ) {
    this.name = name;
    this.#onFailure = onFailure;
    const path = fileURLToPath(new URL(program, import.meta.url));
    // Nothing but messages comes from a child; its stderr is for warnings, which should be seen.
    this.process = fork(path, [JSON.stringify(settings)], {
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.process.on("message", (message: Message) => this.#hear(message));
    this.process.on("error", (error) => onFailure(new Failure(`${name}: ${error.message}`)));
    this.process.on("exit", (code, signal) => {
      if (this.isFinishing) return;
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      onFailure(new Failure(`The ${name} ended unexpectedly, ${how}.`));
    });
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  #hear(message: Message): void {
    if (message.kind === "failed") {
      this.#onFailure(new Failure(`The ${this.name} failed: ${message.reason}`));
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#heard.push(message);
    else waiting(message);
  }

  tell(kind: Command["kind"]): void {
    const command: Command = { kind };
    // A child that cannot hear has ended; its "exit" is on the way.
    if (this.process.connected) this.process.send(command, () => {});
  }

  /** Resolves with the next message; rejects when the child does not answer. */
  async #next(): Promise<Message> {
    const heard = this.#heard.shift();
    if (heard !== undefined) return heard;
    return await new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => {
        const seconds = REPLY_MS_MAX / 1000;
        reject(new Failure(`The ${this.name} has not answered for ${seconds} seconds.`));
      }, REPLY_MS_MAX);
      timer.unref();
      this.#waiting.push((message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
  }

  /** Resolves once the child is ready for work. */
  async whenReady(): Promise<void> {
    await this.#next();
  }

  /** Ends the child's turn and resolves with its report. */
  async endTurn(): Promise<Report> {
    this.tell("end");
    const message = await this.#next();
    if (message.kind === "turn") return message.report;
    throw new Failure(`The ${this.name} said "${message.kind}" where it should have reported.`);
  }
}

/** All children. */
export class Family {
  readonly #members: Member[] = [];
  readonly #settings: ChildSettings;
  readonly #onFailure: (failure: Failure) => void;
  #isFinishing = false;

  /** `onFailure` is told of a child that fails or ends before it was asked to. */
  constructor(settings: ChildSettings, onFailure: (failure: Failure) => void) {
    this.#settings = settings;
    this.#onFailure = onFailure;
  }

  /** Starts a child. Throws once the family is finishing: whoever comes later would be missed. */
  start(name: string, program: string): Member {
    if (this.#isFinishing) throw new Failure(`The ${name} was not started: all is over.`);
    const member = new Member(name, program, this.#settings, this.#onFailure);
    this.#members.push(member);
    return member;
  }

  /** Ends all children; resolves once there are none. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    const exits = this.#members.map(async (member) => {
      member.isFinishing = true;
      member.tell("finish");
      if (!member.hasExited && member.process.pid !== undefined) {
        await once(member.process, "exit");
      }
    });
    const timer = setTimeout(() => this.kill(), FINISH_MS_MAX);
    await Promise.all(exits);
    clearTimeout(timer);
  }

  /** Kills all children that are left. */
  kill(): void {
    for (const member of this.#members) {
      if (!member.hasExited) member.process.kill("SIGKILL");
    }
  }
}
