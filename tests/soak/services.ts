/**
 * The services of the soak: of every payload, from the smallest queue to a stream, from 1 byte to
 * 4 MiB, with room for many and for few. A *passing* service is left alone by those who stay, so it
 * is made and removed again and again, and its makers and removers are killed over it.
 */
import {
  array,
  type EventLimits,
  type EventNotices,
  type EventService,
  type Node,
  type PublishSubscribe,
  type Quality,
  rawBytes,
  struct,
  u32,
} from "floe";

/** A message of the services of structs; what its words hold is said in pattern.ts. */
export const Soaked = struct("Soaked", { base: u32, words: array(u32, 14) });

/** Words of a {@link Soaked} after its first. */
export const SOAKED_WORDS = 14;

/** A publish-subscribe service of the soak. */
export interface MessageService {
  readonly kind: "messages";
  readonly name: string;
  readonly quality: Quality;
  /** Lengths of its messages, any of them equally likely; none when they are structs. */
  readonly lengthsBytes: readonly number[] | undefined;
  /** Messages that a publisher sends at most before it looks after something else. */
  readonly burstMax: number;
  /** After how many milliseconds its publishers eject who takes nothing. */
  readonly ejectAfterMs: number | undefined;
  readonly isPassing: boolean;
}

/** An event service of the soak. */
export interface NoticeService {
  readonly kind: "notices";
  readonly name: string;
  readonly limits: EventLimits;
  readonly notices: EventNotices;
  readonly isPassing: boolean;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Nodes for whom there is room in all services but the narrow ones. */
const NODES = 24;

const ROOMY: Quality = {
  bufferSize: 8,
  maxBorrowedSamples: 8,
  maxLoanedSamples: 4,
  maxPublishers: 16,
  maxSubscribers: 16,
  maxNodes: NODES,
};

/** The publish-subscribe services. */
export const MESSAGE_SERVICES: readonly MessageService[] = [
  service("structs", {}, undefined, 12),
  service(
    "one slot",
    { bufferSize: 1, maxBorrowedSamples: 1, maxLoanedSamples: 1, maxPublishers: 4 },
    undefined,
    3,
  ),
  service("stream", { bufferSize: 256, maxBorrowedSamples: 64 }, undefined, 40),
  service("bytes", { bufferSize: 16 }, [1, 3, 17, 64, 200, KiB, 5000, 16 * KiB, 64 * KiB], 6),
  service(
    "large",
    { bufferSize: 2, maxBorrowedSamples: 2, maxPublishers: 4, maxSubscribers: 5 },
    [64 * KiB, 64 * KiB, 64 * KiB, 100_000, 256 * KiB, 300_001, MiB, 4 * MiB],
    1,
  ),
  service(
    "narrow",
    { bufferSize: 3, maxBorrowedSamples: 2, maxPublishers: 2, maxSubscribers: 2, maxNodes: 4 },
    [1, 2, 300],
    4,
  ),
  {
    ...service("passing", { bufferSize: 4, maxNodes: 6 }, [1, 900, 40 * KiB], 4),
    ejectAfterMs: 200,
    isPassing: true,
  },
];

function service(
  name: string,
  quality: Partial<Quality>,
  lengthsBytes: readonly number[] | undefined,
  burstMax: number,
): MessageService {
  const full = { ...ROOMY, ...quality };
  return {
    kind: "messages",
    name,
    quality: full,
    lengthsBytes,
    burstMax,
    ejectAfterMs: undefined,
    isPassing: false,
  };
}

const SILENT: EventNotices = {
  deadline: null,
  createdEventId: null,
  droppedEventId: null,
  deadEventId: null,
};

/** The event services. */
export const NOTICE_SERVICES: readonly NoticeService[] = [
  {
    kind: "notices",
    name: "many ids",
    limits: { eventIdMax: 255, maxNotifiers: 16, maxListeners: 16, maxNodes: NODES },
    notices: { ...SILENT, deadline: 100 },
    isPassing: false,
  },
  {
    kind: "notices",
    name: "told of death",
    limits: { eventIdMax: 9, maxNotifiers: 6, maxListeners: 5, maxNodes: NODES },
    notices: { deadline: null, createdEventId: 7, droppedEventId: 8, deadEventId: 9 },
    isPassing: false,
  },
  {
    kind: "notices",
    name: "passing",
    limits: { eventIdMax: 40, maxNotifiers: 4, maxListeners: 4, maxNodes: 6 },
    notices: SILENT,
    isPassing: true,
  },
];

/** All services; ledgers name them by their place here. */
export const SERVICES: readonly (MessageService | NoticeService)[] = [
  ...MESSAGE_SERVICES,
  ...NOTICE_SERVICES,
];

/** The ids that programs may notify: those that the service does not use itself. */
export function freeEventIds({ limits, notices }: NoticeService): number[] {
  const { createdEventId, droppedEventId, deadEventId } = notices;
  const ids = Array.from({ length: limits.eventIdMax + 1 }, (_, eventId) => eventId);
  return ids.filter((id) => ![createdEventId, droppedEventId, deadEventId].includes(id));
}

/** Opens a service of structs; what is stated must be the same for all, so all of it is stated. */
export function openStructs(
  node: Node,
  { name, quality }: MessageService,
): PublishSubscribe<typeof Soaked> {
  return node.publishSubscribe(name, { payload: Soaked, ...quality });
}

/** Opens a service of raw bytes. */
export function openBytes(
  node: Node,
  { name, quality }: MessageService,
): PublishSubscribe<typeof rawBytes> {
  return node.publishSubscribe(name, { payload: rawBytes, ...quality });
}

/** Opens an event service. */
export function openNotices(node: Node, { name, limits, notices }: NoticeService): EventService {
  return node.event(name, { ...limits, ...notices });
}
