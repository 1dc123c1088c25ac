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
  chunkOffsetBytes,
  createDataSegment,
  createServiceSegment,
  dataSegmentPath,
  EntryState,
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
  newServiceShape,
  nodeEntryWord,
  openDataSegment,
  openServiceSegment,
  PRIVATE_PERMISSIONS,
  Segment,
  SegmentKind,
  type ServiceCore,
  serviceGeometry,
  signalPublisherChange,
  writeId,
  writeU64,
} from "floe/internal";
import { CompletionSender, SubmissionSender } from "floe/structures";
import type { FieldValues, LinkContent, VectorCase } from "../../spec/vector-cases.ts";
import {
  type BareService,
  collectAll,
  decodeChunk,
  decodeDataSegments,
  decodeLinkWords,
  decodeNodes,
  decodePublishers,
  decodeSubscribers,
  queueShapes,
  takeAll,
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

function qualityOf(header: FieldValues) {
  return {
    bufferSize: numberIn(header, "bufferSize"),
    maxBorrowedSamples: numberIn(header, "maxBorrowedSamples"),
    maxLoanedSamples: numberIn(header, "maxLoanedSamples"),
    maxPublishers: numberIn(header, "maxPublishers"),
    maxSubscribers: numberIn(header, "maxSubscribers"),
    maxNodes: numberIn(header, "maxNodes"),
  };
}

function openCase(name: string): BareService & { readonly expected: VectorCase } {
  const expected = readCase(name);
  const id = expected.segmentHeader.ownerId as Id;
  const opened = openServiceSegment(copyOf(name), id, qualityOf(expected.serviceHeader!));
  assert.ok(opened !== undefined);
  return { ...opened, expected };
}

/** Field names in `spec/layout.ts` become constants of the library: `maxNodes`, `MAX_NODES`. */
async function headerFields(segment: Segment, header: FieldValues): Promise<FieldValues> {
  const internal = (await import("floe/internal")) as unknown as Record<string, number>;
  const found: Record<string, number> = {};
  for (const name of Object.keys(header)) {
    const wordIndex =
      internal[`SERVICE_HEADER_${name.replace(/([A-Z])/g, "_$1").toUpperCase()}_WORD`];
    assert.ok(wordIndex !== undefined, `there is a constant for ${name}`);
    found[name] = segment.words[wordIndex]! >>> 0;
  }
  return found;
}

for (const name of ["service-new", "service-busy"]) {
  test(`${name}: header and tables are read as the vector says`, async () => {
    const service = openCase(name);
    const { expected } = service;
    const header = await headerFields(service.segment, expected.serviceHeader!);
    assert.deepEqual(header, { ...expected.serviceHeader, state: 1 });
    assert.deepEqual(decodeNodes(service), expected.nodes);
    assert.deepEqual(decodePublishers(service), expected.publishers);
    assert.deepEqual(decodeSubscribers(service), expected.subscribers);
    assert.deepEqual(decodeDataSegments(service), expected.dataSegments ?? []);
    service.segment.close();
  });
}

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

/** Makes the segment of `service-new` with the library's own code. */
function writeNewService(path: string): BareService {
  const { segmentHeader, serviceHeader, nodes } = readCase("service-new");
  const geometry = serviceGeometry(newServiceShape(qualityOf(serviceHeader!), 8));
  const id = segmentHeader.ownerId as Id;
  const segment = createServiceSegment(path, id, geometry, PRIVATE_PERMISSIONS, (words) => {
    const word = nodeEntryWord(geometry, 0);
    writeId(words, word + NODE_ENTRY_NODE_ID_WORD, nodes![0]!.nodeId as Id);
    words[word + NODE_ENTRY_STATE_WORD] = EntryState.active;
  });
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

/** A service core of which one node's ports change the tables. */
function coreOfNode(service: BareService, nodeId: unknown): ServiceCore {
  const core = {
    ...service,
    node: { id: nodeId },
    directory,
    change: <T>(change: () => T): T => change(),
    changeInLeaving: (change: () => void): void => change(),
  };
  return core as unknown as ServiceCore;
}

/** Does what leads to the content of a link: connects, sends and gives back. */
function fillLink(service: BareService, link: LinkContent): void {
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
  const secondNode = nodeEntryWord(geometry, 1);
  writeId(segment.words, secondNode + NODE_ENTRY_NODE_ID_WORD, nodes![1]!.nodeId as Id);
  segment.words[secondNode + NODE_ENTRY_STATE_WORD] = EntryState.active;
  for (const { portId, nodeId } of subscribers!) {
    joinAsSubscriber(coreOfNode(service, nodeId), portId as Id);
  }
  for (const [row, { portId, nodeId, state }] of publishers!.entries()) {
    const core = coreOfNode(service, nodeId);
    const place = joinAsPublisher(core, portId as Id);
    signalPublisherChange(core);
    for (const entry of dataSegments!.filter(({ publisherRow }) => publisherRow === row)) {
      const { number, incarnation = 0, chunkCount = 0, chunkStrideBytes = 0 } = entry;
      announceDataSegment(core, row, number, incarnation, { chunkCount, chunkStrideBytes });
    }
    const ours = links!.filter(({ publisherRow }) => publisherRow === row);
    for (const link of ours) fillLink(service, link);
    if (state === "draining") leaveAsPublisher(core, place);
    for (const { subscriberColumn, words } of ours) {
      const word = linkWord(geometry, row, subscriberColumn);
      segment.words[word + LINK_DRAINED_GENERATION_WORD] = numberIn(words, "drainedGeneration");
    }
  }
  segment.close();
  assertSameBytes(readFileSync(path), imageOf("service-busy"));
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
