/**
 * Victims: parties as a round sees them, in this process or in another one.
 *
 * A round gives the same orders to either, so what is shown for the one is shown for the other.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Child } from "../support/child.ts";
import type { Random } from "../support/random.ts";
import type { Burst } from "./bursts.ts";
import type { Findings, FindingsSummary } from "./findings.ts";
import type { Party } from "./party.ts";
import type { Scribbler } from "./scribbler.ts";

/** What a party can be told, each as the method of that name. */
export type Order =
  | "open"
  | "makeFresh"
  | "sendFresh"
  | "receiveFresh"
  | "respond"
  | "closePorts"
  | "leave"
  | "assertNothingHeld";

/** What came of an order. */
export interface Answer {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: FindingsSummary;
}

/** Somebody who makes traffic in damaged memory. */
export interface Victim {
  obey(order: Order): Promise<Answer>;
}

/** Does what an order says. */
export async function obeyed(party: Party, findings: Findings, order: Order): Promise<Answer> {
  const counts = (await party[order]()) ?? {};
  // Warnings come a little later than what they are about.
  await turn();
  return { counts, findings: findings.takeSummary() };
}

/** A party of this process. */
export class LocalVictim implements Victim {
  readonly #party: Party;
  readonly #findings: Findings;

  constructor(party: Party, findings: Findings) {
    this.#party = party;
    this.#findings = findings;
  }

  obey(order: Order): Promise<Answer> {
    return obeyed(this.#party, this.#findings, order);
  }
}

/** A party of another process, `programs/victim.ts`. */
export class RemoteVictim implements Victim {
  readonly child: Child;

  constructor(child: Child) {
    this.child = child;
  }

  async obey(order: Order): Promise<Answer> {
    this.child.tell({ say: "obey", order });
    return (await this.child.next("obeyed")) as unknown as Answer;
  }
}

/** Steps of traffic for each write. */
const STEPS_A_WRITE_MAX = 4;

/** Steps between two turns of the event loop. */
const STEPS_A_TURN = 24;

/** Makes traffic and writes in between, in one thread; counts the writes by kind. */
export async function burstWithin(
  party: Party,
  scribbler: Scribbler,
  random: Random,
  { kinds, writes }: Burst,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let steps = 0;
  for (let write = 0; write < writes; write += 1) {
    const kind = random.pick(kinds);
    if (scribbler.write(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
    for (let left = random.below(STEPS_A_WRITE_MAX + 1); left > 0; left -= 1) {
      party.step();
      steps += 1;
      if (steps % STEPS_A_TURN === 0) await turn();
    }
  }
  return counts;
}
