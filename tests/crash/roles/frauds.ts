/**
 * Frauds: victims that break an invariant on purpose, each of which the harness must find.
 */
import { writeFileSync } from "node:fs";
import type { DomainOptions } from "floe";
import {
  PORT_ENTRY_BYTES,
  PUBLISH_SUBSCRIBE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD,
  readU64,
  Segment,
  SegmentKind,
} from "floe/internal";
import { Invariant } from "../invariants.ts";
import type { Role } from "../role.ts";
import { fill } from "../services.ts";

/** A role, and which invariant it breaks. */
export interface Fraud extends Role {
  readonly breaks: Invariant;
}

/** Writes the first subscriber, who lives, into the second place as well. */
function occupyPlace({ root, name }: DomainOptions): void {
  const path = `${root}/${name}/service.publish-subscribe.struct/links`;
  const { words } = Segment.openIfPresent(path, SegmentKind.publishSubscribe, "read-write")!;
  const tableWord = readU64(words, PUBLISH_SUBSCRIBE_HEADER_SUBSCRIBER_TABLE_OFFSET_WORD) / 4;
  const entryWords = PORT_ENTRY_BYTES / 4;
  words.copyWithin(tableWord + entryWords, tableWord, tableWord + entryWords);
}

/** Every fraud. */
export const FRAUDS: readonly Fraud[] = [
  {
    subject: "fraud",
    operation: "lose a message",
    breaks: Invariant.sent,
    services: ["struct"],
    company: { subscribers: ["polls"] },
    prepare: (part) => {
      const sender = part.sender("struct");
      return () => {
        sender.number += 1;
        sender.send();
      };
    },
  },
  {
    subject: "fraud",
    operation: "send a message that is torn",
    breaks: Invariant.sent,
    services: ["bytes"],
    company: { subscribers: ["loops"] },
    prepare: (part) => {
      const sender = part.sender("bytes");
      return () => {
        const loan = sender.port.tryLoan(20);
        (loan!.payload as Uint8Array).fill(7);
        loan!.send();
      };
    },
  },
  {
    subject: "fraud",
    operation: "send two messages that nobody knows of",
    breaks: Invariant.sent,
    services: ["struct"],
    company: { subscribers: ["polls"] },
    prepare: (part) => {
      const sender = part.sender("struct");
      return () => {
        const { port } = sender;
        if ("sendCopy" in port) return;
        for (const number of [1, 2]) port.send((payload) => fill(payload, sender.sender, number));
      };
    },
  },
  {
    subject: "fraud",
    operation: "say that it has left, and die instead",
    breaks: Invariant.notices,
    services: ["events"],
    company: { listeners: ["loops"] },
    prepare: (part) => {
      part.notifier();
      return () => {
        part.note("leaving");
        part.note("left");
      };
    },
  },
  {
    subject: "fraud",
    operation: "take a place in the name of the living",
    breaks: Invariant.places,
    services: ["struct"],
    company: { subscribers: ["polls"] },
    prepare: (part) => {
      void part.topic("struct");
      return () => occupyPlace(part.domain);
    },
  },
  {
    subject: "fraud",
    operation: "leave a file",
    breaks: Invariant.remains,
    services: ["struct"],
    prepare: (part) => {
      const { root, name } = part.domain;
      void part.node;
      return () => writeFileSync(`${root}/${name}/forgotten`, "");
    },
  },
];
