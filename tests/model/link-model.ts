/**
 * Link model: one sender and one receiver with a real submission and a real completion queue.
 *
 * The two threads do what floe's ports do. The sender owns a small pool of chunks; it fills a chunk
 * (a sequence number and a payload derived from it), pushes it, frees what was displaced, and
 * collects completed chunks when it has run out. The receiver takes, reads, keeps up to
 * `heldSamples` chunks a while, and gives them back in batches. When the sender has ended the
 * receiver drains the ring; when the receiver has ended a sender that outlives it reclaims
 * everything outstanding. A sender may also eject a receiver that lives: it withdraws what was not
 * taken and uses that again at once, while the receiver goes on without knowing.
 *
 * Checked at the end of every execution: each message sent was received, displaced, left behind or
 * reclaimed, exactly one of these; messages arrive in order and untorn; nothing newer than the last
 * message stays in a ring that a receiver drained; every chunk is in exactly one place.
 */

import assert from "node:assert/strict";
import { loadAcquire, peek, poke, storeRelease } from "floe/model";
import {
  CompletionReceiver,
  CompletionSender,
  DESCRIPTOR_BITS,
  SubmissionReceiver,
  SubmissionSender,
} from "floe/structures";
import type { Model, Outcome, Scenario, ThreadControl } from "./scenario.ts";

/** What distinguishes one scenario from another. */
export interface LinkOptions {
  readonly slotCount: number;
  readonly messageCount: number;
  /** How often the receiver looks while the sender may still be sending. */
  readonly pollCount: number;
  readonly strideWords?: number;
  readonly startPosition?: number;
  readonly completionStart?: number;
  readonly tagBits?: number;
  /** Chunks in the sender's pool; 2 more than slots if left out. */
  readonly chunkCount?: number;
  /** Chunks that the receiver keeps before it gives the oldest back; 0 if left out. */
  readonly heldSamples?: number;
  /** Chunks that are given back with one publish; 1 if left out. */
  readonly batchSize?: number;
  readonly mortal?: "sender" | "receiver";
  /**
   * Whether the sender ejects the receiver when it has sent everything, and how: it withdraws what
   * was not taken, or, for seeded bugs, takes back everything "at once".
   */
  readonly ejection?: "withdrawing" | "at once";
  /** Whether the receiver asks how old a message is, as it has to; for seeded bugs. */
  readonly asksAge?: boolean;
  readonly preemptionBound?: number;
}

const SENDER = "sender";
const RECEIVER = "receiver";
const CHUNK_WORDS = 2;
const OTHER_LINKS_SEQUENCE = 999;
const DESCRIPTOR_MASK = (1 << DESCRIPTOR_BITS) - 1;

/** A payload that no other message has. */
const payloadOf = (sequence: number): number => sequence * 1001;

/** Memory of a link and the shapes that both ends are given. */
function makeLink(options: LinkOptions) {
  const { slotCount, strideWords = 1, chunkCount = slotCount + 2 } = options;
  const entryCount = 2 ** Math.ceil(Math.log2(chunkCount));
  const tailWordIndex = slotCount * strideWords;
  const firstEntry = tailWordIndex + 1;
  const firstChunk = firstEntry + entryCount;
  const words = new Int32Array(firstChunk + chunkCount * CHUNK_WORDS);
  const completionStart = (options.completionStart ?? 0) | 0;
  words[tailWordIndex] = completionStart;
  const submission = {
    words,
    firstWordIndex: 0,
    slotCount,
    strideWords,
    ...(options.startPosition !== undefined && { startPosition: options.startPosition }),
    ...(options.tagBits !== undefined && { tagBits: options.tagBits }),
  };
  const completion = {
    words,
    tailWordIndex,
    firstWordIndex: firstEntry,
    entryCount,
    startPosition: completionStart,
  };
  const chunkWord = (descriptor: number): number => firstChunk + (descriptor - 1) * CHUNK_WORDS;
  return { options, words, chunkCount, submission, completion, chunkWord };
}

type Link = ReturnType<typeof makeLink>;

/** The code of the sender's port, as far as the link is concerned. */
function runSender(link: Link, { note, waitUntil }: ThreadControl): void {
  const { options, words, chunkWord } = link;
  const submission = new SubmissionSender(link.submission);
  const completion = new CompletionReceiver(link.completion);
  const free = Array.from({ length: link.chunkCount }, (_, index) => link.chunkCount - index);
  const sequenceOf = new Map<number, number>();
  const release = (descriptor: number, how: string): void => {
    const sequence = sequenceOf.get(descriptor);
    assert.ok(sequence !== undefined, `chunk ${descriptor} came back twice`);
    sequenceOf.delete(descriptor);
    free.push(descriptor);
    note(how, sequence);
  };
  const collect = (): void => {
    assert.ok(completion.refresh() >= 0, "impossible tail");
    for (let chunk = completion.next(); chunk !== 0; chunk = completion.next()) {
      release(chunk, "collected");
    }
  };
  for (let sequence = 1; sequence <= options.messageCount; sequence += 1) {
    if (free.length === 0) collect();
    const descriptor = free.pop();
    if (descriptor === undefined) break;
    // Atomic here, because a receiver may glance at it while the chunk changes hands; in the ports
    // it is a plain word, which no processor tears.
    storeRelease(words, chunkWord(descriptor), sequence);
    poke(words, chunkWord(descriptor) + 1, payloadOf(sequence));
    const displaced = submission.push(descriptor);
    sequenceOf.set(descriptor, sequence);
    note("sent", sequence);
    if (displaced !== 0) release(displaced, "displaced");
  }
  if (options.ejection === "withdrawing") {
    submission.withdraw((descriptor) => release(descriptor, "withdrawn"));
    useAgain(link, free);
  } else if (options.ejection === "at once") {
    for (const descriptor of [...sequenceOf.keys()]) release(descriptor, "withdrawn");
    useAgain(link, free);
  }
  if (options.mortal === RECEIVER || options.ejection !== undefined) {
    waitUntil("the receiver's end", (threads) => threads.ended(RECEIVER));
    for (const descriptor of [...sequenceOf.keys()]) release(descriptor, "reclaimed");
    // The chunks are the sender's again: to write into them must not race with anybody.
    for (const descriptor of free) poke(words, chunkWord(descriptor), 0);
  }
  for (const descriptor of free) note("free", descriptor);
  for (const descriptor of sequenceOf.keys()) note("outstanding", descriptor);
}

/** Writes into chunks as the next messages, of other links, would. */
function useAgain({ words, chunkWord }: Link, free: readonly number[]): void {
  for (const descriptor of free) {
    storeRelease(words, chunkWord(descriptor), OTHER_LINKS_SEQUENCE);
    poke(words, chunkWord(descriptor) + 1, payloadOf(OTHER_LINKS_SEQUENCE));
  }
}

/** The code of the receiver's port, as far as the link is concerned. */
function runReceiver(link: Link, { note, waitUntil }: ThreadControl): void {
  const { options, words, chunkWord } = link;
  const { heldSamples = 0, batchSize = 1 } = options;
  const submission = new SubmissionReceiver(link.submission);
  const completion = new CompletionSender(link.completion);
  const held: { descriptor: number; sequence: number }[] = [];
  let unpublished = 0;
  let lastSequence = 0;
  const read = (descriptor: number): number => {
    const sequence = peek(words, chunkWord(descriptor));
    assert.equal(peek(words, chunkWord(descriptor) + 1), payloadOf(sequence), "torn payload");
    return sequence;
  };
  const giveBack = (descriptor: number): void => {
    completion.put(descriptor);
    unpublished += 1;
    if (unpublished < batchSize) return;
    completion.publish();
    unpublished = 0;
  };
  const releaseHeld = (limit: number): void => {
    while (held.length > limit) {
      const { descriptor, sequence } = held.shift()!;
      assert.equal(read(descriptor), sequence, "a held sample has changed");
      giveBack(descriptor);
    }
  };
  const accept = (descriptor: number): void => {
    const sequence = read(descriptor);
    assert.ok(sequence > lastSequence, `message ${sequence} after ${lastSequence}`);
    note("received", sequence);
    lastSequence = sequence;
    held.push({ descriptor, sequence });
  };
  const isOld = (descriptor: number): boolean =>
    options.asksAge !== false && loadAcquire(words, chunkWord(descriptor)) <= lastSequence;
  const receive = (): boolean => {
    const descriptor = submission.take(isOld);
    if (descriptor === 0) return false;
    accept(descriptor);
    releaseHeld(heldSamples);
    return true;
  };
  for (let poll = 0; poll < options.pollCount; poll += 1) receive();
  // One that is ejected goes on without being told, and then gives back what it has.
  if (options.mortal !== RECEIVER && options.ejection === undefined) {
    waitUntil("the sender's end", (threads) => threads.ended(SENDER));
    while (receive());
  }
  releaseHeld(0);
  if (unpublished > 0) completion.publish();
}

/** What must hold after every execution. */
function checkLink(link: Link, outcome: Outcome): void {
  const { submission, completion, words, options } = link;
  const sent = outcome.values(SENDER, "sent");
  const received = outcome.values(RECEIVER, "received");
  const displaced = outcome.values(SENDER, "displaced");
  const inRing: number[] = [];
  for (let slot = 0; slot < submission.slotCount; slot += 1) {
    const word = peek(words, slot * submission.strideWords);
    if (word !== 0) inRing.push(word & DESCRIPTOR_MASK);
  }
  const left = inRing.map((descriptor) => peek(words, link.chunkWord(descriptor)));
  if (options.mortal === RECEIVER || options.ejection !== undefined) {
    // Once its receiver is gone the sender finds out what the ring held by what came back.
    const reclaimed = outcome.values(SENDER, "reclaimed");
    const collected = outcome.values(SENDER, "collected");
    const withdrawn = outcome.values(SENDER, "withdrawn");
    const back = [...displaced, ...withdrawn, ...reclaimed, ...collected];
    assertSame(back, sent, "messages that came back");
    if (options.ejection !== undefined && options.mortal === undefined) {
      assertSame([...received, ...displaced, ...withdrawn], sent, "fates of messages");
    }
    const free = outcome.values(SENDER, "free");
    assertSame(free, allChunks(link), "chunks after reclaiming");
    return;
  }
  assertSame([...received, ...displaced, ...left], sent, "fates of messages");
  const newest = received.at(-1) ?? 0;
  assert.ok(
    left.every((sequence) => sequence < newest),
    "messages stayed in a drained ring",
  );
  if (outcome.died(SENDER)) return;
  const collectedCount = outcome.values(SENDER, "collected").length;
  const returned: number[] = [];
  let position = (completion.startPosition + collectedCount) | 0;
  for (; position !== loadAcquire(words, completion.tailWordIndex); position = (position + 1) | 0) {
    const entry = position & (completion.entryCount - 1);
    returned.push(peek(words, completion.firstWordIndex + entry));
  }
  const places = [...outcome.values(SENDER, "free"), ...returned, ...inRing];
  assertSame(places, allChunks(link), "places of chunks");
}

const allChunks = (link: Link): number[] =>
  Array.from({ length: link.chunkCount }, (_, index) => index + 1);

function assertSame(actual: number[], expected: number[], what: string): void {
  const inOrder = (values: number[]): string => [...values].sort((a, b) => a - b).join(" ");
  const [found, wanted] = [inOrder(actual), inOrder(expected)];
  if (found !== wanted) assert.fail(`${what}: found ${found}, wanted ${wanted}`);
}

/** A scenario of one link. */
export function linkScenario(name: string, options: LinkOptions): Scenario {
  const build = (): Model => {
    const link = makeLink(options);
    const { words, completion } = link;
    return {
      threads: [
        {
          name: SENDER,
          run: (control) => runSender(link, control),
          mortal: options.mortal === SENDER,
        },
        {
          name: RECEIVER,
          run: (control) => runReceiver(link, control),
          mortal: options.mortal === RECEIVER,
        },
      ],
      check: (outcome) => checkLink(link, outcome),
      regions: [
        { name: "slots", words },
        { name: "tail", words, firstWordIndex: completion.tailWordIndex },
        { name: "completions", words, firstWordIndex: completion.firstWordIndex },
        { name: "chunks", words, firstWordIndex: link.chunkWord(1) },
      ],
    };
  };
  return {
    name,
    maxDeaths: options.mortal === undefined ? 0 : 1,
    ...(options.preemptionBound !== undefined && { preemptionBound: options.preemptionBound }),
    build,
  };
}
