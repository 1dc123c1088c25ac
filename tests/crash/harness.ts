/**
 * Harness: lets victims die at every point of a role, and looks at what they leave.
 */
import type { CrashPoint } from "floe/crash";
import { nameOf, type Role } from "./role.ts";
import { Stage } from "./stage.ts";
import { type Outcome, type Victim, VictimSupply } from "./victims.ts";

/** What was found when a victim had died at a point, or had completed. */
export interface Finding {
  readonly role: string;
  /** 0: it completed, and died then. */
  readonly ordinal: number;
  /** Undefined when it completed. */
  readonly point: CrashPoint | undefined;
  /** How many points there are; known when it completed. */
  readonly points: number | undefined;
  /** Why it is a failure. */
  readonly error: unknown;
}

const VICTIM_SENDER = 1;
const ACCOMPLICE_SENDER = 2;
const FIRST_CORPSE_SENDER = 3;

/** Kills, one victim after the other; several may do so side by side. */
export class Killer {
  readonly #supply: VictimSupply;

  /** `parallel` is how many will be wanted at a time. */
  constructor(parallel: number) {
    this.#supply = new VictimSupply(parallel);
  }

  /** Lets a victim die at a point, or, with 0, when its operation is over. */
  async kill(role: Role, ordinal: number): Promise<Finding> {
    const finding = { role: nameOf(role), ordinal, point: undefined, points: undefined };
    const stage = new Stage(role);
    const dead: Victim[] = [];
    let outcome: Outcome | undefined;
    try {
      await stage.open();
      outcome = await this.#play(role, ordinal, stage, dead);
      await stage.check(
        dead.map(({ progress }) => progress),
        ordinal,
      );
      return { ...finding, ...outcome, error: undefined };
    } catch (error) {
      return { ...finding, ...outcome, error };
    } finally {
      for (const victim of dead) await victim.kill();
      await stage.remove();
    }
  }

  /** Plays all parts of a role; in the end everybody in it is dead. */
  async #play(role: Role, ordinal: number, stage: Stage, dead: Victim[]): Promise<Outcome> {
    const take = async (name: string, sender: number): Promise<Victim> => {
      const victim = await this.#supply.take(sender);
      dead.push(victim);
      await victim.prepare(name, stage);
      return victim;
    };
    const victim = await take(nameOf(role), VICTIM_SENDER);
    const { accomplice: part, corpses = [] } = role;
    const accomplice = part && (await take(part.role, ACCOMPLICE_SENDER));
    // Whoever comes cleans up: so all of them come first, and then all die.
    const doomed: Victim[] = [];
    for (const [index, corpse] of corpses.entries()) {
      doomed.push(await take(corpse.role, FIRST_CORPSE_SENDER + index));
    }
    for (const [index, corpse] of doomed.entries()) {
      corpse.act(corpses[index]!.ordinal);
      await corpse.outcome();
    }
    for (const corpse of doomed) await corpse.kill();
    stage.beforeOperation();
    victim.act(ordinal);
    accomplice?.act(part!.ordinal);
    if (role.sleeps === true) {
      await victim.untilAsleep();
      stage.sendOnce();
    }
    const outcome = await victim.outcome();
    await victim.kill();
    await accomplice?.outcome();
    await accomplice?.kill();
    return outcome;
  }

  /** Ends everything. */
  close(): Promise<void> {
    return this.#supply.close();
  }
}

/** Runs tasks, `parallel` at a time, in order. */
export async function inParallel<Task>(
  parallel: number,
  tasks: Iterable<Task>,
  run: (task: Task) => Promise<void>,
): Promise<void> {
  const waiting = tasks[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      await run(next.value);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}
