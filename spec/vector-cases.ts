/**
 * Vector cases: what the golden images contain, in words.
 *
 * Each case becomes an image `spec/vectors/<name>.bin` and, as it stands here, a JSON document that
 * says what a reader must find in the image. Field names are those of `spec/layout.ts`; states are
 * named; ids are 32 hexadecimal digits. Limits are as small as the format allows, so that an image
 * is a few pages and can be looked at with `xxd`.
 */

/** Values of a structure's fields by name; a state is given by its name. */
export type FieldValues = Readonly<Record<string, string | number>>;

/** A filled slot of a submission queue. */
export interface SlotContent {
  readonly tag: number;
  readonly segment: number;
  readonly chunkIndex: number;
}

/** An entry of a publisher's table of data segments. */
export type DataSegmentRow = Readonly<Record<string, number>> & {
  readonly publisherRow: number;
  readonly number: number;
};

/** One link: its words, its slots and the entries of its completion queue. */
export interface LinkContent {
  readonly publisherRow: number;
  readonly subscriberColumn: number;
  readonly words: FieldValues;
  readonly slots: readonly (SlotContent | "empty")[];
  readonly completions: readonly (Omit<SlotContent, "tag"> | "never written")[];
  /** Position of the message that the subscriber must take next. */
  readonly receiverPosition: number;
  /** What it then takes, in order. */
  readonly waiting: readonly Omit<SlotContent, "tag">[];
  /** Position up to which the publisher has collected the completion queue. */
  readonly completionHead: number;
  /** What it then collects, in order. */
  readonly returned: readonly Omit<SlotContent, "tag">[];
}

/** A chunk that has been written. */
export interface ChunkContent {
  readonly chunkIndex: number;
  readonly sequence: number;
  readonly payloadBytes: number;
  /** The payload's first bytes, in UTF-8; the rest is 0. */
  readonly payloadText: string;
}

/** One golden vector. */
export interface VectorCase {
  readonly image: string;
  readonly meaning: string;
  readonly imageBytes: number;
  /** How a reader must refuse the image; absent when it must accept it. */
  readonly refused?: { readonly code: string; readonly because: string };
  readonly segmentHeader: FieldValues;
  readonly serviceHeader?: FieldValues;
  readonly publishSubscribeHeader?: FieldValues;
  readonly nodes?: readonly FieldValues[];
  readonly publishers?: readonly FieldValues[];
  readonly dataSegments?: readonly DataSegmentRow[];
  readonly subscribers?: readonly FieldValues[];
  readonly links?: readonly LinkContent[];
  readonly dataSegmentHeader?: FieldValues;
  readonly chunks?: readonly ChunkContent[];
}

const SERVICE_ID = "00112233445566778899aabbccddeeff";
const NODE_A = "a0000000000000000000000000000001";
const NODE_B = "b0000000000000000000000000000002";
const PUBLISHER_DRAINING = "c0ffee00000000000000000000000003";
const PUBLISHER_ACTIVE = "deadbeefcafef00d0123456789abcdef";
const SUBSCRIBER_FIRST = "fffffffffffffffffffffffffffffff5";
const SUBSCRIBER_SECOND = "80000000000000007fffffff00000006";
const NOBODY = "0".repeat(32);
const MAGIC = "0x454f4c46";

const SERVICE_IMAGE_BYTES = 24_576;
const DATA_IMAGE_BYTES = 4096 + 4 * 256;

function segmentHeader(segmentKind: string, segmentBytes: number, ownerId: string): FieldValues {
  return { magic: MAGIC, formatMajor: 2, formatMinor: 0, segmentKind, segmentBytes, ownerId };
}

/** The node table of both service images. */
const NODE_TABLE: FieldValues = { maxNodes: 2, nodeTableOffset: 4096 };

/** What the creator of both service images chose, and what follows from it. */
const SERVICE_SHAPE: FieldValues = {
  maxPublishers: 1,
  maxSubscribers: 2,
  bufferSize: 4,
  slotStrideBytes: 64,
  completionEntryCount: 8,
  maxBorrowedSamples: 2,
  maxLoanedSamples: 2,
  payloadOffsetBytes: 16,
  linkBytes: 640,
  linkCompletionOffsetBytes: 512,
  publisherTableOffset: 12_288,
  subscriberTableOffset: 8192,
  linkMatrixOffset: 20_480,
  publisherRowCount: 2,
  dataSegmentTableOffset: 16_384,
};

const FREE_NODE: FieldValues = { state: "free", nodeId: NOBODY };
const FREE_PORT: FieldValues = { state: "free", generation: 0, portId: NOBODY, nodeId: NOBODY };

const NEW_SERVICE: VectorCase = {
  image: "service-new.bin",
  meaning: "A service that has just been created: its creator's node has it open, no port joined.",
  imageBytes: SERVICE_IMAGE_BYTES,
  segmentHeader: segmentHeader("publishSubscribe", SERVICE_IMAGE_BYTES, SERVICE_ID),
  serviceHeader: {
    state: "open",
    ...NODE_TABLE,
    generation: 0,
    receiverTopology: 0,
    senderTopology: 0,
  },
  publishSubscribeHeader: SERVICE_SHAPE,
  nodes: [{ state: "active", nodeId: NODE_A }, FREE_NODE],
  publishers: [FREE_PORT, FREE_PORT],
  subscribers: [FREE_PORT, FREE_PORT],
};

const UNUSED_COMPLETIONS = new Array<"never written">(8).fill("never written");

/** The first publisher has closed; the first subscriber has not taken its last message. */
const DRAINING_LINKS: readonly LinkContent[] = [
  {
    publisherRow: 0,
    subscriberColumn: 0,
    words: { connectedGeneration: 1, firstSequence: 1, completionTail: 0, drainedGeneration: 0 },
    slots: [{ tag: 0, segment: 1, chunkIndex: 0 }, "empty", "empty", "empty"],
    completions: UNUSED_COMPLETIONS,
    receiverPosition: 0,
    waiting: [{ segment: 1, chunkIndex: 0 }],
    completionHead: 0,
    returned: [],
  },
  {
    publisherRow: 0,
    subscriberColumn: 1,
    words: {
      connectedGeneration: 2,
      firstSequence: 4_294_967_290,
      completionTail: 1,
      drainedGeneration: 3,
    },
    slots: ["empty", "empty", "empty", "empty"],
    completions: [{ segment: 1, chunkIndex: 0 }, ...UNUSED_COMPLETIONS.slice(1)],
    receiverPosition: 1,
    waiting: [],
    completionHead: 0,
    returned: [{ segment: 1, chunkIndex: 0 }],
  },
];

/** The second publisher is busy: tags wrap in one link, the completion tail in the other. */
const BUSY_LINKS: readonly LinkContent[] = [
  {
    publisherRow: 1,
    subscriberColumn: 0,
    words: {
      connectedGeneration: 1,
      firstSequence: 1,
      completionTail: 4_294_967_295,
      drainedGeneration: 0,
    },
    slots: [
      { tag: 0, segment: 63, chunkIndex: 65_535 },
      "empty",
      { tag: 1023, segment: 3, chunkIndex: 1 },
      { tag: 1023, segment: 3, chunkIndex: 2 },
    ],
    completions: [
      ...UNUSED_COMPLETIONS.slice(0, 4),
      { segment: 3, chunkIndex: 3 },
      { segment: 3, chunkIndex: 0 },
      { segment: 63, chunkIndex: 40_000 },
      "never written",
    ],
    receiverPosition: 4 * 1023 + 2,
    waiting: [
      { segment: 3, chunkIndex: 1 },
      { segment: 3, chunkIndex: 2 },
      { segment: 63, chunkIndex: 65_535 },
    ],
    completionHead: 4_294_967_292,
    returned: [
      { segment: 3, chunkIndex: 3 },
      { segment: 3, chunkIndex: 0 },
      { segment: 63, chunkIndex: 40_000 },
    ],
  },
  {
    publisherRow: 1,
    subscriberColumn: 1,
    words: {
      connectedGeneration: 2,
      firstSequence: 4_294_967_290,
      completionTail: 1,
      drainedGeneration: 0,
    },
    slots: ["empty", { tag: 512, segment: 3, chunkIndex: 2 }, "empty", "empty"],
    completions: [
      { segment: 3, chunkIndex: 0 },
      ...UNUSED_COMPLETIONS.slice(1, 6),
      { segment: 3, chunkIndex: 3 },
      { segment: 3, chunkIndex: 1 },
    ],
    receiverPosition: 4 * 512 + 1,
    waiting: [{ segment: 3, chunkIndex: 2 }],
    completionHead: 4_294_967_294,
    returned: [
      { segment: 3, chunkIndex: 3 },
      { segment: 3, chunkIndex: 1 },
      { segment: 3, chunkIndex: 0 },
    ],
  },
];

const BUSY_SERVICE: VectorCase = {
  image: "service-busy.bin",
  meaning:
    "The same service later: two nodes, two subscribers, a closed publisher whose last message " +
    "waits for the first subscriber, and an active publisher.",
  imageBytes: SERVICE_IMAGE_BYTES,
  segmentHeader: segmentHeader("publishSubscribe", SERVICE_IMAGE_BYTES, SERVICE_ID),
  serviceHeader: {
    state: "open",
    ...NODE_TABLE,
    generation: 4,
    receiverTopology: 2,
    senderTopology: 8,
  },
  publishSubscribeHeader: SERVICE_SHAPE,
  nodes: [
    { state: "active", nodeId: NODE_A },
    { state: "active", nodeId: NODE_B },
  ],
  publishers: [
    { state: "draining", generation: 3, portId: PUBLISHER_DRAINING, nodeId: NODE_A },
    { state: "active", generation: 4, portId: PUBLISHER_ACTIVE, nodeId: NODE_B },
  ],
  dataSegments: [
    { publisherRow: 0, number: 1, incarnation: 1, chunkCount: 1, chunkStrideBytes: 128 },
    { publisherRow: 1, number: 3, incarnation: 2, chunkCount: 4, chunkStrideBytes: 256 },
    {
      publisherRow: 1,
      number: 63,
      incarnation: 4_294_967_295,
      chunkCount: 65_536,
      chunkStrideBytes: 5_368_709_120,
    },
  ],
  subscribers: [
    { state: "active", generation: 1, portId: SUBSCRIBER_FIRST, nodeId: NODE_B },
    { state: "active", generation: 2, portId: SUBSCRIBER_SECOND, nodeId: NODE_A },
  ],
  links: [...DRAINING_LINKS, ...BUSY_LINKS],
};

const DATA_SEGMENT: VectorCase = {
  image: "data-segment.bin",
  meaning:
    "A data segment of the active publisher: four chunks, the last one never used. The third " +
    "chunk's length is only a number: such a payload does not fit and must be refused when taken.",
  imageBytes: DATA_IMAGE_BYTES,
  segmentHeader: segmentHeader("data", DATA_IMAGE_BYTES, PUBLISHER_ACTIVE),
  dataSegmentHeader: { number: 3, incarnation: 2, chunkCount: 4, chunkStrideBytes: 256 },
  chunks: [
    { chunkIndex: 0, sequence: 1, payloadBytes: 5, payloadText: "hello" },
    { chunkIndex: 1, sequence: 1_099_511_627_775, payloadBytes: 0, payloadText: "" },
    {
      chunkIndex: 2,
      sequence: 2_147_483_648,

      payloadBytes: 5_368_709_127,
      payloadText: "more than 4 GiB, zwölf Boxkämpfer",
    },
  ],
};

const FOREIGN_MAJOR: VectorCase = {
  image: "foreign-major.bin",
  meaning: "The beginning of a segment of another major version of the format.",
  imageBytes: 128,
  refused: { code: "FLOE_FORMAT_VERSION", because: "formatMajor is 3" },
  segmentHeader: { ...segmentHeader("publishSubscribe", 128, SERVICE_ID), formatMajor: 3 },
};

const BAD_MAGIC: VectorCase = {
  image: "bad-magic.bin",
  meaning: "A file that is not floe's: the letters stand in the opposite order.",
  imageBytes: 128,
  refused: { code: "FLOE_SERVICE_CORRUPT", because: "magic is not FLOE" },
  segmentHeader: { ...segmentHeader("publishSubscribe", 128, SERVICE_ID), magic: "0x464c4f45" },
};

const TRUNCATED: VectorCase = {
  image: "truncated.bin",
  meaning: "A segment that lost its end: the header records more bytes than the file has.",
  imageBytes: 128,
  refused: { code: "FLOE_SERVICE_CORRUPT", because: "segmentBytes is not the size of the file" },
  segmentHeader: segmentHeader("publishSubscribe", SERVICE_IMAGE_BYTES, SERVICE_ID),
};

/** Every golden vector. */
export const VECTOR_CASES: readonly VectorCase[] = [
  NEW_SERVICE,
  BUSY_SERVICE,
  DATA_SEGMENT,
  FOREIGN_MAJOR,
  BAD_MAGIC,
  TRUNCATED,
];
