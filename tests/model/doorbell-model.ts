/**
 * Doorbell model: senders that ring a receiver which sleeps on its doorbell.
 *
 * The receiver is the library's own `Doorbell`, over a node and a kernel made of words
 * (`kernel-model.ts`); it takes one message per wait. A sender makes a message visible, looks at
 * the bell, and rings, in the order of `PublisherCore` and `Ringer`. Messages are chunks in a queue
 * for each sender, or events, or they are merely counted in a word for each sender, which takes
 * fewer steps and leaves more room for interleavings of the rest.
 *
 * Checked at the end of every execution, when nobody can take a step: a receiver that sleeps has
 * taken every message of every sender that lives, or of whose death there is notice. What a sender
 * sends that died without notice may wait, but must not keep the others' from arriving.
 */

import assert from "node:assert/strict";
import {
  Bell,
  Doorbell,
  type DoorbellOwner,
  EntryState,
  type Id,
  PORT_ENTRY_BELL_WORD,
  PORT_ENTRY_BYTES,
  PORT_ENTRY_GENERATION_WORD,
  PORT_ENTRY_STATE_WORD,
  type Waiter,
} from "floe/internal";
import { fetchAdd, loadAcquire, storeRelease, type Words } from "floe/model";
import {
  type BellPlace,
  beginRing,
  EventCounts,
  endRing,
  isAsleep,
  SubmissionReceiver,
  SubmissionSender,
} from "floe/structures";
import { type KernelShape, ModelNode, wakeFutex, writeToken } from "./kernel-model.ts";
import type { Model, ModelThread, Outcome, Scenario, ThreadControl } from "./scenario.ts";

/**
 * How a wait is done: blocking, in the event loop, or blocking while another is in the loop; by two
 * in the loop, of whom one gives up, or rings the bell of its own port while it looks; or by three
 * in the loop, of whom the second, when it looks, adds the third.
 */
export type Way =
  | "blocked"
  | "loop"
  | "blocked over loop"
  | "loop, giving up"
  | "loop, ringing itself"
  | "three in the loop";

/** What distinguishes one sender from another. */
export interface SenderOptions {
  readonly messageCount: number;
  /** Whether it may be killed before any of its steps. */
  readonly isMortal?: boolean;
  /** Whether the receiver learns of its death, some time after it. */
  readonly hasNotice?: boolean;
  /** Whether it sends to the port that takes the place of the first receiver. */
  readonly isForSuccessor?: boolean;
}

/** What distinguishes one scenario from another. */
export interface DoorbellOptions {
  /** The waits of the receiver, one after another. */
  readonly waits: readonly Way[];
  readonly senders: readonly SenderOptions[];
  /** What messages are: counted in a word (if left out), chunks in queues, or events. */
  readonly messages?: "counted" | "queues" | "events";
  /** Whether the receiver may be killed before any of its steps. */
  readonly isReceiverMortal?: boolean;
  /** The waits of a port of another node that takes the place of a receiver that has died. */
  readonly successorWaits?: readonly Way[];
  /** How often somebody rings who has nothing to say. */
  readonly spuriousRings?: number;
  /** Whether a successor begins with wait 0 again; for seeded bugs. */
  readonly forgetsWaits?: boolean;
  /** What the bell is at first; 0 if left out. */
  readonly startBell?: number;
  readonly preemptionBound?: number;
  /** Makes what the receiver does for each wait, if not the library's doorbell; for seeded bugs. */
  readonly makeWait?: (end: ReceivingEnd) => () => void;
  /** How a message is sent, if not as the library does; for seeded bugs. */
  readonly send?: (end: SendingEnd) => void;
}

/** What the code of a sender works with. */
export interface SendingEnd {
  readonly place: BellPlace;
  readonly generation: number;
  /** Makes a message visible. */
  push(): void;
  /** Wakes who sleeps in the way that is in the bits of a bell. */
  wake(bell: number): void;
}

/** What the code of a receiver works with. */
export interface ReceivingEnd {
  readonly words: Words;
  readonly bellWordIndex: number;
  readonly node: ModelNode;
  /** Takes a message if there is one. */
  tryTake(): boolean;
}

const RECEIVER = "receiver";
const SUCCESSOR = "successor";
const STRANGER = "stranger";
const GENERATION = 1;

const senderName = (sender: number): string => `sender ${sender}`;

function makeWorld(options: DoorbellOptions) {
  const senderCount = options.senders.length;
  const slotCount = Math.max(...options.senders.map(({ messageCount }) => messageCount));
  const wakesWordIndex = PORT_ENTRY_BYTES / 4;
  const tokensWordIndex = wakesWordIndex + 1;
  const deathsWordIndex = tokensWordIndex + 2;
  const messagesWordIndex = deathsWordIndex + senderCount;
  // Room for either queues or, for each sender, the two words of a count, and their bits.
  const messageWords = Math.max(senderCount * slotCount, 1 + senderCount * 2);
  const words = new Int32Array(messagesWordIndex + messageWords);
  words[PORT_ENTRY_BELL_WORD] = options.startBell ?? 0;
  words[PORT_ENTRY_STATE_WORD] = EntryState.active;
  words[PORT_ENTRY_GENERATION_WORD] = GENERATION;
  const kernel: KernelShape = {
    words,
    wakesWordIndex,
    tokensWordIndex,
    deathsWordIndex,
    senderCount,
  };
  const place: BellPlace = {
    words,
    bellWordIndex: PORT_ENTRY_BELL_WORD,
    generationWordIndex: PORT_ENTRY_GENERATION_WORD,
  };
  return { options, words, kernel, place, slotCount, messagesWordIndex };
}

type World = ReturnType<typeof makeWorld>;

const queueShape = (world: World, sender: number) => ({
  words: world.words,
  firstWordIndex: world.messagesWordIndex + sender * world.slotCount,
  slotCount: world.slotCount,
  strideWords: 1,
});

/** Each sender has an event of its own. */
function makeEvents(world: World): EventCounts {
  const { words, messagesWordIndex, options } = world;
  return new EventCounts({
    words,
    bitsWordIndex: messagesWordIndex,
    countsWordIndex: messagesWordIndex + 1,
    eventCount: options.senders.length,
  });
}

/** Makes the function that makes a message of a sender visible. */
function makePush(world: World, sender: number): () => void {
  const { words, messagesWordIndex, options } = world;
  switch (options.messages ?? "counted") {
    case "counted":
      return () => void fetchAdd(words, messagesWordIndex + sender, 1);
    case "queues": {
      const queue = new SubmissionSender(queueShape(world, sender));
      return () => assert.equal(queue.push(1), 0, "overflow");
    }
    case "events": {
      const events = makeEvents(world);
      return () => events.add(sender);
    }
  }
}

/** Tells who sent what was taken, and how many. */
type OnTaken = (sender: number, count: number) => void;

/** Makes the function that takes the next message; in order with the arming, as ports do it. */
function makeTake(world: World, senders: readonly number[], onTaken: OnTaken): () => boolean {
  if (world.options.messages === "events") {
    const events = makeEvents(world);
    const take = (): boolean => events.take(onTaken) > 0;
    return () => take() || (events.isPending && take());
  }
  const takes = senders.map((sender) => makeTakeFrom(world, sender));
  return () => {
    const index = takes.findIndex((take) => take());
    if (index >= 0) onTaken(senders[index]!, 1);
    return index >= 0;
  };
}

function makeTakeFrom(world: World, sender: number): () => boolean {
  const { words, messagesWordIndex, options } = world;
  if (options.messages === "queues") {
    const queue = new SubmissionReceiver(queueShape(world, sender));
    const isOld = (): boolean => false;
    const take = (): boolean => queue.take(isOld) !== 0;
    return () => take() || (!queue.isEmpty(isOld) && take());
  }
  let taken = 0;
  return () => {
    if (loadAcquire(words, messagesWordIndex + sender) === taken) return false;
    taken += 1;
    return true;
  };
}

/** Looks at the bell after a message has become visible, and rings; see `Ringer.ring`. */
function send({ place, generation, push, wake }: SendingEnd): void {
  push();
  if (!isAsleep(place.words, place.bellWordIndex)) return;
  const ringing = beginRing(place, generation);
  if (ringing === 0) return;
  wake(ringing);
  endRing(place, ringing);
}

function runSender(world: World, sender: number, control: ThreadControl): void {
  const { words, kernel, place, options } = world;
  const { messageCount, isForSuccessor = false } = options.senders[sender]!;
  const push = makePush(world, sender);
  const generation = isForSuccessor ? GENERATION + 1 : GENERATION;
  if (isForSuccessor) {
    control.sleepUntil("the successor", () => {
      const isActive = loadAcquire(words, PORT_ENTRY_STATE_WORD) === EntryState.active;
      return Number(isActive && loadAcquire(words, PORT_ENTRY_GENERATION_WORD) === generation);
    });
  }
  const end: SendingEnd = {
    place,
    generation,
    push: () => {
      push();
      control.note("sent", 1);
    },
    wake: (bell) => {
      if ((bell & Bell.blocked) !== 0) wakeFutex(kernel);
      else writeToken(kernel, generation - GENERATION);
    },
  };
  for (let message = 0; message < messageCount; message += 1) (options.send ?? send)(end);
}

/** The senders of a port, by number. */
function sendersOf(world: World, isSuccessor: boolean): number[] {
  return world.options.senders.flatMap(({ isForSuccessor = false }, sender) =>
    isForSuccessor === isSuccessor ? [sender] : [],
  );
}

function runReceiver(world: World, isSuccessor: boolean, control: ThreadControl): void {
  const { words, options, kernel } = world;
  const senders = sendersOf(world, isSuccessor);
  const node = new ModelNode(kernel, isSuccessor ? 1 : 0, control);
  const tryTake = makeTake(world, senders, (sender, count) => {
    control.note(`took from ${senderName(sender)}`, count);
  });
  const end: ReceivingEnd = { words, bellWordIndex: PORT_ENTRY_BELL_WORD, node, tryTake };
  const waits = (isSuccessor ? options.successorWaits : options.waits) ?? [];
  if (options.makeWait !== undefined) {
    const waitOnce = options.makeWait(end);
    for (let count = waits.length; count > 0; count -= 1) waitOnce();
    return;
  }
  const owner: DoorbellOwner = {
    senderVersion: 1,
    senderNodeIds: () => senders.map(String) as Id[],
  };
  const doorbell = new Doorbell(node as never, owner, (_, wordIndex, expected) =>
    node.sleep(words, wordIndex, expected),
  );
  doorbell.place(words, 0);
  for (const way of waits) wait(way, doorbell, end);
}

/** A wait for one message, or one for each that waits; see `waiting.ts`. */
function wait(way: Way, doorbell: Doorbell, { node, tryTake }: ReceivingEnd): void {
  const block = (): void => {
    if (!tryTake()) doorbell.block(tryTake, Number.POSITIVE_INFINITY);
  };
  const waiting = new Set<Waiter>();
  const add = (onLook = (): void => {}): void => {
    if (tryTake()) return;
    const tryFinish = (): boolean => {
      onLook();
      return tryTake() && waiting.delete(waiter);
    };
    const waiter: Waiter = { lane: undefined, tryFinish };
    waiting.add(waiter);
    doorbell.add(waiter);
  };
  let hasLooked = false;
  const addAtFirstLook = (): void => {
    if (!hasLooked) add();
    hasLooked = true;
  };
  const ringAtFirstLook = (): void => {
    if (!hasLooked) doorbell.ring();
    hasLooked = true;
  };
  if (way !== "blocked") add();
  const [first] = waiting;
  if (way === "blocked" || way === "blocked over loop") block();
  if (way === "three in the loop") add(addAtFirstLook);
  if (way === "loop, ringing itself") add(ringAtFirstLook);
  if (way === "loop, giving up") {
    add();
    // As when its time is over: what came while the timer was late still counts.
    if (first !== undefined && waiting.has(first)) {
      if (!first.tryFinish()) waiting.delete(first);
      doorbell.remove(first);
    }
  }
  while (waiting.size > 0) node.turn();
}

/** Takes the place of a dead port, in the order of `enterPort`, and goes on as a receiver. */
function runSuccessor(world: World, control: ThreadControl): void {
  const { words, options } = world;
  storeRelease(words, PORT_ENTRY_STATE_WORD, EntryState.joining);
  storeRelease(words, PORT_ENTRY_GENERATION_WORD, 0);
  const bell = loadAcquire(words, PORT_ENTRY_BELL_WORD);
  const awake = options.forgetsWaits === true ? 0 : bell & -Bell.waitNumber;
  storeRelease(words, PORT_ENTRY_BELL_WORD, awake);
  storeRelease(words, PORT_ENTRY_GENERATION_WORD, GENERATION + 1);
  storeRelease(words, PORT_ENTRY_STATE_WORD, EntryState.active);
  runReceiver(world, true, control);
}

function runStranger({ kernel, options }: World): void {
  for (let count = options.spuriousRings ?? 0; count > 0; count -= 1) {
    writeToken(kernel, 0);
    wakeFutex(kernel);
  }
}

function makeThreads(world: World): ModelThread[] {
  const { options, kernel } = world;
  const threads: ModelThread[] = [
    {
      name: RECEIVER,
      run: (control) => runReceiver(world, false, control),
      mortal: options.isReceiverMortal === true || options.successorWaits !== undefined,
    },
  ];
  options.senders.forEach(({ isMortal = false, hasNotice = false }, sender) => {
    const name = senderName(sender);
    threads.push({ name, run: (control) => runSender(world, sender, control), mortal: isMortal });
    if (!hasNotice) return;
    const run = (): void => storeRelease(world.words, kernel.deathsWordIndex + sender, 1);
    threads.push({ name: `notice of ${name}`, run, afterDeathOf: name });
  });
  if (options.successorWaits !== undefined) {
    const run = (control: ThreadControl): void => runSuccessor(world, control);
    threads.push({ name: SUCCESSOR, run, afterDeathOf: RECEIVER });
  }
  if (options.spuriousRings !== undefined) {
    threads.push({ name: STRANGER, run: () => runStranger(world) });
  }
  return threads;
}

/** What must hold after every execution. */
function checkWorld(world: World, outcome: Outcome): void {
  const { senders, successorWaits } = world.options;
  const receivers = successorWaits === undefined ? [RECEIVER] : [RECEIVER, SUCCESSOR];
  for (const receiver of receivers) {
    if (!outcome.isAsleep(receiver)) continue;
    for (const sender of sendersOf(world, receiver === SUCCESSOR)) {
      const name = senderName(sender);
      const sent = outcome.values(name, "sent").length;
      const counts = outcome.values(receiver, `took from ${name}`);
      const taken = counts.reduce((sum, count) => sum + count, 0);
      // Who has died may have sent what it could not tell any more.
      const hasDied = outcome.died(name);
      assert.ok(taken <= sent + Number(hasDied), "a message was taken twice");
      if (hasDied && senders[sender]!.hasNotice !== true) continue;
      assert.ok(taken >= sent, `lost wake-up: ${receiver} sleeps, and a message of ${name} waits`);
    }
  }
}

/** A scenario of one receiver, or of one and its successor. */
export function doorbellScenario(name: string, options: DoorbellOptions): Scenario {
  const build = (): Model => {
    const world = makeWorld(options);
    const { words, kernel } = world;
    return {
      threads: makeThreads(world),
      check: (outcome) => checkWorld(world, outcome),
      regions: [
        { name: "state", words, firstWordIndex: PORT_ENTRY_STATE_WORD },
        { name: "generation", words, firstWordIndex: PORT_ENTRY_GENERATION_WORD },
        { name: "bell", words, firstWordIndex: PORT_ENTRY_BELL_WORD },
        { name: "wakes", words, firstWordIndex: kernel.wakesWordIndex },
        { name: "tokens", words, firstWordIndex: kernel.tokensWordIndex },
        { name: "dead", words, firstWordIndex: kernel.deathsWordIndex },
        { name: "messages", words, firstWordIndex: world.messagesWordIndex },
      ],
    };
  };
  const mortals = options.senders.filter(({ isMortal }) => isMortal === true).length;
  const doesReceiverDie = options.isReceiverMortal === true || options.successorWaits !== undefined;
  return {
    name,
    maxDeaths: mortals + (doesReceiverDie ? 1 : 0),
    ...(options.preemptionBound !== undefined && { preemptionBound: options.preemptionBound }),
    build,
  };
}
