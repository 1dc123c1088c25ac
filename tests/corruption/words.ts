/**
 * The words that a peer can write, by kind: where each field of the format stands in a segment.
 *
 * Everything is made from the format's description (`spec/layout.ts`) and the library's own
 * computation of where the parts lie. A word that no field covers is of the kind "reserved", so
 * every word of a file is of exactly one kind and none is forgotten; `words.test.ts` makes sure
 * that nothing in use is taken for reserved.
 */
import {
  DATA_SEGMENT_FIRST_CHUNK_BYTES,
  DATA_SEGMENT_NUMBER_MAX,
  dataSegmentEntryWord,
  type EventGeometry,
  LINK_SLOTS_OFFSET_BYTES,
  linkWord,
  nodeEntryWord,
  type PortTable,
  type PublishSubscribeGeometry,
  portEntryWord,
} from "floe/internal";
import { KIND_BYTES, STRUCTURES, type StructureSpec } from "../../spec/layout.ts";

/** A field in a segment: one word, or the few words of an id, a text or a long number. */
export interface Field {
  readonly wordIndex: number;
  readonly wordCount: number;
}

/** Fields by kind. */
export type FieldsByKind = ReadonlyMap<string, readonly Field[]>;

/** The kind of words that belong to no field. */
export const RESERVED = "reserved";

/** The structures as the kinds of words name them. */
const TITLES: Readonly<Record<string, string>> = {
  segmentHeader: "segment header",
  serviceHeader: "service header",
  publishSubscribeHeader: "publish-subscribe header",
  eventHeader: "event header",
  dataSegmentHeader: "data segment header",
  nodeEntry: "node entry",
  dataSegmentEntry: "data segment entry",
  link: "link",
  chunkHeader: "chunk header",
};

const PORTS = ["subscriber", "publisher", "listener", "notifier"] as const;

/** The kinds that are no fields of a structure. */
export const LINK_SLOT = "link: submission slot";
export const LINK_ENTRY = "link: completion entry";
export const CHUNK_PAYLOAD = "chunk: payload";
export const EVENT_BITS = "event area: bits";
export const EVENT_COUNTS = "event area: counts";

function structureNamed(name: string): StructureSpec {
  const structure = STRUCTURES.find((one) => one.name === name);
  if (structure === undefined) throw new Error(`the format has no structure "${name}"`);
  return structure;
}

/** Every kind of word that the format has, in the order of its description. */
export function allKinds(): string[] {
  const kinds: string[] = [];
  for (const { name, fields } of STRUCTURES) {
    const titles = name === "portEntry" ? PORTS.map((port) => `${port} entry`) : [TITLES[name]];
    for (const title of titles) kinds.push(...fields.map((field) => `${title}: ${field.name}`));
  }
  return [...kinds, LINK_SLOT, LINK_ENTRY, CHUNK_PAYLOAD, EVENT_BITS, EVENT_COUNTS, RESERVED];
}

/** The kinds that are written once, before anybody else can see them. */
export function kindsOfCreators(): string[] {
  return STRUCTURES.flatMap(({ name, fields }) =>
    fields
      .filter(({ owner }) => owner === "creator")
      .map((field) => `${TITLES[name]}: ${field.name}`),
  );
}

/** Collects the fields of one segment. */
class Collection {
  readonly #byKind: Map<string, Field[]> = new Map();
  readonly #isCovered: Uint8Array;

  constructor(sizeBytes: number) {
    this.#isCovered = new Uint8Array(sizeBytes / 4);
  }

  add(kind: string, wordIndex: number, wordCount: number): void {
    const known = this.#byKind.get(kind) ?? [];
    known.push({ wordIndex, wordCount });
    this.#byKind.set(kind, known);
    this.#isCovered.fill(1, wordIndex, wordIndex + wordCount);
  }

  /** Adds the fields of a structure, and of the one that it begins with. */
  addStructure(name: string, firstWord: number, title: string = TITLES[name] ?? name): void {
    const { fields, beginsWith } = structureNamed(name);
    if (beginsWith !== undefined) this.addStructure(beginsWith, firstWord);
    for (const field of fields) {
      const wordIndex = firstWord + field.offsetBytes / 4;
      this.add(`${title}: ${field.name}`, wordIndex, KIND_BYTES[field.kind] / 4);
    }
  }

  addPorts(table: PortTable, title: string): void {
    for (let index = 0; index < table.entryCount; index += 1) {
      this.addStructure("portEntry", portEntryWord(table, index), `${title} entry`);
    }
  }

  addNodes(geometry: PublishSubscribeGeometry | EventGeometry): void {
    for (let index = 0; index < geometry.maxNodes; index += 1) {
      this.addStructure("nodeEntry", nodeEntryWord(geometry, index));
    }
  }

  addWords(kind: string, firstWord: number, count: number, stride = 1): void {
    for (let index = 0; index < count; index += 1) this.add(kind, firstWord + index * stride, 1);
  }

  finish(): FieldsByKind {
    for (const [wordIndex, isCovered] of this.#isCovered.entries()) {
      if (isCovered === 0) this.add(RESERVED, wordIndex, 1);
    }
    return this.#byKind;
  }
}

/** The words of a publish-subscribe service's segment. */
export function wordsOfPublishSubscribe(geometry: PublishSubscribeGeometry): FieldsByKind {
  const collection = new Collection(geometry.segmentBytes);
  collection.addStructure("publishSubscribeHeader", 0);
  collection.addNodes(geometry);
  collection.addPorts(geometry.subscribers, "subscriber");
  collection.addPorts(geometry.publishers, "publisher");
  const { quality, slotStrideBytes, linkCompletionOffsetBytes, completionEntryCount } = geometry;
  for (let row = 0; row < geometry.publisherRowCount; row += 1) {
    for (let number = 0; number <= DATA_SEGMENT_NUMBER_MAX; number += 1) {
      collection.addStructure("dataSegmentEntry", dataSegmentEntryWord(geometry, row, number));
    }
    for (let column = 0; column < quality.maxSubscribers; column += 1) {
      const firstWord = linkWord(geometry, row, column);
      collection.addStructure("link", firstWord);
      const slotWord = firstWord + LINK_SLOTS_OFFSET_BYTES / 4;
      collection.addWords(LINK_SLOT, slotWord, quality.bufferSize, slotStrideBytes / 4);
      const entryWord = firstWord + linkCompletionOffsetBytes / 4;
      collection.addWords(LINK_ENTRY, entryWord, completionEntryCount);
    }
  }
  return collection.finish();
}

/** The words of an event service's segment. */
export function wordsOfEvents(geometry: EventGeometry): FieldsByKind {
  const collection = new Collection(geometry.segmentBytes);
  collection.addStructure("eventHeader", 0);
  collection.addNodes(geometry);
  collection.addPorts(geometry.listeners, "listener");
  collection.addPorts(geometry.notifiers, "notifier");
  const eventCount = geometry.config.limits.eventIdMax + 1;
  for (let index = 0; index < geometry.listeners.entryCount; index += 1) {
    const areaBytes = geometry.eventAreasOffset + index * geometry.eventAreaBytes;
    collection.addWords(EVENT_BITS, areaBytes / 4, Math.ceil(eventCount / 32));
    const countsWord = (areaBytes + geometry.eventCountsOffsetBytes) / 4;
    for (let id = 0; id < eventCount; id += 1) {
      collection.add(EVENT_COUNTS, countsWord + id * 2, 2);
    }
  }
  return collection.finish();
}

/** The words of a publisher's data segment, with payloads that begin so far into a chunk. */
export function wordsOfData(
  sizeBytes: number,
  chunkStrideBytes: number,
  payloadOffsetBytes: number,
): FieldsByKind {
  const collection = new Collection(sizeBytes);
  collection.addStructure("dataSegmentHeader", 0);
  const firstByte = DATA_SEGMENT_FIRST_CHUNK_BYTES;
  for (let at = firstByte; at + chunkStrideBytes <= sizeBytes; at += chunkStrideBytes) {
    collection.addStructure("chunkHeader", at / 4);
    const payloadWords = (chunkStrideBytes - payloadOffsetBytes) / 4;
    collection.addWords(CHUNK_PAYLOAD, (at + payloadOffsetBytes) / 4, payloadWords);
  }
  return collection.finish();
}
