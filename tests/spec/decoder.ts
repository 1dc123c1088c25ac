/**
 * Decoder: reads an image with the library's own code into the words of a golden vector.
 */

import {
  CHUNK_HEADER_BYTES,
  CHUNK_HEADER_PAYLOAD_BYTES_WORD,
  CHUNK_HEADER_SEQUENCE_WORD,
  chunkIndex,
  chunkOffsetBytes,
  chunkSegmentNumber,
  EntryState,
  LINK_COMPLETION_TAIL_WORD,
  LINK_CONNECTED_GENERATION_WORD,
  LINK_DRAINED_GENERATION_WORD,
  LINK_FIRST_SEQUENCE_WORD,
  LINK_SLOTS_OFFSET_BYTES,
  linkWord,
  NODE_ENTRY_NODE_ID_WORD,
  NODE_ENTRY_STATE_WORD,
  nodeEntryWord,
  PUBLISHER_ENTRY_NODE_ID_WORD,
  publisherEntryWord,
  readDataSegmentEntry,
  readId,
  readPublisherEntry,
  readPublisherId,
  readU64,
  type Segment,
  type ServiceCore,
  type ServiceGeometry,
  SUBSCRIBER_ENTRY_GENERATION_WORD,
  SUBSCRIBER_ENTRY_NODE_ID_WORD,
  SUBSCRIBER_ENTRY_PORT_ID_WORD,
  SUBSCRIBER_ENTRY_STATE_WORD,
  subscriberEntryWord,
} from "floe/internal";
import {
  type CompletionQueueShape,
  CompletionReceiver,
  type SubmissionQueueShape,
  SubmissionReceiver,
} from "floe/structures";
import type {
  ChunkContent,
  DataSegmentRow,
  FieldValues,
  LinkContent,
} from "../../spec/vector-cases.ts";

/** A mapped service segment, as much of a service core as reading and changing the tables needs. */
export interface BareService {
  readonly segment: Segment;
  readonly geometry: ServiceGeometry;
}

/** The same, as the library's functions take it. */
export function asServiceCore(service: BareService): ServiceCore {
  return service as unknown as ServiceCore;
}

function nameOfState(value: number): string {
  const found = Object.entries(EntryState).find(([, candidate]) => candidate === value);
  return found?.[0] ?? `unknown state ${value}`;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The node table. */
export function decodeNodes({ segment: { words }, geometry }: BareService): FieldValues[] {
  return upTo(geometry.quality.maxNodes).map((index) => {
    const word = nodeEntryWord(geometry, index);
    return {
      state: nameOfState(words[word + NODE_ENTRY_STATE_WORD]!),
      nodeId: readId(words, word + NODE_ENTRY_NODE_ID_WORD),
    };
  });
}

/** The publisher table. */
export function decodePublishers(service: BareService): FieldValues[] {
  const core = asServiceCore(service);
  return upTo(service.geometry.publisherRowCount).map((row) => {
    const { state, generation } = readPublisherEntry(core, row);
    const word = publisherEntryWord(service.geometry, row);
    return {
      state: nameOfState(state),
      generation: generation >>> 0,
      portId: readPublisherId(core, row),
      nodeId: readId(service.segment.words, word + PUBLISHER_ENTRY_NODE_ID_WORD),
    };
  });
}

/** The subscriber table. */
export function decodeSubscribers({ segment: { words }, geometry }: BareService): FieldValues[] {
  return upTo(geometry.quality.maxSubscribers).map((column) => {
    const word = subscriberEntryWord(geometry, column);
    return {
      state: nameOfState(words[word + SUBSCRIBER_ENTRY_STATE_WORD]!),
      generation: words[word + SUBSCRIBER_ENTRY_GENERATION_WORD]! >>> 0,
      portId: readId(words, word + SUBSCRIBER_ENTRY_PORT_ID_WORD),
      nodeId: readId(words, word + SUBSCRIBER_ENTRY_NODE_ID_WORD),
    };
  });
}

/** The data segments that exist. */
export function decodeDataSegments(service: BareService): DataSegmentRow[] {
  return upTo(service.geometry.publisherRowCount).flatMap((publisherRow) =>
    upTo(64).flatMap((number) => {
      const entry = readDataSegmentEntry(asServiceCore(service), publisherRow, number);
      const incarnation = entry.incarnation >>> 0;
      return incarnation === 0 ? [] : [{ publisherRow, number, ...entry, incarnation }];
    }),
  );
}

function descriptorParts(descriptor: number) {
  return { segment: chunkSegmentNumber(descriptor), chunkIndex: chunkIndex(descriptor) };
}

/** The words of a link that is described elsewhere. */
export function decodeLinkWords(service: BareService, link: LinkContent): FieldValues {
  const { words } = service.segment;
  const word = linkWord(service.geometry, link.publisherRow, link.subscriberColumn);
  return {
    connectedGeneration: words[word + LINK_CONNECTED_GENERATION_WORD]! >>> 0,
    firstSequence: readU64(words, word + LINK_FIRST_SEQUENCE_WORD),
    completionTail: words[word + LINK_COMPLETION_TAIL_WORD]! >>> 0,
    drainedGeneration: words[word + LINK_DRAINED_GENERATION_WORD]! >>> 0,
  };
}

/** The shapes of a link's queues. */
export function queueShapes(
  { segment: { words }, geometry }: BareService,
  link: LinkContent,
): { submission: SubmissionQueueShape; completion: CompletionQueueShape } {
  const word = linkWord(geometry, link.publisherRow, link.subscriberColumn);
  const submission = {
    words,
    firstWordIndex: word + LINK_SLOTS_OFFSET_BYTES / 4,
    slotCount: geometry.quality.bufferSize,
    strideWords: geometry.slotStrideBytes / 4,
  };
  const completion = {
    words,
    tailWordIndex: word + LINK_COMPLETION_TAIL_WORD,
    firstWordIndex: word + geometry.linkCompletionOffsetBytes / 4,
    entryCount: geometry.completionEntryCount,
  };
  return { submission, completion };
}

/** Takes all messages of a link, as its subscriber would. Changes the image. */
export function takeAll(service: BareService, link: LinkContent) {
  const { submission } = queueShapes(service, link);
  const receiver = new SubmissionReceiver({ ...submission, startPosition: link.receiverPosition });
  const taken: ReturnType<typeof descriptorParts>[] = [];
  const isOld = (): boolean => false;
  for (let chunk = receiver.take(isOld); chunk !== 0; chunk = receiver.take(isOld)) {
    taken.push(descriptorParts(chunk));
  }
  return taken;
}

/** Collects all returned chunks of a link, as its publisher would. */
export function collectAll(service: BareService, link: LinkContent) {
  const { completion } = queueShapes(service, link);
  const receiver = new CompletionReceiver({ ...completion, startPosition: link.completionHead });
  const count = receiver.refresh();
  return upTo(count).map(() => descriptorParts(receiver.next()));
}

/** The chunk at an index, with so much of its payload as its header says and the chunk holds. */
export function decodeChunk(
  segment: Segment,
  geometry: { readonly chunkCount: number; readonly chunkStrideBytes: number },
  index: number,
): ChunkContent {
  const offsetBytes = chunkOffsetBytes(geometry, index);
  const word = offsetBytes / 4;
  const { words } = segment;
  const payload = Buffer.from(
    segment.buffer,
    offsetBytes + CHUNK_HEADER_BYTES,
    geometry.chunkStrideBytes - CHUNK_HEADER_BYTES,
  );
  return {
    chunkIndex: index,
    sequence: readU64(words, word + CHUNK_HEADER_SEQUENCE_WORD),
    payloadBytes: readU64(words, word + CHUNK_HEADER_PAYLOAD_BYTES_WORD),
    payloadText: payload.toString("utf8").replace(/\0+$/, ""),
  };
}
