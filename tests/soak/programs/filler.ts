/**
 * Takes every place of every service that nobody else has, and finds that there is not one more;
 * says which places are missing, or too many.
 */
import { type EventService, FloeError, Node, type PublishSubscribe, type rawBytes } from "floe";
import { programData } from "../../support/program.ts";
import { waitFor } from "../../support/wait.ts";
import type { Filling } from "../assignments.ts";
import { tell } from "../participant.ts";
import {
  type MessageService,
  type NoticeService,
  openBytes,
  openNotices,
  openStructs,
  SERVICES,
  type Soaked,
} from "../services.ts";

interface Closable {
  close(): void;
}

const { domain, takenByOthers } = programData<Filling>();
const faults: string[] = [];

/** Makes something until there is no room; complains unless that is after so many. */
function fill<Made extends Closable>(what: string, wanted: number, make: () => Made): Made[] {
  const made: Made[] = [];
  let end = "no end of them";
  try {
    while (made.length <= wanted) made.push(make());
  } catch (error) {
    if (!(FloeError.is(error) && error.code === "FLOE_LIMIT_REACHED")) throw error;
    end = error.message;
  }
  if (made.length !== wanted) faults.push(`${what}: not ${wanted}, but ${made.length}: ${end}`);
  return made;
}

/** The same for what may have to wait until others have let go of it. */
async function fillPatiently(what: string, wanted: number, make: () => Closable): Promise<void> {
  let made = 0;
  const isMade = (): boolean => {
    try {
      make();
      made += 1;
    } catch (error) {
      if (FloeError.is(error) && error.code === "FLOE_LIMIT_REACHED") return false;
      throw error;
    }
    return made === wanted;
  };
  try {
    await waitFor(`${wanted} ${what}`, isMade);
  } catch (error) {
    faults.push(`${what}: not ${wanted}, but ${made}: ${(error as Error).message}`);
  }
  if (isMade() || made > wanted) faults.push(`${what}: more than ${wanted}`);
}

function closeAll(closables: readonly Closable[]): void {
  for (const closable of closables) closable.close();
}

/** A node of its own for each time that a service is opened. */
function opener<Service extends Closable>(open: (node: Node) => Service): () => Service {
  return () => {
    using node = Node.create({ domain });
    return open(node);
  };
}

type AnyMessages = PublishSubscribe<typeof Soaked> | PublishSubscribe<typeof rawBytes>;

async function fillMessages(details: MessageService, othersCount: number): Promise<void> {
  const { name, quality } = details;
  const open: (node: Node) => AnyMessages =
    details.lengthsBytes === undefined
      ? (node) => openStructs(node, details)
      : (node) => openBytes(node, details);
  const handles = fill(`nodes of "${name}"`, quality.maxNodes - othersCount, opener(open));
  const handle = handles[0]!;
  const publisherCount = quality.maxPublishers - othersCount;
  const publishers = fill(`publishers of "${name}"`, publisherCount, () => handle.publisher());
  const subscriberCount = quality.maxSubscribers - othersCount;
  const subscribers = fill(`subscribers of "${name}"`, subscriberCount, () => handle.subscriber());
  closeAll([...publishers, ...subscribers]);
  await fillRows(name, handle, 2 * quality.maxPublishers - othersCount);
  closeAll(handles);
}

/** A subscriber that takes nothing keeps the rows of closed publishers, until there are no more. */
async function fillRows(name: string, handle: AnyMessages, rowCount: number): Promise<void> {
  using _subscriber = handle.subscriber();
  // The publishers before these are let go by others, when they look.
  await fillPatiently(`rows of publishers of "${name}"`, rowCount, () => {
    const publisher = handle.publisher();
    publisher.close();
    return publisher;
  });
}

function fillNotices(details: NoticeService, othersCount: number): void {
  const { name, limits } = details;
  const nodeCount = limits.maxNodes - othersCount;
  const handles: EventService[] = fill(
    `nodes of "${name}"`,
    nodeCount,
    opener((node) => openNotices(node, details)),
  );
  const handle = handles[0]!;
  const notifierCount = limits.maxNotifiers - othersCount;
  const notifiers = fill(`notifiers of "${name}"`, notifierCount, () => handle.notifier());
  const listenerCount = limits.maxListeners - othersCount;
  const listeners = fill(`listeners of "${name}"`, listenerCount, () => handle.listener());
  closeAll([...notifiers, ...listeners, ...handles]);
}

for (const service of SERVICES) {
  const othersCount = service.isPassing ? 0 : takenByOthers;
  if (service.kind === "messages") await fillMessages(service, othersCount);
  else fillNotices(service, othersCount);
}
tell({ say: "filled", faults });
process.stdin.destroy();
