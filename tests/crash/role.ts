/**
 * Roles: what a victim prepares, what it does while its steps are counted, and in which company.
 *
 * A role is data. The part that runs in the victim's process is `prepare`, which returns the
 * operation; everything else is for the survivors, in the process of the harness.
 */
import type { EventService, Listener, Notifier, PublisherOptions } from "floe";
import { Node } from "floe";
import { say } from "../support/program.ts";
import type { Said } from "./progress.ts";
import type { ListenerWaiting, Waiting } from "./receivers.ts";
import {
  type AnySubscriber,
  EventId,
  type Limits,
  type Mode,
  openEvents,
  openTopic,
  Sender,
  type ServiceKind,
  type Surroundings,
  type Topic,
  type TopicKind,
} from "./services.ts";

/** What is counted, and may be cut anywhere. */
export type Operation = () => unknown;

/** Who is there before the victim, and stays. */
export interface Company {
  /** How the survivors' subscribers wait. */
  readonly subscribers?: readonly Waiting[];
  /** How many publishers the survivors have. */
  readonly publishers?: number;
  /** How the survivors' listeners wait. */
  readonly listeners?: readonly ListenerWaiting[];
  /** How many notifiers the survivors have. */
  readonly notifiers?: number;
}

/** Another process that has a part in it. */
export interface OtherPart {
  /** The name of its role. */
  readonly role: string;
  /** Where it dies; 0: when its operation is over. */
  readonly ordinal: number;
}

/** A role; its name is `subject: operation`. */
export interface Role {
  readonly subject: string;
  readonly operation: string;
  /** The services that it touches, which newcomers try afterwards. */
  readonly services: readonly ServiceKind[];
  readonly company?: Company;
  /** Those that have died before, one after the other. */
  readonly corpses?: readonly OtherPart[];
  /** Somebody who does something at the same time. */
  readonly accomplice?: OtherPart;
  /** Messages and notifications that the survivors send before the operation begins. */
  readonly sentBefore?: number;
  /** Bytes of each of those messages. */
  readonly sentBeforeBytes?: number;
  /** Whether the survivors close their senders before the operation begins. */
  readonly closedBefore?: true;
  /** What the victim says before it sleeps: the survivors then send once. */
  readonly sleeps?: true;
  /** Whether it fails where others have its service open. */
  readonly needsAbsence?: true;
  /** Whether it ejects who takes too slowly, survivors among them if they share its service. */
  readonly ejects?: true;
  /** Whether overflow may cost survivors messages of the victim. */
  readonly overflows?: true;
  /** Runs in the victim: prepares, and returns the operation. */
  readonly prepare: (part: Part) => Operation | Promise<Operation>;
}

/** The name of a role. */
export function nameOf({ subject, operation }: Role): string {
  return `${subject}: ${operation}`;
}

/** What a victim works with. */
export class Part implements Surroundings {
  readonly domain: Surroundings["domain"];
  readonly limits: Limits;
  readonly #sender: number;
  #node: Node | undefined;

  constructor({ domain, limits }: Surroundings, sender: number) {
    this.domain = domain;
    this.limits = limits;
    this.#sender = sender;
  }

  /** Notes something for good. */
  note(said: Said | "asleep"): void {
    say({ say: said });
  }

  /** Makes a node. */
  makeNode(): Node {
    return Node.create({ name: "victim", domain: this.domain });
  }

  /** The victim's node, made at the first use. */
  get node(): Node {
    this.#node ??= this.makeNode();
    return this.#node;
  }

  topic(kind: TopicKind, mode?: Mode): Topic {
    return openTopic(this.node, kind, this.limits, mode);
  }

  events(mode?: Mode): EventService {
    return openEvents(this.node, this.limits, mode);
  }

  /** Opens or creates a service of any kind. */
  service(kind: ServiceKind, mode?: Mode): Topic | EventService {
    return kind === "events" ? this.events(mode) : this.topic(kind, mode);
  }

  /** Makes a publisher. */
  sender(kind: TopicKind, options?: PublisherOptions): Sender {
    return new Sender(this.topic(kind), this.#sender, () => this.note("sent"), options);
  }

  /** Makes a subscriber in another node of the victim. */
  otherSubscriber(kind: TopicKind): AnySubscriber {
    return openTopic(this.makeNode(), kind, this.limits).subscriber();
  }

  /** Makes a subscriber. */
  subscriber(kind: TopicKind): AnySubscriber {
    return this.topic(kind).subscriber();
  }

  /** Makes a listener. */
  listener(): Listener {
    return this.events().listener();
  }

  /** Makes a notifier. */
  notifier(events: EventService = this.events()): Notifier {
    this.note("joining");
    const notifier = events.notifier();
    this.note("joined");
    return notifier;
  }

  notify(notifier: Notifier): void {
    notifier.notify(EventId.ofVictim);
    this.note("notified");
  }

  closeNotifier(notifier: Notifier): void {
    this.note("leaving");
    notifier.close();
    this.note("left");
  }
}
