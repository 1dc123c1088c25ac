/**
 * Event side: notifiers and listeners of one node of the living, and what they must hear.
 */
import { type EventService, Node, type Notifier } from "floe";
import { Invariant, mustHold, upholding } from "./invariants.ts";
import {
  type Heard,
  type ListenerWaiting,
  makeListener,
  type Receiver,
  untilReceived,
} from "./receivers.ts";
import { EventId, openEvents, type Surroundings } from "./services.ts";

/** How often the living have done what all listeners are told of. */
export class EventTally {
  readonly #counts = new Map<number, number>();

  add(eventId: number): void {
    this.#counts.set(eventId, this.count(eventId) + 1);
  }

  count(eventId: number): number {
    return this.#counts.get(eventId) ?? 0;
  }
}

/** How often an event must and may have been heard, beside what the living have done. */
export interface Expected {
  readonly least: number;
  readonly most: number;
}

interface Kept {
  readonly receiver: Receiver<Heard>;
  /** What the living had done when it came: it hears what comes after. */
  readonly since: ReadonlyMap<number, number>;
}

/** One node's part in the service of events. */
export class EventSide {
  readonly node: Node;
  readonly events: EventService;
  readonly notifiers: Notifier[] = [];
  readonly #kept: Kept[] = [];
  readonly #tally: EventTally;
  readonly #surroundings: Surroundings;

  constructor(node: Node, tally: EventTally, surroundings: Surroundings) {
    this.node = node;
    this.events = openEvents(node, surroundings.limits);
    this.#tally = tally;
    this.#surroundings = surroundings;
  }

  get listenerCount(): number {
    return this.#kept.length;
  }

  addNotifier(): void {
    this.notifiers.push(this.events.notifier());
    this.#tally.add(EventId.created);
  }

  async addListener(waiting: ListenerWaiting): Promise<void> {
    const since = new Map(Object.values(EventId).map((id) => [id, this.#tally.count(id)]));
    const receiver = await makeListener(waiting, this.events, this.#surroundings);
    this.#kept.push({ receiver, since });
  }

  /** Makes as many ports and nodes as there may be, with those of `others` that are there. */
  async fillPlaces(others: readonly EventSide[], nodeCount: number): Promise<void> {
    const { limits, domain } = this.#surroundings;
    const sides = [this, ...others];
    const notifierCount = sides.flatMap(({ notifiers }) => notifiers).length;
    const listenerCount = sides.reduce((sum, side) => sum + side.listenerCount, 0);
    const notifiers: Notifier[] = [];
    const open: { close(): void }[] = [];
    await upholding(Invariant.places, () => {
      for (let count = listenerCount; count < limits.ports; count += 1) {
        open.push(this.events.listener());
      }
      for (let count = notifierCount; count < limits.ports; count += 1) {
        notifiers.push(this.events.notifier());
        this.#tally.add(EventId.created);
      }
      for (let count = nodeCount; count < limits.nodes; count += 1) {
        const node = Node.create({ name: "filler", domain });
        open.push(node, openEvents(node, limits));
      }
    });
    for (const one of open) one.close();
    for (const notifier of notifiers) this.#closeNotifier(notifier);
  }

  #closeNotifier(notifier: Notifier): void {
    notifier.close();
    this.#tally.add(EventId.dropped);
  }

  /** Every notifier notifies; every listener of all sides must hear it. */
  notify(): void {
    for (const notifier of this.notifiers) {
      notifier.notify(EventId.ofOthers);
      this.#tally.add(EventId.ofOthers);
    }
  }

  /** Waits until all listeners have heard of an event as often as they must, and not more. */
  async awaitEvent(invariant: Invariant, eventId: number, expected: Expected): Promise<void> {
    for (const { receiver, since } of this.#kept) {
      const ownCount = this.#tally.count(eventId) - since.get(eventId)!;
      const heard = (): number =>
        receiver.items.reduce((sum, item) => sum + (item.eventId === eventId ? item.count : 0), 0);
      const least = ownCount + expected.least;
      const what = `event ${eventId} to be heard ${least} times (it was ${heard()} times)`;
      await upholding(invariant, () => untilReceived(what, receiver, () => heard() >= least));
      const most = ownCount + expected.most;
      const found = (): string => `event ${eventId} was heard ${heard()} times instead of ${most}`;
      mustHold(invariant, heard() <= most, found);
    }
  }

  async close(): Promise<void> {
    for (const { receiver } of this.#kept) await receiver.close();
    for (const notifier of this.notifiers) this.#closeNotifier(notifier);
    this.events.close();
  }
}
