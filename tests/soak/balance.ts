/**
 * Balance: compares what one port has sent with what another has got.
 *
 * What was sent after a receiver had joined and before it looked last must have come or be counted
 * as missed; what was sent before it began to join, or was never sent, must not. In between lies
 * what happened while something was under way, which may be either, and is a message or two. The
 * functions here know ledgers only by what they say, so that tests can hand them false ones.
 */
import type { PortTimes, Received } from "./ledger-file.ts";

/** A sender's ledger. */
export interface SenderAccount {
  readonly id: string;
  readonly begunNs: number;
  readonly closedNs: number;
  readonly sentCount: number;
  /** The oldest message whose times are known. */
  readonly oldestSent: number;
  sentTimes(sequence: number): { readonly beginNs: number; readonly endNs: number };
}

/** How many messages a sender may have sent: one more than it has noted, unless it closed. */
function sentCountMax(sender: SenderAccount): number {
  return sender.sentCount + (sender.closedNs === 0 ? 1 : 0);
}

/** The first of the messages whose times are known for which `isLate` is true, or one too many. */
function firstSent(sender: SenderAccount, isLate: (sequence: number) => boolean): number {
  let low = sender.oldestSent;
  let high = sender.sentCount + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isLate(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first message whose sending began after this, as far as is known. */
function firstBegunAfter(sender: SenderAccount, timeNs: number): number {
  if (timeNs <= sender.begunNs) return 1;
  return firstSent(sender, (sequence) => sender.sentTimes(sequence).beginNs >= timeNs);
}

/** The messages that a receiver must have got, or counted as missed: from `first` to `last`. */
export function owedTo(
  sender: SenderAccount,
  receiver: Pick<PortTimes, "joinedNs" | "drainedNs">,
): { readonly first: number; readonly last: number } {
  const first = firstBegunAfter(sender, receiver.joinedNs);
  const last = firstSent(sender, (n) => sender.sentTimes(n).endNs > receiver.drainedNs) - 1;
  return { first, last };
}

/** What is wrong between a publisher and a subscriber, whose ledger says `got` of it. */
export function faultOfMessages(
  publisher: SenderAccount,
  subscriber: Pick<PortTimes, "begunNs" | "joinedNs" | "drainedNs">,
  got: Received | undefined,
): string | undefined {
  const owed = owedTo(publisher, subscriber);
  if (got === undefined) {
    if (owed.first > owed.last) return undefined;
    return `got nothing of messages ${owed.first} to ${owed.last}`;
  }
  const { first, last, received, missed } = got;
  if (received + missed !== last - first + 1) {
    return `${received} received and ${missed} missed of messages ${first} to ${last}`;
  }
  if (last > sentCountMax(publisher)) {
    return `got message ${last} of ${publisher.sentCount}`;
  }
  const isOwed = owed.first <= owed.last;
  if (isOwed && first > owed.first) return `began with ${first} instead of ${owed.first}`;
  if (isOwed && last < owed.last) return `ended with ${last} instead of ${owed.last}`;
  const isRemembered = first >= publisher.oldestSent && first <= publisher.sentCount;
  if (isRemembered && publisher.sentTimes(first).endNs < subscriber.begunNs) {
    return `began with ${first}, which was sent before it joined`;
  }
  return undefined;
}

/** Least and greatest number of times that something may have been counted. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Nothing was notified. */
export const NONE: Bounds = { least: 0, most: 0 };

/** Both together. */
export function plus(one: Bounds, other: Bounds): Bounds {
  return { least: one.least + other.least, most: one.most + other.most };
}

/** How often a listener must have counted a notifier's event. */
export function boundsOfNotices(notifier: SenderAccount, listener: PortTimes): Bounds {
  const { first, last } = owedTo(notifier, listener);
  const least = Math.max(0, last - first + 1);
  const { oldestSent, sentCount } = notifier;
  const wasThereFirst = listener.begunNs <= notifier.begunNs;
  const earliest = wasThereFirst
    ? 1
    : firstSent(notifier, (n) => notifier.sentTimes(n).endNs >= listener.begunNs);
  // What was so long ago that nobody knows when may have been before or after.
  if (!wasThereFirst && oldestSent > 1 && earliest === oldestSent) {
    return { least, most: Number.POSITIVE_INFINITY };
  }
  const tooLate = firstSent(notifier, (n) => notifier.sentTimes(n).beginNs > listener.takenNs);
  const isOpenEnd = tooLate > sentCount && notifier.closedNs === 0;
  return { least, most: Math.max(0, tooLate - earliest) + (isOpenEnd ? 1 : 0) };
}

/** What is wrong with a listener's count of an event. */
export function faultOfCount(
  eventId: number,
  count: number,
  { least, most }: Bounds,
): string | undefined {
  if (count >= least && count <= most) return undefined;
  return `event ${eventId} counted ${count} times, which is not within ${least} and ${most}`;
}
