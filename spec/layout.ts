/**
 * The memory format of floe: every layout number, once.
 *
 * Everything else is made from this file by `npm run generate`: the descriptors in
 * `packages/floe/src/layout/`, the tables in `spec/memory-layout.md` and the golden images in
 * `spec/vectors/`. All numbers are little-endian. A field's `owner` is the one role that writes it
 * while it is alive; `spec/recovery.md` says who may do so after its death.
 */

/** Version of the format: another major number cannot be read, another minor one can. */
export const FORMAT_MAJOR = 1;
export const FORMAT_MINOR = 0;

/** How a field's bytes are to be understood. */
export type FieldKind = "u32" | "u64" | "id128" | "word";

/** One field of a structure; `word` is a 32-bit unit that processes race for. */
export interface FieldSpec {
  readonly name: string;
  readonly kind: FieldKind;
  readonly offsetBytes: number;
  readonly owner: string;
  readonly meaning: string;
}

/** A structure at a fixed place or repeated in a table. */
export interface StructureSpec {
  readonly name: string;
  readonly sizeBytes: number;
  readonly meaning: string;
  readonly fields: readonly FieldSpec[];
}

/** A set of named values of a word. */
export interface StateSpec {
  readonly name: string;
  readonly meaning: string;
  readonly values: Readonly<Record<string, { readonly value: number; readonly meaning: string }>>;
}

/** Numbers that belong to no single structure. */
export const CONSTANTS: Readonly<Record<string, { readonly value: number; readonly meaning: string }>> = {
  formatMajor: { value: FORMAT_MAJOR, meaning: "Must be equal in all processes of a service." },
  formatMinor: { value: FORMAT_MINOR, meaning: "May differ; a reader ignores what it does not know." },
  segmentMagic: { value: 0x454f4c46, meaning: "The letters FLOE, first in every segment." },
  contendedBytes: { value: 128, meaning: "Distance that keeps two contended words apart: two cache lines." },
  pageBytes: { value: 4096, meaning: "Granularity in which tables are backed by memory." },
  descriptorBits: { value: 22, meaning: "Bits of a submission slot that hold the chunk descriptor." },
  descriptorIndexBits: { value: 16, meaning: "Low bits of a descriptor: the chunk's index in its data segment; the bits above are the number of the data segment." },
  tagBits: { value: 10, meaning: "High bits of a submission slot: the lap in which it was filled, modulo 2^10." },
  dataSegmentNumberMax: { value: 63, meaning: "Data segments of a publisher are numbered 1 to 63; 0 marks an empty slot." },
  dataSegmentFirstChunkBytes: { value: 4096, meaning: "Offset of the first chunk in a data segment." },
  chunkAlignmentBytes: { value: 128, meaning: "Chunks begin at multiples of this." },
};

const header: StructureSpec = {
  name: "segmentHeader",
  sizeBytes: 128,
  meaning: "First in every segment, whatever it holds.",
  fields: [
    { name: "magic", kind: "u32", offsetBytes: 0, owner: "creator", meaning: "The constant segmentMagic." },
    { name: "formatMajor", kind: "u32", offsetBytes: 4, owner: "creator", meaning: "The constant formatMajor." },
    { name: "formatMinor", kind: "u32", offsetBytes: 8, owner: "creator", meaning: "The constant formatMinor." },
    { name: "segmentKind", kind: "u32", offsetBytes: 12, owner: "creator", meaning: "A value of SegmentKind." },
    { name: "segmentBytes", kind: "u64", offsetBytes: 16, owner: "creator", meaning: "Size of the whole file." },
    { name: "ownerId", kind: "id128", offsetBytes: 32, owner: "creator", meaning: "Id of the service, or of the publisher whose data this is." },
  ],
};

const service: StructureSpec = {
  name: "serviceHeader",
  sizeBytes: 4096,
  meaning: "The first page of a publish-subscribe service's segment; the segment header is its beginning.",
  fields: [
    { name: "state", kind: "word", offsetBytes: 128, owner: "control lock", meaning: "A value of ServiceState." },
    { name: "maxNodes", kind: "u32", offsetBytes: 132, owner: "creator", meaning: "Entries of the node table." },
    { name: "maxPublishers", kind: "u32", offsetBytes: 136, owner: "creator", meaning: "Publishers that may be open at a time." },
    { name: "maxSubscribers", kind: "u32", offsetBytes: 140, owner: "creator", meaning: "Entries of the subscriber table; columns of the link matrix." },
    { name: "bufferSize", kind: "u32", offsetBytes: 144, owner: "creator", meaning: "Slots of a link's submission queue." },
    { name: "slotStrideBytes", kind: "u32", offsetBytes: 148, owner: "creator", meaning: "Distance of two slots." },
    { name: "completionEntryCount", kind: "u32", offsetBytes: 152, owner: "creator", meaning: "Entries of a link's completion queue, a power of two." },
    { name: "maxBorrowedSamples", kind: "u32", offsetBytes: 156, owner: "creator", meaning: "Samples that a subscriber may hold of one publisher." },
    { name: "maxLoanedSamples", kind: "u32", offsetBytes: 160, owner: "creator", meaning: "Loans that a publisher may hold." },
    { name: "payloadOffsetBytes", kind: "u32", offsetBytes: 164, owner: "creator", meaning: "Distance from a chunk's beginning to its payload." },
    { name: "linkBytes", kind: "u32", offsetBytes: 168, owner: "creator", meaning: "Size of a link, a multiple of contendedBytes." },
    { name: "linkCompletionOffsetBytes", kind: "u32", offsetBytes: 172, owner: "creator", meaning: "Offset of the completion entries in a link." },
    { name: "nodeTableOffset", kind: "u64", offsetBytes: 176, owner: "creator", meaning: "Where the node table begins." },
    { name: "publisherTableOffset", kind: "u64", offsetBytes: 184, owner: "creator", meaning: "Where the publisher table begins." },
    { name: "dataSegmentTableOffset", kind: "u64", offsetBytes: 216, owner: "creator", meaning: "Where the tables of data segments begin, 64 entries a publisher." },
    { name: "subscriberTableOffset", kind: "u64", offsetBytes: 192, owner: "creator", meaning: "Where the subscriber table begins." },
    { name: "linkMatrixOffset", kind: "u64", offsetBytes: 200, owner: "creator", meaning: "Where the links begin: row by row, a row a publisher." },
    { name: "generation", kind: "u32", offsetBytes: 208, owner: "control lock", meaning: "Last generation given to a port; each joining port takes the next, never 0." },
    { name: "publisherRowCount", kind: "u32", offsetBytes: 212, owner: "creator", meaning: "Entries of the publisher table and rows of the link matrix: more than maxPublishers, so that closed publishers that are still being drained do not keep new ones out." },
    { name: "subscriberTopology", kind: "word", offsetBytes: 256, owner: "control lock", meaning: "Counts changes of the subscriber table; publishers watch it." },
    { name: "publisherTopology", kind: "word", offsetBytes: 384, owner: "any publisher", meaning: "Counts changes of publishers, their links and data segments; subscribers watch it." },
  ],
};

const nodeEntry: StructureSpec = {
  name: "nodeEntry",
  sizeBytes: 64,
  meaning: "A node that has the service open.",
  fields: [
    { name: "state", kind: "word", offsetBytes: 0, owner: "control lock", meaning: "A value of EntryState: free or active." },
    { name: "nodeId", kind: "id128", offsetBytes: 16, owner: "node", meaning: "Who it is." },
  ],
};

const publisherEntry: StructureSpec = {
  name: "publisherEntry",
  sizeBytes: 128,
  meaning: "A publisher.",
  fields: [
    { name: "state", kind: "word", offsetBytes: 0, owner: "control lock", meaning: "A value of EntryState." },
    { name: "generation", kind: "u32", offsetBytes: 4, owner: "publisher", meaning: "Distinguishes it from earlier publishers in this entry." },
    { name: "portId", kind: "id128", offsetBytes: 16, owner: "publisher", meaning: "Names its data segments." },
    { name: "nodeId", kind: "id128", offsetBytes: 32, owner: "publisher", meaning: "The node it belongs to." },
  ],
};

const dataSegmentEntry: StructureSpec = {
  name: "dataSegmentEntry",
  sizeBytes: 32,
  meaning: "What a receiver must know to map a data segment of a publisher.",
  fields: [
    { name: "incarnation", kind: "word", offsetBytes: 0, owner: "publisher", meaning: "0: absent. Else counts the files that had this number; part of the file's name." },
    { name: "chunkCount", kind: "u32", offsetBytes: 4, owner: "publisher", meaning: "Chunks in the segment, 1 to 65536." },
    { name: "chunkStrideBytes", kind: "u64", offsetBytes: 8, owner: "publisher", meaning: "Distance of two chunks." },
  ],
};

const subscriberEntry: StructureSpec = {
  name: "subscriberEntry",
  sizeBytes: 256,
  meaning: "A subscriber.",
  fields: [
    { name: "state", kind: "word", offsetBytes: 0, owner: "control lock", meaning: "A value of EntryState: free or active." },
    { name: "generation", kind: "u32", offsetBytes: 4, owner: "subscriber", meaning: "Distinguishes it from earlier subscribers in this entry." },
    { name: "portId", kind: "id128", offsetBytes: 16, owner: "subscriber", meaning: "Who it is." },
    { name: "nodeId", kind: "id128", offsetBytes: 32, owner: "subscriber", meaning: "The node it belongs to." },
  ],
};

const link: StructureSpec = {
  name: "link",
  sizeBytes: 256,
  meaning: "The way from one publisher to one subscriber and back. The submission slots follow at 256, the completion entries at the service's linkCompletionOffsetBytes.",
  fields: [
    { name: "connectedGeneration", kind: "word", offsetBytes: 0, owner: "publisher", meaning: "Generation of the subscriber that is served; 0: nobody." },
    { name: "completionTail", kind: "word", offsetBytes: 128, owner: "subscriber", meaning: "Counts the chunks given back, modulo 2^32." },
    { name: "drainedGeneration", kind: "word", offsetBytes: 132, owner: "subscriber", meaning: "Generation of the closed publisher from whom this subscriber needs nothing more." },
  ],
};

const chunkHeader: StructureSpec = {
  name: "chunkHeader",
  sizeBytes: 16,
  meaning: "Before every payload.",
  fields: [
    { name: "sequence", kind: "u32", offsetBytes: 0, owner: "publisher", meaning: "Counts the publisher's messages from 1, modulo 2^32." },
    { name: "flags", kind: "u32", offsetBytes: 4, owner: "publisher", meaning: "Reserved, 0." },
    { name: "payloadBytes", kind: "u64", offsetBytes: 8, owner: "publisher", meaning: "Length of the payload." },
  ],
};

const dataSegmentHeader: StructureSpec = {
  name: "dataSegmentHeader",
  sizeBytes: 4096,
  meaning: "The first page of a data segment; the segment header is its beginning, the chunks follow.",
  fields: [
    { name: "number", kind: "u32", offsetBytes: 128, owner: "creator", meaning: "Its number, 1 to 63." },
    { name: "incarnation", kind: "u32", offsetBytes: 132, owner: "creator", meaning: "Which of the files with this number." },
    { name: "chunkCount", kind: "u32", offsetBytes: 136, owner: "creator", meaning: "Chunks in the segment." },
    { name: "chunkStrideBytes", kind: "u64", offsetBytes: 144, owner: "creator", meaning: "Distance of two chunks." },
  ],
};

/** Every structure of the format. */
export const STRUCTURES: readonly StructureSpec[] = [
  header,
  service,
  nodeEntry,
  publisherEntry,
  dataSegmentEntry,
  subscriberEntry,
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
    },
  },
  {
    name: "serviceState",
    meaning: "Whether a service may be joined.",
    values: {
      open: { value: 1, meaning: "It may." },
      removed: { value: 2, meaning: "Its last node has left and its files are being removed; look again." },
    },
  },
  {
    name: "entryState",
    meaning: "Who uses an entry of a table.",
    values: {
      free: { value: 0, meaning: "Nobody." },
      joining: { value: 1, meaning: "Somebody is filling it in; not to be looked at." },
      active: { value: 2, meaning: "A living port or node." },
      draining: { value: 3, meaning: "A closed publisher whose messages have not all been taken." },
    },
  },
];
