/**
 * Tests of the golden vectors: the library reads each image as its JSON says, refuses those that
 * must be refused, and writes the very same bytes when it does what the image shows.
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FloeError } from "floe";
import {
  announceDataSegment,
  CHUNK_HEADER_BYTES,
  CHUNK_HEADER_PAYLOAD_BYTES_WORD,
  CHUNK_HEADER_SEQUENCE_WORD,
  type CommonGeometry,
  chunkOffsetBytes,
  createDataSegment,
  createEventSegment,
  createPublishSubscribeSegment,
  dataSegmentPath,
  EntryState,
  EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD,
  type EventGeometry,
  enterPort,
  eventAreaRange,
  eventGeometry,
  type Id,
  joinAsPublisher,
  joinAsSubscriber,
  LINK_CONNECTED_GENERATION_WORD,
  LINK_DRAINED_GENERATION_WORD,
  LINK_FIRST_SEQUENCE_WORD,
  leaveAsPublisher,
  linkWord,
  NODE_ENTRY_NODE_ID_WORD,
  NODE_ENTRY_STATE_WORD,
  newLinkShape,
  nodeEntryWord,
  openDataSegment,
  openEventSegment,
  openPublishSubscribeSegment,
  PORT_ENTRY_BELL_WORD,
  PORT_ENTRY_DESCRIPTOR_BELL_WORD,
  PORT_ENTRY_GENERATION_WORD,
  type PortIdentity,
  type PortTable,
  PRIVATE_PERMISSIONS,
  type PublishSubscribeCore,
  portDetails,
  portEntryWord,
  portGeneration,
  portIdIn,
  portState,
  publishSubscribeGeometry,
  Segment,
  SegmentKind,
  type ServiceCore,
  setPortState,
  signalReceiverChange,
  signalSenderChange,
  writeId,
  writeU64,
} from "floe/internal";
import {
  BellArm,
  beginRing,
  CompletionSender,
  EventCounts,
  SubmissionSender,
} from "floe/structures";
import type { EventArea, FieldValues, LinkContent, VectorCase } from "../../spec/vector-cases.ts";
import {
  type BareEvent,
  type BarePublishSubscribe,
  type BareService,
  collectAll,
  decodeChunk,
  decodeDataSegments,
  decodeLinkWords,
  decodeNodes,
  decodePorts,
  eventCountsShape,
  listPorts,
  queueShapes,
  takeAll,
  takeEvents,
} from "./decoder.ts";

// This file runs as build/tests/spec/vectors.test.js.
const vectors = new URL("../../../spec/vectors/", import.meta.url);
const directory = mkdtempSync(`${tmpdir()}/floe-vectors-`);
after(() => rmSync(directory, { recursive: true }));

let copyCount = 0;

function readCase(name: string): VectorCase {
  return JSON.parse(readFileSync(new URL(`${name}.json`, vectors), "utf8")) as VectorCase;
}

function imageOf(name: string): Buffer {
  return readFileSync(new URL(`${name}.bin`, vectors));
}

/** A copy of an image that may be mapped and changed. */
function copyOf(name: string): string {
  copyCount += 1;
  const path = `${directory}/${name}.${copyCount}`;
  copyFileSync(fileURLToPath(new URL(`${name}.bin`, vectors)), path);
  return path;
}

function numberIn(values: FieldValues, name: string): number {
  const value = values[name];
  assert.ok(typeof value === "number", `${name} is a number`);
  return value;
}

function qualityOf({ serviceHeader, publishSubscribeHeader: header }: VectorCase) {
  return {
    bufferSize: numberIn(header!, "bufferSize"),
    maxBorrowedSamples: numberIn(header!, "maxBorrowedSamples"),
    maxLoanedSamples: numberIn(header!, "maxLoanedSamples"),
    maxPublishers: numberIn(header!, "maxPublishers"),
    maxSubscribers: numberIn(header!, "maxSubscribers"),
    maxNodes: numberIn(serviceHeader!, "maxNodes"),
  };
}

/** What `service.json` says beside the image of an event service. */
function eventConfigOf({ segmentHeader, serviceHeader, eventHeader: header }: VectorCase) {
  const noticeIn = (name: string): number | null => {
    const stored = numberIn(header!, name);
    return stored === 0 ? null : stored - 1;
  };
  return {
    format: { major: 3, minor: 0 },
    pattern: "event",
    name: "doors",
    serviceId: segmentHeader.ownerId as Id,
    limits: {
      eventIdMax: numberIn(header!, "eventIdMax"),
      maxNotifiers: numberIn(header!, "maxNotifiers"),
      maxListeners: numberIn(header!, "maxListeners"),
      maxNodes: numberIn(serviceHeader!, "maxNodes"),
    },
    notices: {
      deadline: numberIn(header!, "deadlineMs"),
      createdEventId: noticeIn("createdEventId"),
      droppedEventId: noticeIn("droppedEventId"),
      deadEventId: noticeIn("deadEventId"),
    },
  } satisfies EventGeometry["config"];
}

function openCase(name: string): BarePublishSubscribe & { readonly expected: VectorCase } {
  const expected = readCase(name);
  const id = expected.segmentHeader.ownerId as Id;
  const opened = openPublishSubscribeSegment(copyOf(name), id, qualityOf(expected), 8);
  assert.ok(opened !== undefined);
  return { ...opened, expected };
}

function openEventCase(name: string): BareEvent & { readonly expected: VectorCase } {
  const expected = readCase(name);
  const opened = openEventSegment(copyOf(name), eventConfigOf(expected));
  assert.ok(opened !== undefined);
  return { ...opened, expected };
}

/** Constants of the library are made of names in `spec/layout.ts`: `maxNodes`, `MAX_NODES`. */
function constantName(name: string): string {
  return name.replace(/([A-Z])/g, "_$1").toUpperCase();
}

/** The fields of a header that a vector mentions, as the library's constants find them. */
async function headerFields(
  { words }: Segment,
  structureName: string,
  header: FieldValues,
): Promise<FieldValues> {
  const internal = (await import("floe/internal")) as unknown as Record<string, number>;
  const found: Record<string, number> = {};
  for (const name of Object.keys(header)) {
    const wordIndex = internal[`${constantName(structureName)}_${constantName(name)}_WORD`];
    assert.ok(wordIndex !== undefined, `there is a constant for ${name}`);
    found[name] = words[wordIndex]! >>> 0;
  }
  return found;
}

/** Header and nodes, which services of all patterns have. */
async function assertCommonParts(
  service: BareService<CommonGeometry>,
  expected: VectorCase,
): Promise<void> {
  const header = await headerFields(service.segment, "serviceHeader", expected.serviceHeader!);
  assert.deepEqual(header, { ...expected.serviceHeader, state: 1 });
  assert.deepEqual(decodeNodes(service), expected.nodes);
}

/** A table of ports: each of its bytes, and what the library makes of those that are active. */
function assertPorts(segment: Segment, table: PortTable, expected: readonly FieldValues[]): void {
  assert.deepEqual(decodePorts(segment, table), expected);
  const active = expected.filter(({ state }) => state === "active");
  const listed = active.map(({ state, generation, portId, nodeId, name }) => ({
    state,
    generation,
    portId,
    nodeId,
    name,
  }));
  assert.deepEqual(listPorts(segment, table), listed);
}

for (const name of ["service-new", "service-busy"]) {
  test(`${name}: header and tables are read as the vector says`, async () => {
    const { segment, geometry, expected } = openCase(name);
    await assertCommonParts({ segment, geometry }, expected);
    const wanted = expected.publishSubscribeHeader!;
    assert.deepEqual(await headerFields(segment, "publishSubscribeHeader", wanted), wanted);
    assertPorts(segment, geometry.publishers, expected.publishers!);
    assertPorts(segment, geometry.subscribers, expected.subscribers!);
    assert.deepEqual(decodeDataSegments({ segment, geometry }), expected.dataSegments ?? []);
    segment.close();
  });
}

test("event-service: header, tables and counts are read as the vector says", async () => {
  const { segment, geometry, expected } = openEventCase("event-service");
  await assertCommonParts({ segment, geometry }, expected);
  const wanted = expected.eventHeader!;
  assert.deepEqual(await headerFields(segment, "eventHeader", wanted), wanted);
  assertPorts(segment, geometry.notifiers, expected.notifiers!);
  assertPorts(segment, geometry.listeners, expected.listeners!);
  for (const { listener, counts } of expected.eventAreas!) {
    assert.deepEqual(takeEvents({ segment, geometry }, listener), counts);
    assert.deepEqual(takeEvents({ segment, geometry }, listener), []);
  }
  const areas = new Uint8Array(segment.buffer, geometry.eventAreasOffset);
  assert.ok(
    areas.every((byte) => byte === 0),
    "nothing is left of what was taken",
  );
  segment.close();
});

test("service-busy: messages are taken and chunks collected in order, across both wraps", () => {
  const service = openCase("service-busy");
  for (const link of service.expected.links!) {
    assert.deepEqual(decodeLinkWords(service, link), link.words);
    assert.deepEqual(takeAll(service, link), link.waiting);
    assert.deepEqual(collectAll(service, link), link.returned);
  }
  service.segment.close();
});

test("data-segment: header and chunks are read as the vector says", () => {
  const expected = readCase("data-segment");
  const header = expected.dataSegmentHeader!;
  const name = {
    directory,
    publisherId: expected.segmentHeader.ownerId as Id,
    number: numberIn(header, "number"),
    incarnation: numberIn(header, "incarnation"),
  };
  const geometry = {
    chunkCount: numberIn(header, "chunkCount"),
    chunkStrideBytes: numberIn(header, "chunkStrideBytes"),
  };
  copyFileSync(fileURLToPath(new URL("data-segment.bin", vectors)), dataSegmentPath(name));
  const segment = openDataSegment(name, geometry);
  assert.ok(segment !== undefined);
  const found = expected.chunks!.map(({ chunkIndex }) =>
    decodeChunk(segment, geometry, chunkIndex),
  );
  assert.deepEqual(found, expected.chunks);
  segment.close();
  rmSync(dataSegmentPath(name));
});

for (const name of ["foreign-major", "bad-magic", "truncated"]) {
  test(`${name}: the image is refused with the code that the vector names`, () => {
    const { refused } = readCase(name);
    assert.throws(
      () => Segment.openIfPresent(copyOf(name), SegmentKind.publishSubscribe, "read"),
      (error) => error instanceof FloeError && error.code === refused?.code,
    );
  });
}

/** Fills in an entry of the node table, as a node does that opens or makes a service. */
function enterNode(words: Int32Array, geometry: CommonGeometry, index: number, id: unknown): void {
  const word = nodeEntryWord(geometry, index);
  writeId(words, word + NODE_ENTRY_NODE_ID_WORD, id as Id);
  words[word + NODE_ENTRY_STATE_WORD] = EntryState.active;
}

/** Makes the segment of `service-new` with the library's own code. */
function writeNewService(path: string): BarePublishSubscribe {
  const newCase = readCase("service-new");
  const geometry = publishSubscribeGeometry(newLinkShape(qualityOf(newCase), 8));
  const id = newCase.segmentHeader.ownerId as Id;
  const fill = (words: Int32Array): void =>
    enterNode(words, geometry, 0, newCase.nodes![0]!.nodeId);
  const segment = createPublishSubscribeSegment(path, id, geometry, PRIVATE_PERMISSIONS, fill);
  return { segment, geometry };
}

function assertSameBytes(found: Buffer, wanted: Buffer): void {
  assert.equal(found.length, wanted.length);
  const different = wanted.findIndex((byte, index) => byte !== found[index]);
  assert.equal(different, -1, `the first different byte is ${different}`);
}

test("service-new: the library writes the same bytes", () => {
  const path = `${directory}/written-new`;
  writeNewService(path).segment.close();
  assertSameBytes(readFileSync(path), imageOf("service-new"));
});

/** A service core of which one node's ports change the tables, and whose sleepers hear nothing. */
function coreOfNode(service: BareService<CommonGeometry>, nodeId: unknown): ServiceCore {
  const core = {
    ...service,
    node: { id: nodeId, peerBells: { acquire: () => ({ ring: () => true }), release: () => {} } },
    directory,
    change: <T>(change: () => T): T => change(),
    changeInLeaving: (change: () => void): void => change(),
  };
  return core as unknown as ServiceCore;
}

function publishSubscribeCoreOfNode(
  service: BarePublishSubscribe,
  nodeId: unknown,
): PublishSubscribeCore {
  return coreOfNode(service, nodeId) as unknown as PublishSubscribeCore;
}

function identityOf(port: FieldValues): PortIdentity {
  return {
    id: port.portId as Id,
    name: String(port.name),
    bellToken: numberIn(port, "bellToken"),
  };
}

/** Arms and disarms the bell of a port that is awake until it stands as the vector says. */
function armAsIn(words: Int32Array, entryWord: number, port: FieldValues): void {
  const bell = numberIn(port, "bell");
  const bellWordIndex = entryWord + PORT_ENTRY_BELL_WORD;
  const way = bell & 3;
  if (way === 0) return;
  // Nobody wants to wait for half a billion waits.
  if (bell > 1000) words[bellWordIndex] = bell - (bell % 8) - 2 * 8;
  const arm = new BellArm(words, bellWordIndex);
  for (;;) {
    const armed = arm.arm(way as 1 | 2) >>> 0;
    if (armed === bell - (bell & 4)) break;
    assert.ok(armed < bell, "the number of the wait grows");
    arm.disarm();
  }
  if ((bell & 4) === 0) return;
  const place = {
    words,
    bellWordIndex,
    generationWordIndex: entryWord + PORT_ENTRY_GENERATION_WORD,
  };
  const generation = numberIn(port, "generation");
  assert.equal(beginRing(place, generation + 1), 0, "another port is not rung");
  assert.equal(beginRing(place, generation) >>> 0, bell);
}

/** Does what leads to the content of a link: connects, sends and gives back. */
function fillLink(service: BarePublishSubscribe, link: LinkContent): void {
  const { words } = service.segment;
  const word = linkWord(service.geometry, link.publisherRow, link.subscriberColumn);
  const { submission, completion } = queueShapes(service, link);
  words[word + LINK_CONNECTED_GENERATION_WORD] = numberIn(link.words, "connectedGeneration");
  writeU64(words, word + LINK_FIRST_SEQUENCE_WORD, numberIn(link.words, "firstSequence"));
  const sender = new SubmissionSender({ ...submission, startPosition: link.receiverPosition });
  for (const { segment, chunkIndex } of link.waiting) sender.push((segment << 16) | chunkIndex);
  if (link.returned.length === 0) return;
  const returns = new CompletionSender({ ...completion, startPosition: link.completionHead });
  for (const { segment, chunkIndex } of link.returned) returns.put((segment << 16) | chunkIndex);
  returns.publish();
}

test("service-busy: the library writes the same bytes", () => {
  const { nodes, publishers, subscribers, dataSegments, links } = readCase("service-busy");
  const path = `${directory}/written-busy`;
  const service = writeNewService(path);
  const { segment, geometry } = service;
  enterNode(segment.words, geometry, 1, nodes![1]!.nodeId);
  for (const subscriber of subscribers!) {
    joinAsSubscriber(
      publishSubscribeCoreOfNode(service, subscriber.nodeId),
      identityOf(subscriber),
    );
  }
  for (const [row, publisher] of publishers!.entries()) {
    const core = publishSubscribeCoreOfNode(service, publisher.nodeId);
    const place = joinAsPublisher(core, identityOf(publisher));
    signalSenderChange(core);
    for (const entry of dataSegments!.filter(({ publisherRow }) => publisherRow === row)) {
      const { number, incarnation = 0, chunkCount = 0, chunkStrideBytes = 0 } = entry;
      announceDataSegment(core, row, number, incarnation, { chunkCount, chunkStrideBytes });
    }
    const ours = links!.filter(({ publisherRow }) => publisherRow === row);
    for (const link of ours) fillLink(service, link);
    if (publisher.state === "draining") leaveAsPublisher(core, place);
    for (const { subscriberColumn, words } of ours) {
      const word = linkWord(geometry, row, subscriberColumn);
      segment.words[word + LINK_DRAINED_GENERATION_WORD] = numberIn(words, "drainedGeneration");
    }
  }
  for (const [column, subscriber] of subscribers!.entries()) {
    armAsIn(segment.words, portEntryWord(geometry.subscribers, column), subscriber);
  }
  segment.close();
  assertSameBytes(readFileSync(path), imageOf("service-busy"));
});

/** Notifies a listener as often as it takes to make its counts those of the vector. */
function countEvents(service: BareEvent, listenerIndex: number, counts: EventArea["counts"]): void {
  const shape = eventCountsShape(service, listenerIndex);
  const events = new EventCounts(shape);
  for (const { eventId, count } of counts) {
    // Of more than 2^32 notifications the last ones are made, those that carry.
    const before = count > 0xffff_ffff ? count - (count % 0x1_0000_0000) - 1 : 0;
    shape.words[shape.countsWordIndex + 2 * eventId] = before | 0;
    for (let done = before; done < count; done += 1) events.add(eventId);
  }
}

test("event-service: the library writes the same bytes", () => {
  const eventCase = readCase("event-service");
  const { eventHeader, nodes, notifiers, listeners, eventAreas } = eventCase;
  const path = `${directory}/written-event`;
  const geometry = eventGeometry(eventConfigOf(eventCase));
  const segment = createEventSegment(path, geometry, PRIVATE_PERMISSIONS, (words) => {
    enterNode(words, geometry, 0, nodes![0]!.nodeId);
    words[EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD] = numberIn(
      eventHeader!,
      "lastNotificationTick",
    );
  });
  const service: BareEvent = { segment, geometry };
  const { words } = segment;
  enterNode(words, geometry, 1, nodes![1]!.nodeId);
  for (const [index, listener] of listeners!.entries()) {
    const core = coreOfNode(service, listener.nodeId);
    const reserve = (): void => segment.reserve([eventAreaRange(geometry, index)]);
    enterPort(core, geometry.listeners, index, identityOf(listener), reserve);
    signalReceiverChange(core);
  }
  const core = coreOfNode(service, notifiers![0]!.nodeId);
  enterPort(core, geometry.notifiers, 0, identityOf(notifiers![0]!), () => {});
  signalSenderChange(core);
  for (const { listener, counts } of eventAreas!) countEvents(service, listener, counts);
  for (const [index, listener] of listeners!.entries()) {
    const entryWord = portEntryWord(geometry.listeners, index);
    armAsIn(words, entryWord, listener);
    const descriptorBell = numberIn(listener, "descriptorBell");
    words[entryWord + PORT_ENTRY_DESCRIPTOR_BELL_WORD] = descriptorBell;
  }
  segment.close();
  assertSameBytes(readFileSync(path), imageOf("event-service"));
});

test("event-service: a port's generation is seen when the rest of its entry is, not before", () => {
  const { segment, geometry, expected } = openEventCase("event-service");
  const second = expected.listeners![1];
  const core = coreOfNode({ segment, geometry }, second!.nodeId);
  const entryWord = portEntryWord(geometry.listeners, 0);
  const identity = { ...identityOf(second!), id: expected.segmentHeader.ownerId as Id };
  setPortState(core, geometry.listeners, 0, EntryState.free);
  enterPort(core, geometry.listeners, 0, identity, () => {
    assert.equal(portGeneration(segment.words, entryWord), 0);
    assert.equal(portState(segment.words, entryWord), EntryState.joining);
    assert.equal(portIdIn(segment.words, entryWord), identity.id);
  });
  const { generation, name } = portDetails(segment.words, geometry.listeners, 0)!;
  assert.deepEqual({ generation, name }, { generation: 4, name: second!.name });
  segment.close();
});

test("data-segment: the library writes the same bytes", () => {
  const { segmentHeader, dataSegmentHeader, chunks } = readCase("data-segment");
  const name = {
    directory,
    publisherId: segmentHeader.ownerId as Id,
    number: numberIn(dataSegmentHeader!, "number"),
    incarnation: numberIn(dataSegmentHeader!, "incarnation"),
  };
  const geometry = {
    chunkCount: numberIn(dataSegmentHeader!, "chunkCount"),
    chunkStrideBytes: numberIn(dataSegmentHeader!, "chunkStrideBytes"),
  };
  const segment = createDataSegment(name, geometry, PRIVATE_PERMISSIONS);
  for (const { chunkIndex, sequence, payloadBytes, payloadText } of chunks!) {
    const offsetBytes = chunkOffsetBytes(geometry, chunkIndex);
    writeU64(segment.words, offsetBytes / 4 + CHUNK_HEADER_SEQUENCE_WORD, sequence);
    writeU64(segment.words, offsetBytes / 4 + CHUNK_HEADER_PAYLOAD_BYTES_WORD, payloadBytes);
    Buffer.from(segment.buffer).write(payloadText, offsetBytes + CHUNK_HEADER_BYTES);
  }
  segment.close();
  assertSameBytes(readFileSync(dataSegmentPath(name)), imageOf("data-segment"));
});
