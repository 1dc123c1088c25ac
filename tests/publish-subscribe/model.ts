/**
 * Model: publish-subscribe as it should be, in a few lines without any sharing of memory.
 *
 * Each publisher has a queue for each subscriber; a full queue drops its oldest message. That is
 * all; whatever the ports do must look like this.
 */

/** A message: whose it is, its number, and what it carries. */
export interface ModelMessage {
  readonly publisher: ModelPublisher;
  readonly sequence: number;
  readonly key: number;
  readonly lengthBytes: number;
}

/** A publisher. It sends as long as its handle or a loan is there. */
export class ModelPublisher {
  sequence = 0;
  loans = 0;
}

/** What a subscriber has of one publisher. */
export interface ModelLink {
  readonly queue: ModelMessage[];
  /** Number of the message taken last, or of the last one that was not for this subscriber. */
  last: number;
  held: number;
}

/** A subscriber. It is there as long as its handle or a sample is there. */
export class ModelSubscriber {
  readonly links: Map<ModelPublisher, ModelLink> = new Map();

  link(publisher: ModelPublisher): ModelLink {
    let link = this.links.get(publisher);
    if (link === undefined) {
      link = { queue: [], last: publisher.sequence, held: 0 };
      this.links.set(publisher, link);
    }
    return link;
  }

  /** Number of messages that may be taken now. */
  available(heldMax: number): number {
    let count = 0;
    for (const { queue, held } of this.links.values()) if (held < heldMax) count += queue.length;
    return count;
  }

  /** Whether the limit keeps a message that waits from being taken. */
  waitsBehindLimit(heldMax: number): boolean {
    return [...this.links.values()].some(({ held, queue }) => held >= heldMax && queue.length > 0);
  }

  /** Samples held, of whomever. */
  get held(): number {
    let count = 0;
    for (const link of this.links.values()) count += link.held;
    return count;
  }
}

/** Sends to everybody who is there; returns how many that were. */
export function modelSend(
  publisher: ModelPublisher,
  subscribers: Iterable<ModelSubscriber>,
  message: { readonly key: number; readonly lengthBytes: number },
  bufferSize: number,
): number {
  const queues = [...subscribers].map((subscriber) => subscriber.link(publisher).queue);
  publisher.sequence += 1;
  for (const queue of queues) {
    queue.push({ ...message, publisher, sequence: publisher.sequence });
    if (queue.length > bufferSize) queue.shift();
  }
  return queues.length;
}

/** Takes a publisher's oldest message; tells how many were lost before it. */
export function modelTake(
  subscriber: ModelSubscriber,
  publisher: ModelPublisher,
): { readonly message: ModelMessage | undefined; readonly missed: number } {
  const link = subscriber.link(publisher);
  const message = link.queue.shift();
  if (message === undefined) return { message, missed: 0 };
  const missed = message.sequence - link.last - 1;
  link.last = message.sequence;
  return { message, missed };
}
