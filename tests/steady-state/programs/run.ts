/** Sends or receives a million messages without giving the event loop a turn, and is measured. */
import { setImmediate as turn } from "node:timers/promises";
import { type MessageInfo, Node, rawBytes, struct, u32, u64AsNumber } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import { measure } from "../measure.ts";
import { type Assignment, LENGTH_BYTES } from "../programs.ts";

const Counter = struct("Counter", { count: u32, twice: u64AsNumber });
const { domain, payload, role, warmUp, messages } = programData<Assignment>();
const quality = { bufferSize: 256 };
const node = Node.create({ domain });
let sent = 0;
let received = 0;
let missed = 0;

interface Ends {
  readonly send: () => number;
  readonly poll: () => number;
  readonly ready: () => Promise<unknown>;
  readonly close: () => void;
}

/** Both ends of the service, of which the role may use one; nothing here is made per message. */
function structEnds(): Ends {
  const service = node.publishSubscribe("steady", { payload: Counter, ...quality });
  const publisher = role === "subscriber" ? undefined : service.publisher();
  const subscriber = role === "publisher" ? undefined : service.subscriber();
  const fill = (counter: { count: number; twice: number }): void => {
    counter.count = sent;
    counter.twice = 2 * sent;
  };
  const examine = (
    counter: { readonly count: number; readonly twice: number },
    info: MessageInfo,
  ): void => {
    if (counter.twice !== 2 * counter.count) throw new Error("a torn message");
    received += 1;
    missed += info.missed;
  };
  return {
    send: () => publisher!.send(fill),
    poll: () => subscriber!.poll(64, examine),
    ready: async () => publisher?.waitForSubscribers({ timeout: 30_000 }),
    close: () => [publisher, subscriber, service].forEach((one) => void one?.close()),
  };
}

function bytesEnds(): Ends {
  const service = node.publishSubscribe("steady", { payload: rawBytes, ...quality });
  const publisher = role === "subscriber" ? undefined : service.publisher();
  const subscriber = role === "publisher" ? undefined : service.subscriber();
  const fill = (bytes: Uint8Array): void => {
    bytes[0] = sent;
    bytes[LENGTH_BYTES - 1] = sent;
  };
  const examine = (
    bytes: { readonly [index: number]: number; readonly length: number },
    info: MessageInfo,
  ): void => {
    if (bytes.length !== LENGTH_BYTES || bytes[0] !== bytes[LENGTH_BYTES - 1]) {
      throw new Error("a torn message");
    }
    received += 1;
    missed += info.missed;
  };
  return {
    send: () => publisher!.send(LENGTH_BYTES, fill),
    poll: () => subscriber!.poll(64, examine),
    ready: async () => publisher?.waitForSubscribers({ timeout: 30_000 }),
    close: () => [publisher, subscriber, service].forEach((one) => void one?.close()),
  };
}

const ends = payload === "struct" ? structEnds() : bytesEnds();

/** Passes so many messages, in the manner of the role. */
function pass(count: number): void {
  if (role === "subscriber") {
    for (const end = received + count; received < end; ) ends.poll();
    return;
  }
  for (const end = sent + count; sent < end; ) {
    sent += 1;
    ends.send();
    if (role === "both" && sent % 16 === 0) ends.poll();
  }
}

const incoming = orders();
say({ say: "made" });
await incoming.next();
await ends.ready();
// In pieces, so that functions are entered and left as the compiler likes it.
for (let piece = 0; piece < 20; piece += 1) {
  pass(warmUp / 20);
  await turn();
}
const cost = await measure(() => pass(messages));
say({ say: "measured", ...cost, received, missed, pid: process.pid });
// A subscriber needs what is sent until it has its number, and shows by closing that it has.
while (role === "publisher" && ends.send() > 0) {
  sent += 1;
  if (sent % 1024 === 0) await turn();
}
ends.close();
node.close();
process.stdin.destroy();
