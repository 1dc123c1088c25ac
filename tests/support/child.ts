/**
 * Children: programs that a test starts, speaks with in lines of JSON, and outlives.
 *
 * A child says what it has done and is told what to do next, so that neither side ever waits for a
 * time. It cannot outlast its test: it ends when its standard input ends, and it is killed when the
 * test is over or when it says nothing for too long.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { WAIT_MS_MAX } from "./wait.ts";

/** What is said: any value of JSON, told apart by `say`. */
export interface Message {
  readonly say: string;
  readonly [key: string]: unknown;
}

/** How a program ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a program is started. */
export interface ChildOptions {
  /** Handed to the program as its one argument, in JSON. */
  readonly data?: unknown;
  /** Added to the environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Options of Node, before the program's path. */
  readonly nodeOptions?: readonly string[];
  /** Another program that starts Node for us, as in `["strace", "-c"]`. */
  readonly wrapper?: readonly string[];
  readonly userId?: number;
  readonly groupId?: number;
}

const STDERR_CHARACTERS_MAX = 4_000;

/** A running program. */
export class Child {
  readonly pid: number;
  /** Resolves when the program has ended and all it said was read. */
  readonly ended: Promise<End>;
  readonly #process: ChildProcess;
  readonly #messages: Message[] = [];
  #stderr = "";
  #end: End | undefined;
  #wake: () => void = () => {};

  constructor(program: string, options: ChildOptions) {
    const { data = {}, environment = {}, nodeOptions = [], wrapper = [] } = options;
    const [file, ...args] = [
      ...wrapper,
      process.execPath,
      ...nodeOptions,
      program,
      JSON.stringify(data),
    ];
    const env = { ...process.env, ...environment };
    // Else a program that uses node:test would report to our runner.
    delete env.NODE_TEST_CONTEXT;
    this.#process = spawn(file!, args, {
      env,
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.userId === undefined ? {} : { uid: options.userId }),
      ...(options.groupId === undefined ? {} : { gid: options.groupId }),
    });
    this.pid = this.#process.pid ?? -1;
    this.#process.stdin!.on("error", () => {});
    this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_MAX);
    });
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      this.#messages.push(JSON.parse(line) as Message);
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      const finish = (end: End): void => {
        this.#end = end;
        this.#wake();
        resolve(end);
      };
      this.#process.on("close", (code, signal) => finish({ code, signal }));
      this.#process.on("error", (error) => {
        this.#stderr += error.message;
        finish({ code: null, signal: null });
      });
    });
  }

  /** What the program wrote to its standard error, the end of it if it was much. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Tells the program something. */
  tell(message: Message): void {
    this.#process.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  /** The next thing the program says, one of `says`; rejects when it ends or takes long. */
  async next(...says: readonly string[]): Promise<Message> {
    const wanted = says.map((say) => `"${say}"`).join(" or ");
    const message = await this.#nextMessage(wanted);
    if (message === undefined) {
      const { code, signal } = this.#end!;
      throw new Error(`ended with ${signal ?? code} before it said ${wanted}: ${this.#stderr}`);
    }
    if (says.includes(message.say)) return message;
    throw new Error(`said ${JSON.stringify(message)} instead of ${wanted}: ${this.#stderr}`);
  }

  /** Whatever the program says next; undefined when it has ended. Rejects when it takes long. */
  nextIfAny(): Promise<Message | undefined> {
    return this.#nextMessage("anything");
  }

  async #nextMessage(wanted: string): Promise<Message | undefined> {
    const deadlineMs = performance.now() + WAIT_MS_MAX;
    while (this.#messages.length === 0) {
      if (this.#end !== undefined) return undefined;
      const restMs = deadlineMs - performance.now();
      if (restMs <= 0) {
        this.kill();
        throw new Error(`did not say ${wanted} within ${WAIT_MS_MAX} ms: ${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#messages.shift()!;
  }

  /** What the program has said and nobody has waited for. */
  takeAll(): Message[] {
    return this.#messages.splice(0);
  }

  /** Closes the program's standard input, which asks it to end, and waits until it has. */
  async finish(): Promise<End> {
    this.#process.stdin!.end();
    const timer = setTimeout(() => this.kill(), WAIT_MS_MAX);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** Ends the program at once. */
  kill(): void {
    this.signal("SIGKILL");
  }

  /** Sends a signal, unless the program has ended. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }
}
