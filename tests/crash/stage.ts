/**
 * Stage: a domain, the survivors in it, and what is looked at when somebody has died there.
 *
 * Survivors are nodes of this process. Whether they go on before newcomers come, or newcomers come
 * first and clean up, depends on the number of the point: both happen with every role.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DomainOptions, Node } from "floe";
import { memoryFolder } from "../support/memory-folder.ts";
import { mappedFiles, openFiles } from "../support/resources.ts";
import { waitFor } from "../support/wait.ts";
import { EventSide, EventTally } from "./event-side.ts";
import { Invariant, InvariantError, mustHold, upholding } from "./invariants.ts";
import { type Progress, total } from "./progress.ts";
import type { Company, Role } from "./role.ts";
import {
  EventId,
  type Limits,
  type Sender,
  type Surroundings,
  type TopicKind,
} from "./services.ts";
import { checkMemory, exchange, fillPlaces, TopicSide } from "./topic-side.ts";

const LIMITS: Limits = { ports: 4, nodes: 4 };
const FIRST_SURVIVOR = 100;
const FIRST_NEWCOMER = 200;

/** A domain of its own, for one death. */
export class Stage implements Surroundings {
  readonly domain: DomainOptions;
  readonly limits = LIMITS;
  readonly #role: Role;
  readonly #root: string;
  readonly #tally = new EventTally();
  #node: Node | undefined;
  #topic: TopicSide | undefined;
  #events: EventSide | undefined;
  #heldBefore = 0;

  constructor(role: Role) {
    this.#role = role;
    this.#root = mkdtempSync(join(memoryFolder(), "floe-crash-"));
    // The root itself is not there yet: the first node makes it.
    this.domain = { root: join(this.#root, "root"), name: "crash" };
  }

  get #directory(): string {
    return join(this.domain.root!, "crash");
  }

  get #company(): Company {
    return this.#role.company ?? {};
  }

  /** The service of messages that the role is about, if it is about one. */
  get #topicKind(): TopicKind | undefined {
    return this.#role.services.find((kind) => kind !== "events");
  }

  get #isAboutEvents(): boolean {
    return this.#role.services.includes("events");
  }

  /** Lets the survivors come. */
  async open(): Promise<void> {
    const { subscribers, publishers, listeners, notifiers } = this.#company;
    if (this.#role.company !== undefined) this.#node = this.#makeNode("survivor");
    if (subscribers !== undefined || publishers !== undefined) {
      const side = new TopicSide(this.#node!, this.#topicKind!, this);
      this.#topic = side;
      for (let count = 0; count < (publishers ?? 0); count += 1) {
        side.addSender(FIRST_SURVIVOR + count);
      }
      for (const waiting of subscribers ?? []) await side.addReceiver(waiting, side.senders);
      await exchange(Invariant.survivors, [side], 1);
    }
    if (listeners !== undefined || notifiers !== undefined) {
      const side = new EventSide(this.#node!, this.#tally, this);
      this.#events = side;
      for (const waiting of listeners ?? []) await side.addListener(waiting);
      for (let count = 0; count < (notifiers ?? 0); count += 1) side.addNotifier();
    }
    this.#heldBefore = this.#held().length;
  }

  #makeNode(name: string): Node {
    return Node.create({ name, domain: this.domain });
  }

  /** What this process holds of the domain that is not the survivors' own. */
  #held(): string[] {
    const own = this.#topic?.senders.map(({ port }) => `/data.${port.id}.`) ?? [];
    if (this.#node !== undefined) own.push(`/node.${this.#node.id}/`);
    const isOwn = (path: string): boolean => own.some((part) => path.includes(part));
    return [...mappedFiles(this.#root), ...openFiles(this.#root)].filter((path) => !isOwn(path));
  }

  /** What the victim shall find when it begins. */
  beforeOperation(): void {
    const { sentBefore = 0, sentBeforeBytes, closedBefore } = this.#role;
    for (let count = 0; count < sentBefore; count += 1) this.sendOnce(sentBeforeBytes);
    for (const receiver of this.#topic?.receivers ?? []) receiver.pull();
    if (closedBefore !== true) return;
    for (const sender of this.#topic?.senders.splice(0) ?? []) sender.close();
  }

  /** Every sender of the survivors sends once. */
  sendOnce(lengthBytes?: number): void {
    for (const sender of this.#topic?.senders ?? []) sender.send(lengthBytes);
    this.#events?.notify();
  }

  /** Looks whether everything holds that must, now that `dead` have died. */
  async check(dead: readonly Progress[], ordinal: number): Promise<void> {
    const steps = [() => this.#survivorsGoOn(dead), () => this.#newcomersCome(dead)];
    if (ordinal % 2 === 0) steps.reverse();
    for (const step of steps) await step();
    await this.#awaitLettingGo(this.#heldBefore);
    await this.#leave(ordinal);
  }

  /** Waits until this process holds no more of the domain than so many mappings and descriptors. */
  async #awaitLettingGo(most: number): Promise<void> {
    const isOver = (): boolean => {
      // Who polls lets go of those that have left when it looks the next time.
      for (const receiver of this.#topic?.receivers ?? []) receiver.pull();
      return this.#held().length <= most;
    };
    try {
      await waitFor(`at most ${most} files held`, isOver);
    } catch (cause) {
      throw new InvariantError(
        Invariant.holding,
        `${most} files were held before, now: ${this.#held()}`,
        cause,
      );
    }
  }

  async #survivorsGoOn(dead: readonly Progress[]): Promise<void> {
    const topic = this.#topic;
    if (topic !== undefined) {
      await topic.awaitDelivery(dead);
      await exchange(Invariant.survivors, [topic], 1);
      this.#checkRecords(topic, dead);
    }
    const events = this.#events;
    if (events !== undefined) {
      await this.#awaitNotifications(events, dead);
      const { listeners = [] } = this.#company;
      // Those that sleep notice by themselves, and tell the others.
      const isWatched = listeners.includes("loops") || listeners.includes("blocked");
      if (isWatched) await this.#awaitDeaths(events, dead);
    }
  }

  #checkRecords(side: TopicSide, dead: readonly Progress[]): void {
    const deadSenders = dead.map(({ sender }) => sender);
    const isLiving = (sender: number): boolean => sender >= FIRST_SURVIVOR;
    side.checkRecords(
      (sender) => isLiving(sender) || deadSenders.includes(sender),
      (sender) => this.#role.overflows === true && !isLiving(sender),
    );
  }

  async #awaitNotifications(events: EventSide, dead: readonly Progress[]): Promise<void> {
    const notified = total(dead, "notified");
    const expected = { least: notified, most: notified + dead.length };
    await events.awaitEvent(Invariant.sent, EventId.ofVictim, expected);
    events.notify();
    await events.awaitEvent(Invariant.survivors, EventId.ofOthers, { least: 0, most: 0 });
  }

  async #awaitDeaths(events: EventSide, dead: readonly Progress[]): Promise<void> {
    const least = total(dead, "joined") - total(dead, "leaving");
    // Who tells and dies over it leaves it to be told again.
    const most = (total(dead, "joining") - total(dead, "left")) * dead.length;
    await events.awaitEvent(Invariant.notices, EventId.dead, { least, most });
    const created = { least: total(dead, "joined"), most: total(dead, "joining") };
    await events.awaitEvent(Invariant.notices, EventId.created, created);
    const dropped = { least: total(dead, "left"), most: total(dead, "leaving") };
    await events.awaitEvent(Invariant.notices, EventId.dropped, dropped);
  }

  async #newcomersCome(dead: readonly Progress[]): Promise<void> {
    const node = await upholding(Invariant.blocking, () => this.#makeNode("newcomer"));
    if (this.#topicKind !== undefined) await this.#tryTopic(node, this.#topicKind, dead);
    if (this.#isAboutEvents) await this.#tryEvents(node, dead);
    node.close();
  }

  async #tryTopic(node: Node, kind: TopicKind, dead: readonly Progress[]): Promise<void> {
    const side = await upholding(Invariant.blocking, () => new TopicSide(node, kind, this));
    const survivors = this.#topic === undefined ? [] : [this.#topic];
    await upholding(Invariant.places, async () => {
      side.addSender(FIRST_NEWCOMER);
      await side.addReceiver(
        "polls",
        [...survivors, side].flatMap(({ senders }) => senders),
      );
    });
    await exchange(Invariant.survivors, [...survivors, side], 2);
    await fillPlaces(side, survivors, this, this.#nodeCount(this.#company.subscribers ?? []));
    for (const survivor of survivors) await survivor.awaitDelivery(dead);
    await checkMemory([...survivors, side], (sender) => this.#dataFiles(kind, [sender]));
    await this.#awaitFilesGone(kind, [...survivors, side]);
    for (const survivor of survivors) this.#checkRecords(survivor, dead);
    this.#checkRecords(side, []);
    await side.close();
  }

  async #tryEvents(node: Node, dead: readonly Progress[]): Promise<void> {
    const side = await upholding(Invariant.blocking, () => new EventSide(node, this.#tally, this));
    const survivors = this.#events === undefined ? [] : [this.#events];
    await upholding(Invariant.places, async () => {
      await side.addListener("polls");
      side.addNotifier();
    });
    for (const one of [side, ...survivors]) one.notify();
    for (const one of [side, ...survivors]) {
      await one.awaitEvent(Invariant.survivors, EventId.ofOthers, { least: 0, most: 0 });
    }
    await side.awaitEvent(Invariant.sent, EventId.ofVictim, { least: 0, most: 0 });
    await side.fillPlaces(survivors, this.#nodeCount(this.#company.listeners ?? []));
    for (const survivor of survivors) await this.#awaitDeaths(survivor, dead);
    await side.close();
  }

  /** Nodes that have a service open: the survivors', those of blocked threads, the newcomer's. */
  #nodeCount(waiting: readonly string[]): number {
    const survivorCount = this.#topic === undefined && this.#events === undefined ? 0 : 1;
    return survivorCount + waiting.filter((way) => way === "blocked").length + 1;
  }

  /** The data segments of some publishers, or of all. */
  #dataFiles(kind: TopicKind, senders?: readonly Sender[]): string[] {
    const prefixes = senders?.map(({ port }) => `data.${port.id}.`) ?? ["data."];
    return readdirSync(join(this.#directory, `service.publish-subscribe.${kind}`)).filter((name) =>
      prefixes.some((prefix) => name.startsWith(prefix)),
    );
  }

  async #awaitFilesGone(kind: TopicKind, sides: readonly TopicSide[]): Promise<void> {
    const senders = sides.flatMap((side) => side.senders);
    await upholding(Invariant.memory, () =>
      waitFor("the data segments of the dead to be gone", () => {
        for (const { receivers } of sides) for (const receiver of receivers) receiver.pull();
        return this.#dataFiles(kind).length === this.#dataFiles(kind, senders).length;
      }),
    );
  }

  /** Lets the survivors leave, and looks whether anything is left. */
  async #leave(ordinal: number): Promise<void> {
    await upholding(Invariant.blocking, () => this.#closeSurvivors());
    await upholding(Invariant.remains, () => {
      // Either is enough.
      if (ordinal % 4 < 2) {
        const { failures } = Node.clean({ domain: this.domain });
        mustHold(Invariant.remains, failures.length === 0, () => failures.join("; "));
      } else this.#makeNode("cleaner").close();
    });
    const remains = readdirSync(this.#directory);
    mustHold(Invariant.remains, remains.length === 0, () => `${remains} are left`);
    await this.#awaitLettingGo(0);
  }

  async #closeSurvivors(): Promise<void> {
    const [topic, events, node] = [this.#topic, this.#events, this.#node];
    this.#topic = undefined;
    this.#events = undefined;
    this.#node = undefined;
    await topic?.close();
    await events?.close();
    node?.close();
  }

  /** Removes the domain, whatever is in it, and the survivors if they are still there. */
  async remove(): Promise<void> {
    try {
      await this.#closeSurvivors();
    } catch {
      // Something is broken, and has been told of.
    }
    rmSync(this.#root, { recursive: true, force: true });
  }
}
