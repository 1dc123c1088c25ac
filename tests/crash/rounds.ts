/**
 * Rounds: a process is started, killed in the middle of something, and the next one comes; all in
 * one domain, among survivors that never leave and never clean up by hand.
 *
 * Survivors send all the time, so that who sleeps is woken and queues overflow. Several victims
 * live side by side, and come while the remains of others are being cleared away. In the end
 * everything that was sent has arrived, every place is free again and nothing is left.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DomainOptions, Node } from "floe";
import { memoryFolder } from "../support/memory-folder.ts";
import { Random } from "../support/random.ts";
import { mappedFiles, openFiles } from "../support/resources.ts";
import { waitFor } from "../support/wait.ts";
import { EventSide, EventTally } from "./event-side.ts";
import { inParallel } from "./harness.ts";
import { Invariant, InvariantError, mustHold } from "./invariants.ts";
import { type Progress, total } from "./progress.ts";
import { nameOf, type Role } from "./role.ts";
import { EventId, type Limits, type Surroundings } from "./services.ts";
import { fillPlaces, TopicSide } from "./topic-side.ts";
import { VictimSupply } from "./victims.ts";

/** How often the survivors send. */
const PULSE_MS = 20;

/** Points of a role of which it is not known how many it has. */
const POINTS_SUPPOSED = 40;

const FIRST_VICTIM = 1_000;

/** Ports that survivors have of each kind, and nodes that have a service open. */
const SURVIVORS = { ports: 3, nodes: 2 };

/** Ports and nodes that a victim has at most. */
const VICTIM = { ports: 1, nodes: 2 };

/** What a run is made of. */
export interface RoundsOptions {
  readonly roles: readonly Role[];
  readonly rounds: number;
  readonly seed: number;
  readonly parallel: number;
  /** Is told how many rounds are over. */
  readonly onRound: (count: number) => void;
}

/** What was played. */
export interface RoundsReport {
  /** Victims that died in the middle of something. */
  readonly killedInside: number;
  /** Those that had completed. */
  readonly completed: number;
}

class Survivors implements Surroundings {
  readonly domain: DomainOptions;
  readonly limits: Limits;
  readonly root: string;
  readonly node: Node;
  readonly #tally = new EventTally();
  readonly struct: TopicSide;
  readonly bytes: TopicSide;
  readonly events: EventSide;
  #pulse: NodeJS.Timeout | undefined;

  constructor(parallel: number) {
    this.root = mkdtempSync(join(memoryFolder(), "floe-rounds-"));
    this.domain = { root: this.root, name: "rounds" };
    this.limits = {
      ports: SURVIVORS.ports + parallel * VICTIM.ports,
      nodes: SURVIVORS.nodes + parallel * VICTIM.nodes,
    };
    this.node = Node.create({ name: "survivor", domain: this.domain });
    this.struct = new TopicSide(this.node, "struct", this);
    this.bytes = new TopicSide(this.node, "bytes", this);
    this.events = new EventSide(this.node, this.#tally, this);
  }

  get topics(): readonly TopicSide[] {
    return [this.struct, this.bytes];
  }

  async join(): Promise<void> {
    for (const side of this.topics) side.addSender(1);
    await this.struct.addReceiver("loops", []);
    await this.struct.addReceiver("blocked", []);
    await this.bytes.addReceiver("blocked", []);
    await this.bytes.addReceiver("polls", []);
    for (const waiting of ["loops", "blocked"] as const) await this.events.addListener(waiting);
    this.events.addNotifier();
    this.#pulse = setInterval(() => this.#send(), PULSE_MS);
  }

  #send(): void {
    for (const { senders } of this.topics) for (const sender of senders) sender.send();
    for (const receiver of this.bytes.receivers) receiver.pull();
    this.events.notify();
  }

  /** What lies in the domain. */
  remains(): string[] {
    return readdirSync(join(this.root, this.domain.name!)).sort();
  }

  /** What this process holds of the domain. */
  held(): string[] {
    return [...mappedFiles(this.root), ...openFiles(this.root)];
  }

  /** Waits until everything is as it was before the first victim. */
  async check(dead: readonly Progress[]): Promise<void> {
    clearInterval(this.#pulse);
    const newcomer = Node.create({ name: "newcomer", domain: this.domain });
    for (const { kind } of this.topics) {
      const side = new TopicSide(newcomer, kind, this);
      const others = this.topics.filter((other) => other.kind === kind);
      await fillPlaces(side, others, this, SURVIVORS.nodes + 1);
      await side.close();
    }
    const side = new EventSide(newcomer, this.#tally, this);
    await side.fillPlaces([this.events], SURVIVORS.nodes + 1);
    await side.close();
    newcomer.close();
    for (const topic of this.topics) {
      topic.checkRecords(
        (sender) => sender === 1 || dead.some((progress) => progress.sender === sender),
        () => true,
      );
    }
    await this.#checkEvents(dead);
  }

  async #checkEvents(dead: readonly Progress[]): Promise<void> {
    const notified = total(dead, "notified");
    const notifiedMost = notified + total(dead, "joined");
    const sent = { least: notified, most: notifiedMost };
    await this.events.awaitEvent(Invariant.sent, EventId.ofVictim, sent);
    const least = total(dead, "joined") - total(dead, "leaving");
    const told = { least, most: Number.POSITIVE_INFINITY };
    await this.events.awaitEvent(Invariant.notices, EventId.dead, told);
    await this.events.awaitEvent(Invariant.sent, EventId.ofOthers, { least: 0, most: 0 });
  }

  async close(): Promise<void> {
    for (const side of [...this.topics, this.events]) await side.close();
    this.node.close();
  }

  end(): void {
    clearInterval(this.#pulse);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Plays rounds; throws what does not hold. */
export async function playRounds(options: RoundsOptions): Promise<RoundsReport> {
  const { parallel } = options;
  const supply = new VictimSupply(parallel);
  const survivors = new Survivors(parallel);
  try {
    await survivors.join();
    const before = { remains: survivors.remains().length, held: survivors.held().length };
    const { dead, report } = await playAll(options, survivors, supply);
    await survivors.check(dead);
    await settle("entries of the domain", before.remains, () => survivors.remains());
    // Publishers may have made memory meanwhile; in the end none of it may stay.
    await survivors.close();
    const remains = survivors.remains();
    mustHold(Invariant.remains, remains.length === 0, () => `${remains} are left`);
    await settle("files", 0, () => survivors.held());
    return report;
  } finally {
    await supply.close();
    survivors.end();
  }
}

async function settle(what: string, most: number, look: () => readonly string[]): Promise<void> {
  try {
    await waitFor(`at most ${most} ${what}`, () => look().length <= most);
  } catch (cause) {
    throw new InvariantError(Invariant.holding, `more than ${most} ${what}: ${look()}`, cause);
  }
}

async function playAll(
  { roles, rounds, seed, parallel, onRound }: RoundsOptions,
  survivors: Survivors,
  supply: VictimSupply,
): Promise<{ readonly dead: readonly Progress[]; readonly report: RoundsReport }> {
  const random = new Random(seed);
  const possible = roles.filter(({ needsAbsence, ejects }) => !needsAbsence && !ejects);
  const pointsOf = new Map<Role, number>();
  const dead: Progress[] = [];
  let killedInside = 0;
  const playRound = async (round: number): Promise<void> => {
    const role = random.pick(possible);
    const ordinal = 1 + random.below(pointsOf.get(role) ?? POINTS_SUPPOSED);
    const victim = await supply.take(FIRST_VICTIM + round);
    try {
      await victim.prepare(nameOf(role), survivors);
      victim.act(ordinal);
      const { points } = await victim.outcome();
      if (points === undefined) killedInside += 1;
      else pointsOf.set(role, points);
    } catch (error) {
      const again = `round ${round}, ${nameOf(role)}, point ${ordinal}, seed ${seed}`;
      throw new Error(`${again}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    } finally {
      await victim.kill();
    }
    dead.push(victim.progress);
    for (const side of survivors.topics) {
      if (role.services.includes(side.kind)) await side.awaitDelivery([victim.progress]);
    }
    onRound(dead.length);
  };
  await inParallel(parallel, Array(rounds).keys(), playRound);
  return { dead, report: { killedInside, completed: rounds - killedInside } };
}
