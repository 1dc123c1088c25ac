/**
 * Topic side: publishers and subscribers of one node of the living, and what they must find.
 */
import { Node } from "floe";
import { Invariant, mustHold, upholding } from "./invariants.ts";
import type { Progress } from "./progress.ts";
import { makeReceiver, type Receiver, untilReceived, type Waiting } from "./receivers.ts";
import {
  BUFFER_SIZE,
  LARGE_BYTES,
  MAX_LOANED_SAMPLES,
  openTopic,
  type Received,
  Sender,
  SMALL_BYTES,
  type Surroundings,
  type Topic,
  type TopicKind,
} from "./services.ts";

/** A subscriber's record, and from which message on it must be complete. */
interface Kept {
  readonly receiver: Receiver<Received>;
  /** The number of the first message to come, by sender; of those who come later it is 1. */
  readonly firstNumbers: ReadonlyMap<number, number>;
}

/** One node's part in a service of messages. */
export class TopicSide {
  readonly node: Node;
  readonly kind: TopicKind;
  readonly topic: Topic;
  readonly senders: Sender[] = [];
  readonly #kept: Kept[] = [];
  readonly #surroundings: Surroundings;

  constructor(node: Node, kind: TopicKind, surroundings: Surroundings) {
    this.node = node;
    this.kind = kind;
    this.topic = openTopic(node, kind, surroundings.limits);
    this.#surroundings = surroundings;
  }

  get receivers(): readonly Receiver<Received>[] {
    return this.#kept.map(({ receiver }) => receiver);
  }

  /** Makes a publisher. */
  addSender(sender: number): Sender {
    const made = new Sender(this.topic, sender);
    this.senders.push(made);
    return made;
  }

  /** Makes a subscriber, which must get everything that `present` send from now on. */
  async addReceiver(waiting: Waiting, present: readonly Sender[]): Promise<void> {
    const firstNumbers = new Map(present.map(({ sender, number }) => [sender, number + 1]));
    const receiver = await makeReceiver(waiting, this.kind, this.topic, this.#surroundings);
    this.#kept.push({ receiver, firstNumbers });
  }

  /** Checks that the records show what those who are known have sent, whole and in order. */
  checkRecords(isKnown: (sender: number) => boolean, mayMissOf: (sender: number) => boolean): void {
    for (const { receiver, firstNumbers } of this.#kept) {
      const nextNumbers = new Map(firstNumbers);
      for (const { sender, number, missed, isWhole } of receiver.items) {
        const expected = nextNumbers.get(sender) ?? 1;
        const found = (): string =>
          `message ${number} of sender ${sender} came, with ${missed} missed before it, ` +
          `${isWhole ? "whole" : "torn"}, when ${expected} was to come next`;
        mustHold(Invariant.sent, isKnown(sender) && isWhole, found);
        mustHold(Invariant.sent, number === expected + missed, found);
        mustHold(Invariant.sent, missed === 0 || mayMissOf(sender), found);
        nextNumbers.set(sender, number + 1);
      }
    }
  }

  /** Waits until all have what the dead had sent, and checks that it is not more than that. */
  async awaitDelivery(dead: readonly Progress[]): Promise<void> {
    for (const progress of dead) {
      const sent = progress.count("sent");
      for (const receiver of this.receivers) {
        const last = (): number =>
          receiver.items.findLast(({ sender }) => sender === progress.sender)?.number ?? 0;
        const what = `message ${sent} of sender ${progress.sender}, who is dead`;
        await upholding(Invariant.sent, () => untilReceived(what, receiver, () => last() >= sent));
        const found = (): string => `${last()} messages came of ${sent} that were sent`;
        mustHold(Invariant.sent, last() <= sent + 1, found);
      }
    }
  }

  close(): Promise<void> {
    return closeAll(this.#kept, this.senders, this.topic);
  }
}

async function closeAll(
  kept: readonly Kept[],
  senders: readonly Sender[],
  topic: Topic,
): Promise<void> {
  for (const { receiver } of kept) await receiver.close();
  for (const sender of senders) sender.close();
  topic.close();
}

/** Lets every sender send `count` messages, each of which every receiver must get. */
export async function exchange(
  invariant: Invariant,
  sides: readonly TopicSide[],
  count: number,
  lengthBytes: number = SMALL_BYTES,
): Promise<void> {
  const receivers = sides.flatMap((side) => side.receivers);
  for (const sender of sides.flatMap((side) => side.senders)) {
    for (let sent = 0; sent < count; sent += 1) {
      const reached = await upholding(invariant, () => sender.send(lengthBytes));
      const found = (): string => `${reached} of ${receivers.length} subscribers were reached`;
      mustHold(invariant, reached >= receivers.length, found);
    }
    await awaitLast(invariant, sender, receivers);
  }
}

async function awaitLast(
  invariant: Invariant,
  { sender, number }: Sender,
  receivers: readonly Receiver<Received>[],
): Promise<void> {
  for (const receiver of receivers) {
    const isThere = (items: readonly Received[]): boolean =>
      items.some((item) => item.sender === sender && item.number === number);
    await upholding(invariant, () =>
      untilReceived(`message ${number} of sender ${sender}, who lives`, receiver, isThere),
    );
  }
}

/** Makes as many ports and nodes as there may be, with those of `others` that are there. */
export async function fillPlaces(
  side: TopicSide,
  others: readonly TopicSide[],
  { limits, domain }: Surroundings,
  nodeCount: number,
): Promise<void> {
  const sides = [side, ...others];
  const senderCount = sides.flatMap(({ senders }) => senders).length;
  const receiverCount = sides.flatMap(({ receivers }) => receivers).length;
  const open: { close(): void }[] = [];
  await upholding(Invariant.places, () => {
    for (let count = senderCount; count < limits.ports; count += 1) {
      open.push(side.topic.publisher());
    }
    for (let count = receiverCount; count < limits.ports; count += 1) {
      open.push(side.topic.subscriber());
    }
    for (let count = nodeCount; count < limits.nodes; count += 1) {
      const node = Node.create({ name: "filler", domain });
      open.push(node, openTopic(node, side.kind, limits));
    }
  });
  for (const one of open) one.close();
}

/** How often everything is sent before and while memory may not grow. */
const ROUNDS = 3;

/** Lets senders use all they may lend, and send more and more without their memory growing. */
export async function checkMemory(
  sides: readonly TopicSide[],
  filesOf: (sender: Sender) => readonly string[],
): Promise<void> {
  const senders = sides.flatMap((side) => side.senders);
  const lengthBytes = sides[0]!.kind === "bytes" ? LARGE_BYTES : SMALL_BYTES;
  const spend = async (): Promise<void> => {
    for (const sender of senders) useLoans(sender, lengthBytes);
    await exchange(Invariant.memory, sides, BUFFER_SIZE, lengthBytes);
  };
  for (let round = 0; round < ROUNDS; round += 1) await spend();
  const before = senders.map(filesOf);
  for (let round = 0; round < ROUNDS; round += 1) await spend();
  const after = senders.map(filesOf);
  mustHold(
    Invariant.memory,
    JSON.stringify(before) === JSON.stringify(after),
    () => `data segments grew from ${before} to ${after}`,
  );
}

function useLoans(sender: Sender, lengthBytes: number): void {
  const loans = Array.from({ length: MAX_LOANED_SAMPLES }, () => sender.tryLoan(lengthBytes));
  const found = (): string => `one of ${MAX_LOANED_SAMPLES} loans was refused`;
  mustHold(Invariant.memory, !loans.includes(undefined), found);
  for (const loan of loans) loan?.drop();
}
