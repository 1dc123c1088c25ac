/**
 * One round: services are made, their memory is damaged while there is traffic, and then everything
 * must come to its senses again.
 *
 *  1. Fresh services work perfectly.
 *  2. A burst of writes, with traffic. Calls return values or throw FloeErrors.
 *  3. All ports still answer and can be closed.
 *  4. Ports made anew in the damaged services work, or a FloeError has said why not.
 *  5. The services are removed by hand, and nothing of them is held any more.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Burst, unfoundedErrors } from "./bursts.ts";
import type { FindingsSummary } from "./findings.ts";
import { NOISY_BYTES, NOISY_DIRECTORIES, NOISY_EVENTS, NOISY_RECORDS } from "./services.ts";
import { FRESH_MESSAGES } from "./stations.ts";
import type { Answer, Order, Victim } from "./victim.ts";

/** What a round has shown. */
export interface RoundResult {
  /** What the burst was. */
  readonly title: string;
  /** Writes by kind of word. */
  readonly writes: Readonly<Record<string, number>>;
  /** FloeErrors by code. */
  readonly codes: Readonly<Record<string, number>>;
  readonly offences: readonly string[];
  readonly callCount: number;
  readonly slowestCallMs: number;
  readonly receivedCount: number;
  readonly tornCount: number;
  /** Services in which ports could be made again, and those that had to be made again. */
  readonly madeAgainCount: number;
  readonly beyondUseCount: number;
  /** The last writes, if there was an offence. */
  readonly notes?: readonly string[];
}

/** What a round works on. */
export interface Stage {
  readonly domainPath: string;
  readonly victims: readonly Victim[];
  /** Damages memory while there is traffic; returns the writes by kind. */
  burst(burst: Burst): Promise<{ writes: Record<string, number>; findings: FindingsSummary[] }>;
  /** Lets go of the memory that was damaged. */
  endBurst(): void;
}

class Round {
  readonly #stage: Stage;
  readonly codes: Record<string, number> = {};
  readonly offences: string[] = [];
  callCount = 0;
  slowestCallMs = 0;
  receivedCount = 0;
  tornCount = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  note(summary: FindingsSummary): void {
    for (const [code, count] of Object.entries(summary.codes)) {
      this.codes[code] = (this.codes[code] ?? 0) + count;
    }
    this.offences.push(...summary.offences);
    this.callCount += summary.callCount;
    this.slowestCallMs = Math.max(this.slowestCallMs, summary.slowestCallMs);
    this.receivedCount += summary.receivedCount;
    this.tornCount += summary.tornCount;
  }

  /** Gives an order to all, one after the other, so that a replay has the same order. */
  async tell(order: Order): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const victim of this.#stage.victims) answers.push(await victim.obey(order));
    for (const { findings } of answers) this.note(findings);
    return answers;
  }

  get errorCount(): number {
    return Object.values(this.codes).reduce((sum, count) => sum + count, 0);
  }

  /** Fresh ports exchange messages; returns the services in which not all of them came. */
  async exchange(): Promise<string[]> {
    await this.tell("makeFresh");
    await this.tell("sendFresh");
    const received: Record<string, number> = {};
    for (const { counts } of await this.tell("receiveFresh")) {
      for (const [service, count] of Object.entries(counts)) {
        received[service] = (received[service] ?? 0) + count;
      }
    }
    const services = [NOISY_BYTES, NOISY_RECORDS, NOISY_EVENTS];
    return services.filter((service) => (received[service] ?? 0) < FRESH_MESSAGES);
  }
}

/** Plays one round. */
export async function playRound(stage: Stage, burst: Burst): Promise<RoundResult> {
  const round = new Round(stage);
  await round.tell("open");
  const unsound = await round.exchange();
  if (unsound.length > 0 || round.errorCount > 0) {
    round.offences.push(`fresh services do not work: ${unsound} ${JSON.stringify(round.codes)}`);
  }
  const { writes, findings } = await stage.burst(burst);
  for (const summary of findings) round.note(summary);
  stage.endBurst();
  await round.tell("respond");
  await round.tell("closePorts");
  const errorsBefore = round.errorCount;
  const failed = await round.exchange();
  if (failed.length > 0 && round.errorCount === errorsBefore) {
    round.offences.push(`ports made again are silent, without an error: ${failed}`);
  }
  const unfounded = unfoundedErrors(burst.title, round.codes);
  if (unfounded.length > 0) round.offences.push(`${unfounded} although nothing was damaged`);
  await round.tell("leave");
  removeServices(stage.domainPath);
  await round.tell("assertNothingHeld");
  const { codes, offences, callCount, slowestCallMs, receivedCount, tornCount } = round;
  return {
    title: burst.title,
    writes,
    codes,
    offences,
    callCount,
    slowestCallMs,
    receivedCount,
    tornCount,
    madeAgainCount: 3 - failed.length,
    beyondUseCount: failed.length,
  };
}

/** Removes the services, as a person would whom the errors tell to. */
function removeServices(domainPath: string): void {
  for (const name of readdirSync(domainPath)) {
    const isLeftOver = name.startsWith(".removed.") || name.startsWith(".created.");
    if (isLeftOver || NOISY_DIRECTORIES.includes(name)) {
      rmSync(join(domainPath, name), { recursive: true, force: true });
    }
  }
}
