/**
 * The memory format of floe: every layout number, once.
 *
 * Everything else is made from this file by `npm run generate`: the descriptors in
 * `packages/floe/src/layout/`, the tables in `spec/memory-layout.md` and the golden images in
 * `spec/vectors/`. All numbers are little-endian. A field's `owner` is the one role that writes it
 * while it is alive; `spec/recovery.md` says who may do so after its death. What must hold of these
 * numbers, so that no field overlaps another and no two processes fight for a cache line, is
 * checked by `spec/checks.ts` before anything is generated.
 */

/** Version of the format: another major number cannot be read, another minor one can. */
export const FORMAT_MAJOR = 3;
export const FORMAT_MINOR = 0;

/** How a field's bytes are to be understood; a `word` is a u32 that changes after creation. */
export type FieldKind = "u32" | "u64" | "id128" | "text64" | "word";

/** Bytes that a field of each kind takes. */
export const KIND_BYTES: Readonly<Record<FieldKind, number>> = {
  u32: 4,
  u64: 8,
  id128: 16,
  text64: 64,
  word: 4,
};

/** Bytes to whose multiples a field of each kind is aligned: an id and a text are words. */
export const KIND_ALIGNMENT_BYTES: Readonly<Record<FieldKind, number>> = {
  ...KIND_BYTES,
  id128: 16,
  text64: 4,
};

/** Who writes a field. `control lock`: whoever holds the lock of the service's directory. */
export type Owner =
  | "creator"
  | "control lock"
  | "node"
  | "port"
  | "publisher"
  | "subscriber"
  | "any sender";

/** One field of a structure. */
export interface FieldSpec {
  readonly name: string;
  readonly kind: FieldKind;
  readonly offsetBytes: number;
  readonly owner: Owner;
  readonly meaning: string;
}

/** A structure at a fixed place or repeated in a table. */
export interface StructureSpec {
  readonly name: string;
  readonly sizeBytes: number;
  readonly meaning: string;
  /** Name of the structure that this one begins with. */
  readonly beginsWith?: string;
  /** Set when it is repeated, one after the other, in a table. */
  readonly isRepeated?: true;
  /** Why words of different instances may share `contendedBytes` all the same. */
  readonly mayShareLines?: string;
  readonly fields: readonly FieldSpec[];
}

/** A named number with its meaning. */
export interface NumberSpec {
  readonly value: number;
  readonly meaning: string;
  /** Set when it is to be written in hexadecimal. */
  readonly isHexadecimal?: true;
}

/** A set of named values of a word. */
export interface StateSpec {
  readonly name: string;
  readonly meaning: string;
  readonly values: Readonly<Record<string, NumberSpec>>;
}

/** A part of a word, from the most significant bit down. */
export interface BitFieldSpec {
  readonly name: string;
  readonly bits: number;
  readonly meaning: string;
}

function field(kind: FieldKind) {
  return (name: string, offsetBytes: number, owner: Owner, meaning: string): FieldSpec => ({
    name,
    kind,
    offsetBytes,
    owner,
    meaning,
  });
}

const word = field("word");
const u32 = field("u32");
const u64 = field("u64");
const id128 = field("id128");
const text64 = field("text64");

const TAG_BITS = 10;
const SEGMENT_NUMBER_BITS = 6;
const CHUNK_INDEX_BITS = 16;

/** The word of a submission slot; a completion entry is the same without the tag. */
export const SUBMISSION_SLOT: readonly BitFieldSpec[] = [
  {
    name: "tag",
    bits: TAG_BITS,
    meaning: "The lap in which the slot was filled, modulo 2^10; 0 in a completion entry.",
  },
  {
    name: "segment",
    bits: SEGMENT_NUMBER_BITS,
    meaning: "Number of the data segment, 1 to 63; so that the word of a filled slot is never 0.",
  },
  { name: "chunk index", bits: CHUNK_INDEX_BITS, meaning: "Index of the chunk in its segment." },
];

const CONTENDED_BYTES = 128;
const LINK_BYTES = 256;
const DATA_SEGMENT_ENTRY_BYTES = 32;
const DATA_SEGMENT_NUMBER_MAX = 2 ** SEGMENT_NUMBER_BITS - 1;

/** Numbers that belong to no single structure. */
export const CONSTANTS: Readonly<Record<string, NumberSpec>> = {
  formatMajor: { value: FORMAT_MAJOR, meaning: "Must be equal in all processes of a service." },
  formatMinor: {
    value: FORMAT_MINOR,
    meaning: "May differ; a reader ignores what it does not know.",
  },
  segmentMagic: {
    value: 0x454f4c46,
    meaning: "The letters FLOE, first in every segment.",
    isHexadecimal: true,
  },
  contendedBytes: {
    value: CONTENDED_BYTES,
    meaning: "Distance that keeps two contended words apart: two cache lines.",
  },
  pageBytes: { value: 4096, meaning: "Granularity in which tables are backed by memory." },
  descriptorBits: {
    value: SEGMENT_NUMBER_BITS + CHUNK_INDEX_BITS,
    meaning: "Low bits of a submission slot: the chunk descriptor.",
  },
  descriptorIndexBits: {
    value: CHUNK_INDEX_BITS,
    meaning:
      "Low bits of a descriptor: the chunk's index in its data segment; the bits above are the " +
      "number of the data segment.",
  },
  tagBits: {
    value: TAG_BITS,
    meaning: "High bits of a submission slot: the lap in which it was filled, modulo 2^10.",
  },
  dataSegmentNumberMax: {
    value: DATA_SEGMENT_NUMBER_MAX,
    meaning: "Data segments of a publisher are numbered 1 to 63; 0 marks an empty slot.",
  },
  dataSegmentRowBytes: {
    value: (DATA_SEGMENT_NUMBER_MAX + 1) * DATA_SEGMENT_ENTRY_BYTES,
    meaning: "Size of a publisher's table of data segments: 64 entries, the first one unused.",
  },
  dataSegmentFirstChunkBytes: {
    value: 4096,
    meaning: "Offset of the first chunk in a data segment.",
  },
  chunkAlignmentBytes: {
    value: 128,
    meaning: "Chunks begin at multiples of this; so the distance of two chunks is one.",
  },
  linkSlotsOffsetBytes: {
    value: LINK_BYTES,
    meaning: "Offset of the submission slots in a link: right after the link's own words.",
  },
};

const header: StructureSpec = {
  name: "segmentHeader",
  sizeBytes: 128,
  meaning: "The beginning of every segment, whatever it holds.",
  fields: [
    u32("magic", 0, "creator", "The constant segmentMagic."),
    u32("formatMajor", 4, "creator", "The constant formatMajor."),
    u32("formatMinor", 8, "creator", "The constant formatMinor."),
    u32("segmentKind", 12, "creator", "A value of SegmentKind."),
    u64("segmentBytes", 16, "creator", "Size of the whole file."),
    id128("ownerId", 32, "creator", "Id of the service, or of the publisher whose data this is."),
  ],
};

const service: StructureSpec = {
  name: "serviceHeader",
  sizeBytes: 512,
  meaning: "The beginning of a service's segment, whatever the pattern.",
  beginsWith: "segmentHeader",
  fields: [
    word("state", 128, "control lock", "A value of ServiceState."),
    u32("maxNodes", 132, "creator", "Entries of the node table."),
    u64("nodeTableOffset", 136, "creator", "Where the node table begins."),
    word(
      "generation",
      144,
      "control lock",
      "Last generation given to a port; each joining port takes the next, never 0.",
    ),
    word(
      "receiverTopology",
      256,
      "control lock",
      "Counts changes of subscribers or listeners and, added by any subscriber without the lock, " +
        "links that it gives up; senders watch it.",
    ),
    word(
      "senderTopology",
      384,
      "any sender",
      "Counts changes of publishers, their links and data segments, or of notifiers; receivers " +
        "watch it.",
    ),
  ],
};

const publishSubscribe: StructureSpec = {
  name: "publishSubscribeHeader",
  sizeBytes: 4096,
  meaning: "The first page of a publish-subscribe service's segment.",
  beginsWith: "serviceHeader",
  fields: [
    u32("maxPublishers", 512, "creator", "Publishers that may be open at a time."),
    u32(
      "publisherRowCount",
      516,
      "creator",
      "Entries of the publisher table and rows of the link matrix: more than maxPublishers, so " +
        "that closed publishers that are still being drained do not keep new ones out.",
    ),
    u32(
      "maxSubscribers",
      520,
      "creator",
      "Entries of the subscriber table; columns of the link matrix.",
    ),
    u32("bufferSize", 524, "creator", "Slots of a link's submission queue."),
    u32("slotStrideBytes", 528, "creator", "Distance of two slots."),
    u32(
      "completionEntryCount",
      532,
      "creator",
      "Entries of a link's completion queue, a power of two.",
    ),
    u32(
      "maxBorrowedSamples",
      536,
      "creator",
      "Samples that a subscriber may hold of one publisher.",
    ),
    u32("maxLoanedSamples", 540, "creator", "Loans that a publisher may hold."),
    u32("payloadOffsetBytes", 544, "creator", "Distance from a chunk's beginning to its payload."),
    u32("linkBytes", 548, "creator", "Size of a link, a multiple of contendedBytes."),
    u32(
      "linkCompletionOffsetBytes",
      552,
      "creator",
      "Offset of the completion entries in a link, a multiple of contendedBytes.",
    ),
    u64("publisherTableOffset", 560, "creator", "Where the publisher table begins."),
    u64("subscriberTableOffset", 568, "creator", "Where the subscriber table begins."),
    u64(
      "dataSegmentTableOffset",
      576,
      "creator",
      "Where the tables of data segments begin, 64 entries for each publisher.",
    ),
    u64(
      "linkMatrixOffset",
      584,
      "creator",
      "Where the links begin: row by row, a row for each publisher.",
    ),
  ],
};

const event: StructureSpec = {
  name: "eventHeader",
  sizeBytes: 4096,
  meaning: "The first page of an event service's segment.",
  beginsWith: "serviceHeader",
  fields: [
    u32("maxNotifiers", 512, "creator", "Entries of the notifier table."),
    u32("maxListeners", 516, "creator", "Entries of the listener table; areas of counts."),
    u32("eventIdMax", 520, "creator", "Greatest event id."),
    u32("deadlineMs", 524, "creator", "Milliseconds between two notifications; 0: no deadline."),
    u32("createdEventId", 528, "creator", "Sent when a notifier is made: the id plus 1; 0: none."),
    u32("droppedEventId", 532, "creator", "Sent when a notifier is closed, in the same way."),
    u32("deadEventId", 536, "creator", "Sent when a dead notifier is found, in the same way."),
    u32(
      "eventAreaBytes",
      540,
      "creator",
      "Distance of two listeners' areas of counts, a multiple of contendedBytes.",
    ),
    u32(
      "eventCountsOffsetBytes",
      544,
      "creator",
      "Offset of the counts in an area; before them stands a bit for each id, in words.",
    ),
    u64("notifierTableOffset", 552, "creator", "Where the notifier table begins."),
    u64("listenerTableOffset", 560, "creator", "Where the listener table begins."),
    u64("eventAreasOffset", 568, "creator", "Where the areas of counts begin, one a listener."),
    word(
      "lastNotificationTick",
      640,
      "any sender",
      "When anybody notified last: tenths of a millisecond of the monotonic clock, modulo 2^32.",
    ),
  ],
};

const nodeEntry: StructureSpec = {
  name: "nodeEntry",
  sizeBytes: 64,
  meaning: "A node that has the service open.",
  isRepeated: true,
  mayShareLines: "Touched under the control lock only, never while messages are sent.",
  fields: [
    word("state", 0, "control lock", "A value of EntryState: free or active."),
    id128("nodeId", 16, "node", "Who it is."),
  ],
};

const portEntry: StructureSpec = {
  name: "portEntry",
  sizeBytes: 256,
  meaning:
    "A port: a publisher, subscriber, notifier or listener, each kind in a table of its own.",
  isRepeated: true,
  fields: [
    word("state", 0, "control lock", "A value of EntryState."),
    u32("generation", 4, "port", "Distinguishes it from earlier ports in this entry."),
    id128("portId", 16, "port", "Who it is; a publisher's names its data segments."),
    id128("nodeId", 32, "port", "The node it belongs to."),
    u32("nameBytes", 48, "port", "Length of its name, 0 to 64."),
    text64("name", 52, "port", "A name for people, in UTF-8."),
    word(
      "bell",
      128,
      "port",
      "How the port waits: bits of Bell, and above them the number of the wait. Who has something " +
        "for a port that sleeps rings it and clears the three lowest bits.",
    ),
    u32("bellToken", 132, "port", "What is written into the node's FIFO to ring this port."),
    word(
      "descriptorBell",
      136,
      "port",
      "1 when the port has a FIFO of its own, into which every sender writes a byte; 0: none.",
    ),
  ],
};

const dataSegmentEntry: StructureSpec = {
  name: "dataSegmentEntry",
  sizeBytes: DATA_SEGMENT_ENTRY_BYTES,
  meaning: "What a receiver must know to map a data segment of a publisher.",
  isRepeated: true,
  mayShareLines: "All entries of a row are written by the one publisher whose row it is.",
  fields: [
    word(
      "incarnation",
      0,
      "publisher",
      "0: absent. Else counts the files that had this number; part of the file's name.",
    ),
    u32("chunkCount", 4, "publisher", "Chunks in the segment, 1 to 65536."),
    u64("chunkStrideBytes", 8, "publisher", "Distance of two chunks."),
  ],
};

const link: StructureSpec = {
  name: "link",
  sizeBytes: LINK_BYTES,
  meaning:
    "The way from one publisher to one subscriber and back. The submission slots follow at " +
    "linkSlotsOffsetBytes, the completion entries at the service's linkCompletionOffsetBytes.",
  isRepeated: true,
  fields: [
    word(
      "connectedGeneration",
      0,
      "publisher",
      "Generation of the subscriber that is served; 0: nobody.",
    ),
    u64(
      "firstSequence",
      8,
      "publisher",
      "Sequence number of the first message on this link; what is missing from it on was missed.",
    ),
    word("completionTail", 128, "subscriber", "Counts the chunks given back, modulo 2^32."),
    word(
      "drainedGeneration",
      132,
      "subscriber",
      "Generation of the closed publisher from whom this subscriber needs nothing more.",
    ),
  ],
};

const chunkHeader: StructureSpec = {
  name: "chunkHeader",
  sizeBytes: 16,
  meaning: "The beginning of every chunk; the payload follows at the service's payloadOffsetBytes.",
  fields: [
    u64("sequence", 0, "publisher", "Counts the publisher's messages from 1."),
    u64("payloadBytes", 8, "publisher", "Length of the payload."),
  ],
};

const dataSegmentHeader: StructureSpec = {
  name: "dataSegmentHeader",
  sizeBytes: 4096,
  meaning: "The first page of a data segment; the chunks follow.",
  beginsWith: "segmentHeader",
  fields: [
    u32("number", 128, "creator", "Its number, 1 to 63."),
    u32("incarnation", 132, "creator", "Which of the files with this number."),
    u32("chunkCount", 136, "creator", "Chunks in the segment, 1 to 65536."),
    u64("chunkStrideBytes", 144, "creator", "Distance of two chunks."),
  ],
};

/** Every structure of the format. */
export const STRUCTURES: readonly StructureSpec[] = [
  header,
  service,
  publishSubscribe,
  event,
  nodeEntry,
  portEntry,
  dataSegmentEntry,
  link,
  dataSegmentHeader,
  chunkHeader,
];

/** Every set of named values. */
export const STATES: readonly StateSpec[] = [
  {
    name: "segmentKind",
    meaning: "What a segment holds.",
    values: {
      publishSubscribe: { value: 1, meaning: "Tables and links of a publish-subscribe service." },
      data: { value: 2, meaning: "Chunks of one publisher." },
      event: { value: 3, meaning: "Tables and counts of an event service." },
    },
  },
  {
    name: "serviceState",
    meaning: "Whether a service may be joined.",
    values: {
      open: { value: 1, meaning: "It may." },
      removed: {
        value: 2,
        meaning: "Its last node has left and its files are being removed; look again.",
      },
    },
  },
  {
    name: "entryState",
    meaning: "Who uses an entry of a table.",
    values: {
      free: { value: 0, meaning: "Nobody." },
      joining: { value: 1, meaning: "Somebody is filling it in; not to be looked at." },
      active: { value: 2, meaning: "A living port or node." },
      draining: {
        value: 3,
        meaning: "A closed publisher whose messages have not all been taken.",
      },
      orphaned: {
        value: 4,
        meaning: "The same of a publisher that did not close: its node died.",
      },
      ejected: {
        value: 5,
        meaning: "A subscriber that lives and does not take its messages: it gets no more.",
      },
    },
  },
  {
    name: "bell",
    meaning: "Bits of a port's bell; none of the lower two: it is awake, and need not be rung.",
    values: {
      blocked: { value: 1, meaning: "It sleeps on the bell itself, as a futex." },
      loop: { value: 2, meaning: "It sleeps on its node's FIFO, in an event loop or in ppoll." },
      ringing: { value: 4, meaning: "Somebody is about to ring it." },
      waitNumber: { value: 8, meaning: "The unit in which waits are counted." },
    },
  },
];
