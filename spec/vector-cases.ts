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

/** What waits for a listener of an event service to take it. */
export interface EventArea {
  readonly listener: number;
  /** Ids that have been counted; each bit is set whose id has a count. Ascending. */
  readonly counts: readonly { readonly eventId: number; readonly count: number }[];
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
  readonly eventHeader?: FieldValues;
  readonly notifiers?: readonly FieldValues[];
  readonly listeners?: readonly FieldValues[];
  readonly eventAreas?: readonly EventArea[];
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
const LISTENER_FIRST = "10000000000000000000000000000007";
const LISTENER_SECOND = "20000000000000000000000000000008";
const NOTIFIER = "30000000000000000000000000000009";
const NOBODY = "0".repeat(32);
const MAGIC = "0x454f4c46";

const SERVICE_IMAGE_BYTES = 24_576;
const EVENT_IMAGE_BYTES = 20_480;
const DATA_IMAGE_BYTES = 4096 + 4 * 256;

function segmentHeader(segmentKind: string, segmentBytes: number, ownerId: string): FieldValues {
  return { magic: MAGIC, formatMajor: 3, formatMinor: 0, segmentKind, segmentBytes, ownerId };
}

/** The node table of all service images. */
const NODE_TABLE: FieldValues = { maxNodes: 2, nodeTableOffset: 4096 };

/** What the creator of both publish-subscribe images chose, and what follows from it. */
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

/** A port that is awake and has never slept, without a name and a FIFO of its own. */
const QUIET_PORT: FieldValues = {
  nameBytes: 0,
  name: "",
  bell: 0,
  bellToken: 0,
  descriptorBell: 0,
};
const FREE_PORT: FieldValues = {
  state: "free",
  generation: 0,
  portId: NOBODY,
  nodeId: NOBODY,
  ...QUIET_PORT,
};

/** The longest name that fits: 64 bytes, the last four of them one character. */
const LONGEST_NAME = `${"a name of exactly sixty-four bytes, its end being ".padEnd(60, ".")}🔔`;

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
    "The same service later: two nodes, two subscribers, of whom the first sleeps, a closed " +
    "publisher whose last message waits for the first subscriber, and an active publisher.",
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
    {
      state: "draining",
      generation: 3,
      portId: PUBLISHER_DRAINING,
      nodeId: NODE_A,
      ...QUIET_PORT,
      nameBytes: 8,
      name: "Kühlung",
      bellToken: 1,
    },
    {
      state: "active",
      generation: 4,
      portId: PUBLISHER_ACTIVE,
      nodeId: NODE_B,
      ...QUIET_PORT,
      bellToken: 4_294_967_295,
    },
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
    {
      state: "active",
      generation: 1,
      portId: SUBSCRIBER_FIRST,
      nodeId: NODE_B,
      ...QUIET_PORT,
      nameBytes: 64,
      name: LONGEST_NAME,
      // It has slept twice, and sleeps on its node's FIFO for the third time.
      bell: 3 * 8 + 2,
      bellToken: 2,
    },
    {
      state: "active",
      generation: 2,
      portId: SUBSCRIBER_SECOND,
      nodeId: NODE_A,
      ...QUIET_PORT,
      nameBytes: 7,
      name: "display",
    },
  ],
  links: [...DRAINING_LINKS, ...BUSY_LINKS],
};

const EVENT_SERVICE: VectorCase = {
  image: "event-service.bin",
  meaning:
    "An event service with a deadline and two notices: two nodes, a notifier, and two listeners. " +
    "The first one's futex is about to be woken: events wait for it, of which one has happened " +
    "more than 2^32 times. The second one sleeps in its event loop and has a FIFO of its own.",
  imageBytes: EVENT_IMAGE_BYTES,
  segmentHeader: segmentHeader("event", EVENT_IMAGE_BYTES, SERVICE_ID),
  serviceHeader: {
    state: "open",
    ...NODE_TABLE,
    generation: 3,
    receiverTopology: 2,
    senderTopology: 1,
  },
  eventHeader: {
    maxNotifiers: 2,
    maxListeners: 2,
    eventIdMax: 39,
    deadlineMs: 1500,
    createdEventId: 1,
    droppedEventId: 0,
    deadEventId: 40,
    eventAreaBytes: 512,
    eventCountsOffsetBytes: 128,
    notifierTableOffset: 12_288,
    listenerTableOffset: 8192,
    eventAreasOffset: 16_384,
    lastNotificationTick: 4_294_967_000,
  },
  nodes: [
    { state: "active", nodeId: NODE_A },
    { state: "active", nodeId: NODE_B },
  ],
  notifiers: [
    {
      state: "active",
      generation: 3,
      portId: NOTIFIER,
      nodeId: NODE_B,
      ...QUIET_PORT,
      nameBytes: 9,
      name: "扉の鈴",
      bellToken: 7,
    },
    FREE_PORT,
  ],
  listeners: [
    {
      state: "active",
      generation: 1,
      portId: LISTENER_FIRST,
      nodeId: NODE_A,
      ...QUIET_PORT,
      // The last number before they begin anew, blocked and ringing.
      bell: (2 ** 29 - 1) * 8 + 1 + 4,
    },
    {
      state: "active",
      generation: 2,
      portId: LISTENER_SECOND,
      nodeId: NODE_B,
      ...QUIET_PORT,
      nameBytes: 4,
      name: "hall",
      bell: 1 * 8 + 2,
      bellToken: 65_536,
      descriptorBell: 1,
    },
  ],
  eventAreas: [
    {
      listener: 0,
      counts: [
        { eventId: 0, count: 1 },
        { eventId: 31, count: 3 },
        { eventId: 32, count: 4_294_967_298 },
        { eventId: 39, count: 2 },
      ],
    },
    { listener: 1, counts: [] },
  ],
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
  refused: { code: "FLOE_FORMAT_VERSION", because: "formatMajor is 4" },
  segmentHeader: { ...segmentHeader("publishSubscribe", 128, SERVICE_ID), formatMajor: 4 },
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
  EVENT_SERVICE,
  DATA_SEGMENT,
  FOREIGN_MAJOR,
  BAD_MAGIC,
  TRUNCATED,
];
