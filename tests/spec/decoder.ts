/**
 * Decoder: reads an image with the library's own code into the words of a golden vector.
 */

import {
  activePorts,
  CHUNK_HEADER_BYTES,
  CHUNK_HEADER_PAYLOAD_BYTES_WORD,
  CHUNK_HEADER_SEQUENCE_WORD,
  type CommonGeometry,
  chunkIndex,
  chunkOffsetBytes,
  chunkSegmentNumber,
  EntryState,
  type EventGeometry,
  eventAreaRange,
  LINK_COMPLETION_TAIL_WORD,
  LINK_CONNECTED_GENERATION_WORD,
  LINK_DRAINED_GENERATION_WORD,
  LINK_FIRST_SEQUENCE_WORD,
  LINK_SLOTS_OFFSET_BYTES,
  linkWord,
  NODE_ENTRY_NODE_ID_WORD,
  NODE_ENTRY_STATE_WORD,
  nodeEntryWord,
  nodeIdIn,
  PORT_ENTRY_BELL_TOKEN_WORD,
  PORT_ENTRY_BELL_WORD,
  PORT_ENTRY_DESCRIPTOR_BELL_WORD,
  PORT_ENTRY_NAME_BYTES_WORD,
  PORT_ENTRY_NAME_WORD,
  type PortTable,
  type PublishSubscribeCore,
  type PublishSubscribeGeometry,
  portDetails,
  portEntryWord,
  portGeneration,
  portIdIn,
  portState,
  readDataSegmentEntry,
  readId,
  readU64,
  type Segment,
} from "floe/internal";
import {
  type CompletionQueueShape,
  CompletionReceiver,
  EventCounts,
  type EventCountsShape,
  type SubmissionQueueShape,
  SubmissionReceiver,
} from "floe/structures";
import type {
  ChunkContent,
  DataSegmentRow,
  EventArea,
  FieldValues,
  LinkContent,
} from "../../spec/vector-cases.ts";

/** A mapped service segment, as much of a service core as reading and changing the tables needs. */
export interface BareService<Geometry extends CommonGeometry> {
  readonly segment: Segment;
  readonly geometry: Geometry;
}

/** The two patterns' services. */
export type BarePublishSubscribe = BareService<PublishSubscribeGeometry>;
export type BareEvent = BareService<EventGeometry>;

function nameOfState(value: number): string {
  const found = Object.entries(EntryState).find(([, candidate]) => candidate === value);
  return found?.[0] ?? `unknown state ${value}`;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The node table. */
export function decodeNodes({
  segment: { words },
  geometry,
}: BareService<CommonGeometry>): FieldValues[] {
  return upTo(geometry.maxNodes).map((index) => {
    const word = nodeEntryWord(geometry, index);
    return {
      state: nameOfState(words[word + NODE_ENTRY_STATE_WORD]!),
      nodeId: readId(words, word + NODE_ENTRY_NODE_ID_WORD),
    };
  });
}

/** A table of ports, whatever they are. */
export function decodePorts({ words, buffer }: Segment, table: PortTable): FieldValues[] {
  return upTo(table.entryCount).map((index) => {
    const word = portEntryWord(table, index);
    const nameBytes = words[word + PORT_ENTRY_NAME_BYTES_WORD]!;
    const nameOffset = (word + PORT_ENTRY_NAME_WORD) * 4;
    return {
      state: nameOfState(portState(words, word)),
      generation: portGeneration(words, word) >>> 0,
      portId: portIdIn(words, word),
      nodeId: nodeIdIn(words, word),
      nameBytes,
      name: Buffer.from(buffer, nameOffset, nameBytes).toString("utf8"),
      bell: words[word + PORT_ENTRY_BELL_WORD]! >>> 0,
      bellToken: words[word + PORT_ENTRY_BELL_TOKEN_WORD]! >>> 0,
      descriptorBell: words[word + PORT_ENTRY_DESCRIPTOR_BELL_WORD]!,
    };
  });
}

/** What the library tells programs about the active ports of a table. */
export function listPorts({ words }: Segment, table: PortTable): FieldValues[] {
  return activePorts(words, table).map((index) => {
    const { generation, id, nodeId, name } = portDetails(words, table, index)!;
    return { state: "active", generation: generation >>> 0, portId: id, nodeId, name };
  });
}

/** The data segments that exist. */
export function decodeDataSegments(service: BarePublishSubscribe): DataSegmentRow[] {
  // Reading the table takes no more of a service than there is.
  const core = service as unknown as PublishSubscribeCore;
  return upTo(service.geometry.publisherRowCount).flatMap((publisherRow) =>
    upTo(64).flatMap((number) => {
      const entry = readDataSegmentEntry(core, publisherRow, number);
      const incarnation = entry.incarnation >>> 0;
      return incarnation === 0 ? [] : [{ publisherRow, number, ...entry, incarnation }];
    }),
  );
}

function descriptorParts(descriptor: number) {
  return { segment: chunkSegmentNumber(descriptor), chunkIndex: chunkIndex(descriptor) };
}

/** The words of a link that is described elsewhere. */
export function decodeLinkWords(service: BarePublishSubscribe, link: LinkContent): FieldValues {
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
  { segment: { words }, geometry }: BarePublishSubscribe,
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
export function takeAll(service: BarePublishSubscribe, link: LinkContent) {
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
export function collectAll(service: BarePublishSubscribe, link: LinkContent) {
  const { completion } = queueShapes(service, link);
  const receiver = new CompletionReceiver({ ...completion, startPosition: link.completionHead });
  const count = receiver.refresh();
  return upTo(count).map(() => descriptorParts(receiver.next()));
}

/** Where a listener's counts lie. */
export function eventCountsShape(
  { segment: { words }, geometry }: BareEvent,
  listenerIndex: number,
): EventCountsShape {
  const areaWord = eventAreaRange(geometry, listenerIndex).offsetBytes / 4;
  return {
    words,
    bitsWordIndex: areaWord,
    countsWordIndex: areaWord + geometry.eventCountsOffsetBytes / 4,
    eventCount: geometry.config.limits.eventIdMax + 1,
  };
}

/** Takes all events of a listener, as it would. Changes the image. */
export function takeEvents(service: BareEvent, listenerIndex: number): EventArea["counts"] {
  const taken: { eventId: number; count: number }[] = [];
  const counts = new EventCounts(eventCountsShape(service, listenerIndex));
  counts.take((eventId, count) => taken.push({ eventId, count }));
  return taken;
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
