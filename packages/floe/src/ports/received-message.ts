/**
 * Received message: what a subscriber core found when it took a message.
 *
 * One object a use, filled in again for each message, because receiving must not allocate. Handlers
 * see it as the message's info.
 */

import type { Id } from "../memory/id.ts";
import type { MappedDataSegment } from "../registry/data-segment-cache.ts";
import type { SubscriberLink } from "./subscriber-link.ts";

/** What is known of a message beside its payload; in `poll`, valid within the call only. */
export interface MessageInfo {
  /** Counts the publisher's messages from 1. */
  readonly sequence: number;
  /** Messages of the same publisher that were lost since the message before. */
  readonly missed: number;
  /** The publisher that sent it. */
  readonly publisherId: Id;
}

/** A message that was taken: where it lies, and where it has to go back to. */
export class ReceivedMessage implements MessageInfo {
  sequence = 0;
  missed = 0;
  /** The link on which it came. */
  link!: SubscriberLink;
  /** The data segment in which it lies. */
  mapped!: MappedDataSegment;
  /** Its chunk's descriptor. */
  descriptor = 0;
  /** Where its payload begins in the data segment. */
  payloadOffsetBytes = 0;
  /** Length of its payload. */
  payloadBytes = 0;

  get publisherId(): Id {
    return this.link.publisherId;
  }
}
