/**
 * Puppet: an actor in a process of its own, as the test sees it. Calls are those of the actor; what
 * a call throws there is thrown here.
 */
import type { Child } from "../support/child.ts";
import { errorIn } from "./report.ts";
import type { Stunts } from "./stunts.ts";

type Acts = {
  [Name in keyof Stunts as Stunts[Name] extends (...args: never[]) => unknown
    ? Name
    : never]: Stunts[Name];
};

/** What an act of a puppet returns. */
type Result<Act> = Act extends (...args: never[]) => infer R ? Awaited<R> : never;

/** See the file's first paragraph. */
export class Puppet {
  readonly child: Child;
  /** Set when the row ends the process itself, so that it need not end well. */
  isDoomed = false;

  constructor(child: Child) {
    this.child = child;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Has something done, and waits until it is done. */
  call<Name extends keyof Acts>(
    act: Name,
    ...args: Acts[Name] extends (...args: infer Args extends unknown[]) => unknown ? Args : never
  ): Promise<Result<Acts[Name]>> {
    this.tell(act, ...args);
    return this.outcome() as Promise<Result<Acts[Name]>>;
  }

  /** Has something done, without waiting. */
  tell(act: keyof Acts, ...args: readonly unknown[]): void {
    this.child.tell({ say: "act", act, args });
  }

  /** How the next of the things that it was told has ended. */
  async outcome(): Promise<unknown> {
    const message = await this.child.next("done", "failed", "broken");
    if (message.say === "done") return message.result;
    if (message.say === "broken") throw new Error(`in the puppet: ${message.text}`);
    throw errorIn(message.error);
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    this.isDoomed = true;
    this.child.kill();
    await this.child.ended;
  }
}
