/**
 * Victims, as the harness sees them; they are started ahead, because starting takes longest.
 */
import { fileURLToPath } from "node:url";
import type { CrashPoint } from "floe/crash";
import { Child } from "../support/child.ts";
import type { Assignment, Command } from "./programs/victim.ts";
import { Progress } from "./progress.ts";
import type { Surroundings } from "./services.ts";

const program = fileURLToPath(new URL("./programs/victim.js", import.meta.url));

/** How an operation ended: at a point, or completed, with the number of its points. */
export type Outcome =
  | { readonly point: CrashPoint; readonly points?: undefined }
  | { readonly points: number; readonly point?: undefined };

/** A process that will die. */
export class Victim {
  readonly progress: Progress;
  readonly #child: Child;
  /** How its operation ended, if that was heard while something else was awaited. */
  #over: Outcome | undefined;

  constructor(child: Child, sender: number) {
    this.#child = child;
    this.progress = new Progress(sender);
  }

  /** Makes it prepare its role. */
  async prepare(role: string, { domain, limits }: Surroundings): Promise<void> {
    const assignment: Assignment = { role, domain, limits, sender: this.progress.sender };
    this.#child.tell({ say: "prepare", ...assignment });
    await this.#until("prepared");
  }

  /** Makes it act, and die at a point; see {@link untilAsleep} and {@link outcome}. */
  act(ordinal: number): void {
    const command: Command = { ordinal };
    this.#child.tell({ say: "act", ...command });
  }

  /** Resolves when it says that it is about to sleep, or when it has died before that. */
  async untilAsleep(): Promise<void> {
    const heard = await this.#until("asleep");
    if (heard !== "said") this.#over = heard;
  }

  /** Resolves when its operation is over, whether it has died in it or not. */
  async outcome(): Promise<Outcome> {
    const outcome = this.#over ?? (await this.#until("completed"));
    if (outcome === "said") throw new Error("a victim that completes says how many points it had");
    if (outcome.point !== undefined) await this.#child.ended;
    return outcome;
  }

  /** Listens until it says `awaited`, completes or dies at a point. */
  async #until(awaited: string): Promise<Outcome | "said"> {
    for (;;) {
      const message = await this.#child.nextIfAny();
      if (message === undefined) throw new Error(`a victim ended: ${this.#child.stderr}`);
      if (message.say === "failed") throw new Error(`a victim failed: ${message.error}`);
      if (message.say === "point") return { point: message as unknown as CrashPoint };
      if (message.say === "completed") return { points: message.points as number };
      if (message.say === awaited) return "said";
      this.progress.note(message);
    }
  }

  /** Ends it where it is. */
  async kill(): Promise<void> {
    this.#child.kill();
    await this.#child.ended;
  }
}

/** Starts victims ahead of their need. */
export class VictimSupply {
  readonly #spare: Child[] = [];
  readonly #all = new Set<Child>();

  constructor(spareCount: number) {
    for (let count = 0; count < spareCount; count += 1) this.#spare.push(this.#start());
  }

  #start(): Child {
    const child = new Child(program, { nodeOptions: ["--conditions=floe-crash"] });
    this.#all.add(child);
    void child.ended.then(() => this.#all.delete(child));
    return child;
  }

  /** A victim that has loaded, for a role. */
  async take(sender: number): Promise<Victim> {
    this.#spare.push(this.#start());
    const child = this.#spare.shift()!;
    await child.next("loaded");
    return new Victim(child, sender);
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    for (const child of this.#all) child.kill();
    await Promise.all([...this.#all].map((child) => child.ended));
  }
}
