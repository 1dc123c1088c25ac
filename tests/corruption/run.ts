/**
 * A run of the corruption test: rounds in three arrangements, and what they have shown.
 *
 *  - *alone*: one process has all ports and writes between its calls, so that every round can be
 *    played again.
 *  - *a third process*: senders and receivers are two processes, and this one writes.
 *  - *a peer*: of the two, one writes into the memory that it shares with the other.
 */
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { Bench } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { Random } from "../support/random.ts";
import { type Burst, drawBurst, roundSeed } from "./bursts.ts";
import type { FindingsSummary } from "./findings.ts";
import { domainPathOf, geometriesOf } from "./geometries.ts";
import { playRound, type RoundResult, type Stage } from "./round.ts";
import { lastNotes, Scribbler } from "./scribbler.ts";
import { RemoteVictim } from "./victim.ts";

/** Who is damaged by whom. */
export const ARRANGEMENTS = ["alone", "a third process", "a peer"] as const;
export type Arrangement = (typeof ARRANGEMENTS)[number];

/** What is to be played. */
export interface Play {
  readonly arrangement: Arrangement;
  readonly seed: number;
  readonly firstRound: number;
  /** Ends after so many rounds, or when there were so many writes. */
  readonly rounds: number;
  readonly writes: number;
  /** The one kind of word to write to; left out: all. */
  readonly kind?: string;
}

/** Where processes are started, in a domain of their own. */
export type Scene = Pick<Bench, "root" | "domain" | "start">;

/** An offence, with all that is needed to see it again. */
export interface Offence {
  readonly arrangement: Arrangement;
  readonly seed: number;
  readonly round: number;
  readonly text: string;
  /** The writes just before. */
  readonly notes: readonly string[];
}

/** Is told of each round. */
export interface Audience {
  onRound(result: RoundResult): void;
  onOffence(offence: Offence): void;
}

const aloneUrl = new URL("./programs/alone.js", import.meta.url);
const victimUrl = new URL("./programs/victim.js", import.meta.url);

/** Writes that are shown of those before an offence. */
export const NOTES_SHOWN = 12;

/** A writer beside the traffic pauses so long between two writes, in microseconds. */
const PAUSE_US_MAX = 60;

/** Plays rounds until there were so many writes, or an offence has ended a process. */
export async function play(scene: Scene, plan: Play, audience: Audience): Promise<void> {
  if (plan.arrangement === "alone") await playAlone(scene, plan, audience);
  else await playBetween(scene, plan, audience);
}

class Reporter {
  readonly #plan: Play;
  readonly #audience: Audience;
  readonly #logPaths: readonly string[];
  round: number;

  constructor(plan: Play, audience: Audience, logPaths: readonly string[]) {
    this.#plan = plan;
    this.#audience = audience;
    this.#logPaths = logPaths;
    this.round = plan.firstRound;
  }

  played(result: RoundResult): void {
    this.#audience.onRound(result);
    for (const text of result.offences) this.offend(text, result.notes);
  }

  offend(text: string, notesOfRound?: readonly string[]): void {
    const { arrangement, seed } = this.#plan;
    const notes = notesOfRound ?? this.#logPaths.flatMap((path) => lastNotes(path, NOTES_SHOWN));
    this.#audience.onOffence({ arrangement, seed, round: this.round, text, notes });
  }
}

async function playAlone(scene: Scene, plan: Play, audience: Audience): Promise<void> {
  const logPath = join(scene.root, "alone.log");
  const reporter = new Reporter(plan, audience, [logPath]);
  const child = scene.start(aloneUrl, { data: { ...plan, logPath } });
  try {
    for (;;) {
      const message = await child.next("round", "played", "over");
      if (message.say === "round") reporter.round = message.round as number;
      else if (message.say === "played") reporter.played(message.result as RoundResult);
      else break;
    }
  } catch (error) {
    // It has ended, or says nothing any more.
    reporter.offend(String(error));
  }
}

async function playBetween(scene: Scene, plan: Play, audience: Audience): Promise<void> {
  const isPeer = plan.arrangement === "a peer";
  const logPaths = ["senders", "receivers", "third"].map((name) => join(scene.root, `${name}.log`));
  const [sendersLog, receiversLog, thirdLog] = logPaths as [string, string, string];
  const random = new Random(plan.seed);
  const domainPath = domainPathOf(scene.domain);
  const scribbler = new Scribbler(domainPath, random, geometriesOf(), thirdLog);
  const children = [
    scene.start(victimUrl, { data: { side: "senders", logPath: sendersLog } }),
    scene.start(victimUrl, { data: { side: "receivers", logPath: receiversLog } }),
  ];
  const reporter = new Reporter(plan, audience, logPaths);
  try {
    for (const child of children) await child.next("made");
    const stage: Stage = {
      domainPath,
      victims: children.map((child) => new RemoteVictim(child)),
      burst: (burst) =>
        isPeer
          ? burstByPeer(children, random, burst)
          : burstByThird(children, scribbler, random, burst),
      endBurst: () => scribbler.forget(),
    };
    let left = plan.writes;
    const endRound = plan.firstRound + plan.rounds;
    for (let round = plan.firstRound; left > 0 && round < endRound; round += 1) {
      reporter.round = round;
      random.reseed(roundSeed(plan.seed, round));
      scribbler.beginNotes(`seed ${plan.seed}, round ${round}`);
      await beginRound(children, random);
      const result = await playRound(stage, drawBurst(random, left, plan.kind));
      for (const count of Object.values(result.writes)) left -= count;
      reporter.played(result);
    }
  } catch (error) {
    reporter.offend(String(error));
    for (const child of children) child.kill();
  } finally {
    scribbler.close();
  }
  for (const child of children) await child.finish();
}

async function beginRound(children: readonly Child[], random: Random): Promise<void> {
  for (const child of children) child.tell({ say: "begin", seed: random.bits() });
  for (const child of children) await child.next("begun");
}

interface BurstOutcome {
  readonly writes: Record<string, number>;
  readonly findings: FindingsSummary[];
}

/** One of the two writes, while the other goes on. */
async function burstByPeer(
  children: readonly Child[],
  random: Random,
  burst: Burst,
): Promise<BurstOutcome> {
  const [writer, other] = random.shuffled(children) as [Child, Child];
  other.tell({ say: "run" });
  writer.tell({ say: "write", burst });
  const written = await writer.next("stopped");
  other.tell({ say: "stop" });
  const stopped = await other.next("stopped");
  return {
    writes: written.writes as Record<string, number>,
    findings: [written.findings as FindingsSummary, stopped.findings as FindingsSummary],
  };
}

/** This process writes, while both go on. */
async function burstByThird(
  children: readonly Child[],
  scribbler: Scribbler,
  random: Random,
  { kinds, writes: count }: Burst,
): Promise<BurstOutcome> {
  for (const child of children) child.tell({ say: "run" });
  const writes: Record<string, number> = {};
  for (let write = 0; write < count; write += 1) {
    const kind = random.pick(kinds);
    if (scribbler.write(kind)) writes[kind] = (writes[kind] ?? 0) + 1;
    const endMs = performance.now() + random.below(PAUSE_US_MAX) / 1000;
    while (performance.now() < endMs);
    if (write % 8 === 0) await turn();
  }
  for (const child of children) child.tell({ say: "stop" });
  const findings: FindingsSummary[] = [];
  for (const child of children) {
    findings.push((await child.next("stopped")).findings as FindingsSummary);
  }
  return { writes, findings };
}
