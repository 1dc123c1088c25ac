/**
 * The soak: processes join, leave, are killed and stopped, send and receive, in one domain that
 * lives on, and nothing may be lost, leaked or blocked.
 *
 * One process stays all the time, with a port of each kind in each service that does not pass. The
 * others come and go as lives.ts has drawn. This process only starts them, kills them, and reads
 * their ledgers; it touches the domain once, when all have gone, with `Node.clean`. From time to
 * time, in a *quiet moment*, all visitors have ended, everything that they have left must have been
 * cleaned up by whoever came next, and the process that stays says what it holds of the system.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DomainOptions, Node } from "floe";
import { Child, type Message } from "../support/child.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { Random } from "../support/random.ts";
import type { Filling, Sample } from "./assignments.ts";
import { Books, RESIDENT } from "./books.ts";
import { type Census, censusOf, EMPTY, greatest, pathsBelow } from "./census.ts";
import { type Ending, endingFaults, type Told } from "./endings.ts";
import { growthFaults } from "./growth.ts";
import { nowNs } from "./ledger-file.ts";
import { drawFate, type Fate, type Place, sweeper, THREADS_MAX } from "./lives.ts";
import type { Seat } from "./participant.ts";
import type { Report } from "./report.ts";
import { SERVICES } from "./services.ts";

/** How long, with how many, and in which way. */
export interface SoakOptions {
  readonly minutes: number;
  /** Visiting processes at a time, beside the one that stays. */
  readonly processes: number;
  readonly seed: number;
  /** Is told of the state of things every ten seconds. */
  readonly log: (line: string) => void;
}

const TICK_MS = 25;
const CENSUS_MS = 500;
const PROGRESS_MS = 10_000;
/** Nobody lives longer than this, but for being stopped. */
const LIFE_MS_MAX = 15_000;
/** Whoever does so little for so long hangs; machines may be busy. */
const HANG_MS = 60_000;
/** Quiet moments are at least so far apart, and at most. */
const QUIET_MS_MIN = 2_500;
const QUIET_MS_MAX = 120_000;
/** Files of a participant with all its ports, at most; what the dead have left is soon removed. */
const FILES_A_PARTICIPANT_MAX = 64;
/** Offences that are kept; the first is what matters. */
const OFFENCES_MAX = 100;

const residentPath = fileURLToPath(new URL("./programs/resident.js", import.meta.url));
const visitorPath = fileURLToPath(new URL("./programs/visitor.js", import.meta.url));
const fillerPath = fileURLToPath(new URL("./programs/filler.js", import.meta.url));

interface Life {
  readonly name: string;
  readonly child: Child;
  readonly fate: Fate;
  readonly startedNs: number;
  /** When it began to take part, or was started if it has not. */
  begunMs: number;
  hasBegun: boolean;
  nextBlow: number;
  wasKilled: boolean;
  /** Those of its threads that were terminated, if they had not ended. */
  readonly terminated: Set<string>;
}

/** One soak. */
export class Soak {
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #root: string;
  readonly #directory: string;
  readonly #place: Place;
  readonly #books: Books;
  readonly #living: Set<Life> = new Set();
  readonly #offences: string[] = [];
  readonly #refusals: Map<string, number> = new Map();
  readonly #samples: Sample[] = [];
  /** How participants have ended of whom that is certain, since the last quiet moment. */
  readonly #endings: Map<string, Ending> = new Map();
  readonly #endingsTold: Record<Ending, number> = { left: 0, died: 0 };
  #resident: Child | undefined;
  #lifeCount = 0;
  #killCount = 0;
  #stopCount = 0;
  #terminationCount = 0;
  #ejectionCount = 0;
  #exitCount = 0;
  #max: Census = EMPTY;
  #quiet: Census = EMPTY;
  #final: Census = EMPTY;
  #hasResidentEnded = false;
  #isQuiet = false;
  #startedMs = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#root = mkdtempSync(join(memoryFolder(), "floe-soak-"));
    const folder = join(this.#root, "ledgers");
    mkdirSync(folder);
    const root = join(this.#root, "floe");
    mkdirSync(root, { mode: 0o700 });
    // Who is stopped may hold a lock for longer than people would wait.
    const domain: DomainOptions = { root, name: "soak", lockTimeout: 30_000 };
    this.#directory = join(root, "soak");
    this.#place = { domain, folder };
    this.#books = new Books(folder, (text) => this.#offend(text));
  }

  #offend(text: string): void {
    if (this.#offences.length < OFFENCES_MAX) this.#offences.push(text);
    if (this.#offences.length < 10) this.#options.log(`offence: ${text}`);
  }

  /** Runs it to its end and says what has come out. */
  async run(): Promise<Report> {
    const { minutes } = this.#options;
    const durationMs = minutes * 60_000;
    const quietMs = Math.min(Math.max(durationMs / 5, QUIET_MS_MIN), QUIET_MS_MAX);
    this.#startedMs = performance.now();
    try {
      await this.#startResident();
      for (let restMs = durationMs; restMs > 0; ) {
        await this.#soakFor(Math.min(quietMs, restMs));
        await this.#beQuiet();
        restMs = durationMs - this.#elapsedMs;
        // A last stretch that is too short to be worth a quiet moment of its own.
        if (restMs < quietMs / 3) break;
      }
      for (const fault of growthFaults(this.#samples)) this.#offend(`who stays: ${fault}`);
      await this.#fillAllPlaces();
      await this.#endAll();
    } catch (error) {
      this.#offend(`the soak could not go on: ${(error as Error).stack}`);
    } finally {
      await this.remove();
    }
    return this.#report();
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  async #startResident(): Promise<void> {
    const seat: Seat = {
      ...this.#place,
      name: `${RESIDENT}-0`,
      seed: this.#random.bits(),
      stays: true,
      turnsBetweenChanges: 0,
      lastsMs: null,
      closes: true,
    };
    const nodeOptions = ["--expose-gc"];
    this.#resident = new Child(residentPath, { data: seat, nodeOptions });
    this.#resident.ended.then(() => void (this.#hasResidentEnded = true));
    await this.#resident.next("joined");
  }

  #start(fate: Fate, name: string): Life {
    this.#lifeCount += 1;
    const life: Life = {
      name,
      child: new Child(visitorPath, { data: fate.visit }),
      fate,
      startedNs: nowNs(),
      begunMs: performance.now(),
      hasBegun: false,
      nextBlow: 0,
      wasKilled: false,
      terminated: new Set(),
    };
    this.#living.add(life);
    life.child.ended
      .then(({ code, signal }) => this.#ended(life, code, signal))
      .catch((error) => this.#offend(`what ${name} has left cannot be read: ${error.stack}`));
    return life;
  }

  #nextName(): string {
    return `life${this.#lifeCount + 1}`;
  }

  #ended(life: Life, code: number | null, signal: NodeJS.Signals | null): void {
    this.#living.delete(life);
    this.#hear(life.child.takeAll(), life);
    const isAsWanted = life.wasKilled ? signal === "SIGKILL" || code === 0 : code === 0;
    if (!isAsWanted) this.#offend(`${life.name} ended with ${signal ?? code}`);
    if (life.child.stderr !== "") this.#offend(`${life.name} said: ${life.child.stderr}`);
    if (signal === "SIGKILL") this.#killCount += 1;
    else if (!life.fate.visit.seats[0]!.closes) this.#exitCount += 1;
    const dead = this.#books.processEnded(life.name);
    for (const { name, closes } of life.fate.visit.seats) {
      if (dead.has(name)) this.#endings.set(name, "died");
      else if (signal === null && closes && !life.terminated.has(name)) {
        this.#endings.set(name, "left");
      }
    }
  }

  /** What a process has said by itself. */
  #hear(messages: readonly Message[], life?: Life): void {
    for (const message of messages) {
      if (message.say === "begun" && life !== undefined) {
        life.hasBegun = true;
        life.begunMs = performance.now();
      }
      const who = life?.name ?? RESIDENT;
      if (message.say === "offence") this.#offend(`${who}: ${message.text}`);
      if (message.say === "terminated") {
        this.#terminationCount += 1;
        life?.terminated.add(message.seat as string);
      }
      if (message.say === "ejected") this.#ejectionCount += 1;
      if (message.say !== "refused") continue;
      const what = `${message.code}, ${message.kind} of "${message.service}"`;
      this.#refusals.set(what, (this.#refusals.get(what) ?? 0) + 1);
    }
  }

  /** Lets processes come and go for so long. */
  async #soakFor(lastsMs: number): Promise<void> {
    const endMs = performance.now() + lastsMs;
    let nextMassacreMs = performance.now() + this.#random.below(5000);
    let nextCensusMs = 0;
    let nextProgressMs = performance.now() + PROGRESS_MS;
    while (performance.now() < endMs) {
      const nowMs = performance.now();
      if (this.#living.size < this.#options.processes) {
        const name = this.#nextName();
        this.#start(drawFate(this.#random, this.#place, name, LIFE_MS_MAX), name);
      }
      for (const life of this.#living) this.#strike(life, nowMs);
      if (nowMs > nextMassacreMs) {
        this.#killSome();
        nextMassacreMs = nowMs + 2000 + this.#random.below(8000);
      }
      if (nowMs > nextCensusMs) {
        this.#look();
        nextCensusMs = nowMs + CENSUS_MS;
      }
      if (nowMs > nextProgressMs) {
        this.#options.log(this.#progress());
        nextProgressMs = nowMs + PROGRESS_MS;
      }
      await delay(TICK_MS);
    }
  }

  /** Does to a process what is due; who hangs is an offence. */
  #strike(life: Life, nowMs: number): void {
    this.#hear(life.child.takeAll(), life);
    const ageMs = nowMs - life.begunMs;
    while (life.hasBegun) {
      const blow = life.fate.blows[life.nextBlow];
      if (blow === undefined || blow.afterMs > ageMs) break;
      life.nextBlow += 1;
      if (blow.signal === "SIGKILL") this.#kill(life);
      else life.child.signal(blow.signal);
      if (blow.signal === "SIGSTOP") this.#stopCount += 1;
    }
    if (ageMs < life.fate.lastsMs + HANG_MS) return;
    this.#offend(`${life.name} has not ended: ${JSON.stringify(life.fate)}`);
    this.#kill(life);
  }

  #kill(life: Life): void {
    life.wasKilled = true;
    life.child.kill();
  }

  /** Kills some of the living at once. */
  #killSome(): void {
    const lives = this.#random.shuffled([...this.#living]);
    for (const life of lives.slice(0, 1 + this.#random.below(lives.length))) this.#kill(life);
  }

  /** Counts what lies in the domain, and settles the books. */
  #look(): void {
    const census = censusOf(this.#directory);
    const participants = this.#options.processes * THREADS_MAX + 1;
    if (census.files > Math.max(this.#max.files, participants * FILES_A_PARTICIPANT_MAX)) {
      this.#offend(`${census.files} files in the domain of ${participants} participants at most`);
    }
    this.#max = greatest(this.#max, census);
    this.#settle();
  }

  #settle(): void {
    this.#checkResident();
    const publisherIds = this.#books.settle();
    if (publisherIds.length > 0) this.#resident!.tell({ say: "forget", publisherIds });
    const oldestNs = Math.min(nowNs(), ...[...this.#living].map(({ startedNs }) => startedNs));
    this.#books.forgetBefore(oldestNs);
    const behindMs = (nowNs() - this.#books.residentDrainedNs) / 1e6;
    if (behindMs > HANG_MS) throw new Error(`who stays has done nothing for ${behindMs} ms`);
  }

  #checkResident(): void {
    if (!this.#hasResidentEnded) return;
    throw new Error(`who stays has ended: ${this.#resident!.stderr}`);
  }

  /** Ends all visitors, half of them violently, and waits until nothing is left of them. */
  async #beQuiet(): Promise<void> {
    this.#isQuiet = true;
    const endMs = performance.now() + 1000;
    while (this.#living.size > 0 && performance.now() < endMs) {
      for (const life of this.#living) this.#strike(life, performance.now());
      await delay(TICK_MS);
    }
    for (const life of this.#living) this.#kill(life);
    await this.#until("all visitors to end", () => this.#living.size === 0);
    await this.#sweep();
    await this.#until("the books to be settled", () => {
      this.#settle();
      return this.#books.unsettledCount === 0;
    });
    this.#resident!.tell({ say: "sample" });
    const { sample, endings } = await this.#answer("sample");
    this.#samples.push(sample as Sample);
    this.#compareEndings(endings as Told);
    this.#books.checkResidentListeners(this.#killCount + this.#terminationCount);
    this.#quiet = greatest(this.#quiet, censusOf(this.#directory));
    this.#isQuiet = false;
    this.#options.log(this.#progress());
  }

  /** What the one who stays says to a question; it may say other things before. */
  async #answer(say: string): Promise<Message> {
    let answer: Message | undefined;
    await this.#until(`the answer "${say}" of the one who stays`, () => {
      const messages = this.#resident!.takeAll();
      this.#hear(messages);
      answer ??= messages.find((message) => message.say === say);
      return answer !== undefined;
    });
    return answer!;
  }

  #compareEndings(told: Told): void {
    for (const fault of endingFaults(told, this.#endings)) this.#offend(`who stays: ${fault}`);
    for (const { ending } of told.endings) this.#endingsTold[ending] += 1;
    this.#endings.clear();
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const endMs = performance.now() + HANG_MS;
    while (!condition()) {
      this.#checkResident();
      if (performance.now() > endMs) throw new Error(`waited ${HANG_MS} ms for ${what}`);
      await delay(TICK_MS);
    }
  }

  /** Whoever comes next cleans up; after a few of them nothing may be left of the dead. */
  async #sweep(): Promise<void> {
    const SWEEPERS_MAX = 3;
    for (let count = 1; count <= SWEEPERS_MAX; count += 1) {
      const name = this.#nextName();
      await this.#start(sweeper(this.#random, this.#place, name), name).child.ended;
      await this.#until("the sweeper's books", () => this.#living.size === 0);
      if (this.#strangers().length === 0) return;
    }
    for (const path of this.#strangers()) this.#offend(`left by the dead: ${path}`);
  }

  /** What lies in the domain and belongs to nobody who stays. */
  #strangers(): string[] {
    const own = this.#books.residentPublisherIds();
    const services = SERVICES.filter(({ isPassing }) => !isPassing).length;
    const paths = pathsBelow(this.#directory);
    const nodes = paths.filter((path) => /^node\.[^/]+$/.test(path));
    const open = paths.filter((path) => /^service\.[^/]+$/.test(path));
    return [
      ...paths.filter((path) => path.startsWith(".")),
      ...paths.filter((path) => path.includes("/data.") && !own.some((id) => path.includes(id))),
      ...(nodes.length === 1 ? [] : nodes),
      ...(open.length === services ? [] : open),
    ];
  }

  async #fillAllPlaces(): Promise<void> {
    const data: Filling = { domain: this.#place.domain, takenByOthers: 1 };
    const filler = new Child(fillerPath, { data });
    const { faults } = await filler.next("filled");
    for (const fault of faults as string[]) this.#offend(`not all places are free: ${fault}`);
    const { code, signal } = await filler.ended;
    if (code !== 0) this.#offend(`who fills all places ended with ${signal ?? code}`);
  }

  /** Kills the last visitors and leaves their remains to `Node.clean`. */
  async #endAll(): Promise<void> {
    for (let count = 0; count < this.#options.processes; count += 1) {
      const name = this.#nextName();
      this.#start(drawFate(this.#random, this.#place, name, LIFE_MS_MAX), name);
    }
    await this.#until("the last visitors to begin", () => {
      for (const life of this.#living) this.#hear(life.child.takeAll(), life);
      return [...this.#living].every(({ hasBegun }) => hasBegun);
    });
    await delay(this.#random.below(300));
    for (const life of this.#living) this.#kill(life);
    await this.#until("the last visitors to end", () => this.#living.size === 0);
    await this.#until("the last books to be settled", () => {
      this.#settle();
      return this.#books.unsettledCount === 0;
    });
    this.#resident!.tell({ say: "end" });
    const { code, signal } = await this.#resident!.ended;
    this.#hear(this.#resident!.takeAll());
    if (code !== 0) this.#offend(`who stayed ended with ${signal ?? code}`);
    if (this.#resident!.stderr !== "") this.#offend(`who stayed said: ${this.#resident!.stderr}`);
    this.#books.residentEnded();
    const { failures, inaccessibleNodeIds } = Node.clean({ domain: this.#place.domain });
    for (const { message } of failures) this.#offend(`Node.clean failed: ${message}`);
    for (const id of inaccessibleNodeIds) this.#offend(`Node.clean may not look at ${id}`);
    this.#final = censusOf(this.#directory);
    for (const path of pathsBelow(this.#directory)) this.#offend(`left by Node.clean: ${path}`);
  }

  /** Ends all processes and removes all files. */
  async remove(): Promise<void> {
    for (const life of this.#living) this.#kill(life);
    this.#resident?.kill();
    await Promise.all([...this.#living].map(({ child }) => child.ended));
    await this.#resident?.ended;
    rmSync(this.#root, { recursive: true, force: true });
  }

  #progress(): string {
    const { sent, received, missed, notified } = this.#books.totals;
    const seconds = (this.#elapsedMs / 1000).toFixed(0).padStart(5);
    const privateBytes = this.#samples.at(-1)?.privateBytes ?? 0;
    return [
      `${seconds} s  ${this.#lifeCount} lives`,
      `${this.#killCount} kills`,
      `${this.#stopCount} stops`,
      `${sent} sent`,
      `${received} received`,
      `${missed} missed`,
      `${notified} notifications`,
      `at most ${this.#max.files} files`,
      `who stays has ${(privateBytes / 2 ** 20).toFixed(1)} MiB`,
      `${this.#offences.length} offences${this.#isQuiet ? ", quiet" : ""}`,
    ].join(", ");
  }

  #report(): Report {
    const { minutes, processes, seed } = this.#options;
    return {
      minutes,
      processes,
      seed,
      elapsedSeconds: Math.round(this.#elapsedMs / 1000),
      lives: this.#lifeCount,
      kills: this.#killCount,
      stops: this.#stopCount,
      terminatedThreads: this.#terminationCount,
      ejections: this.#ejectionCount,
      exitsWithoutClosing: this.#exitCount,
      ...this.#books.totals,
      deathsToldAgain: this.#books.toldAgain,
      nodesToldLeft: this.#endingsTold.left,
      nodesToldDied: this.#endingsTold.died,
      refusals: Object.fromEntries([...this.#refusals].sort()),
      domain: { max: this.#max, quiet: this.#quiet, final: this.#final },
      samples: this.#samples,
      offences: this.#offences,
    };
  }
}
