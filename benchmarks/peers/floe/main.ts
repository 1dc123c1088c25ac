/**
 * floe itself, used through its public API and nothing else.
 *
 * 64 bytes are a struct of eight doubles, written and read through its accessors, because that is
 * how a small message is meant to be used; a large payload of which a bounded part is touched is
 * the same struct with bytes behind it; what is written in full is raw bytes, seen as doubles.
 * Every message is loaned, filled in place, sent, polled and read in place: no copy.
 *
 * Both receivers busy poll, except in `wake`, where both sleep before each message: on the message
 * itself, which needs no event beside it, or on an event. Safe overflow is on, as everywhere in
 * floe: a receiver that falls behind loses the oldest messages and learns how many; the stream
 * reports them as `missed` after comparing floe's own count with the gaps in the numbers.
 */
import type { ReaderOf, ReadonlyBytes, WriterOf } from "floe";
import { EVENT_IDS, type ProgramArguments, totalRounds } from "../../protocol.ts";
import { conductDeaths } from "../shared/deaths.ts";
import {
  emit,
  endOfInput,
  epochMs,
  LatencyRecorder,
  readArguments,
  StreamMeter,
} from "../shared/program.ts";
import { createRecords, measureReading, RECORD_BYTES, RECORD_COUNT } from "../shared/records.ts";

const startedMs = epochMs();
const floe = await import("floe");
const { Node, WaitSet, struct, bytes, f64, u32 } = floe;
const importedMs = epochMs();

const LINE_BYTES = 64;
const CONNECT_TIMEOUT_MS = 10_000;
const POLL_BATCH = 256;

/** Eight doubles: what is written and read of a message, whatever follows it. */
const LINE = { w0: f64, w1: f64, w2: f64, w3: f64, w4: f64, w5: f64, w6: f64, w7: f64 };

/** The payload type for a size: a line, and behind it what is handed over untouched. */
function lineOf(payloadBytes: number) {
  return payloadBytes === LINE_BYTES
    ? struct("Line", LINE)
    : (struct("LongLine", { ...LINE, rest: bytes(payloadBytes - LINE_BYTES) }) as never);
}
type Line = ReturnType<typeof lineOf>;
type LineReader = ReaderOf<Line>;
type LineWriter = WriterOf<Line>;

function writeLine(line: LineWriter, counter: number): void {
  line.w0 = counter;
  line.w1 = counter;
  line.w2 = counter;
  line.w3 = counter;
  line.w4 = counter;
  line.w5 = counter;
  line.w6 = counter;
  line.w7 = counter;
}

function readLine(line: LineReader): number {
  const counter = line.w0;
  const sum = counter + line.w1 + line.w2 + line.w3 + line.w4 + line.w5 + line.w6 + line.w7;
  if (sum !== counter * 8) throw new Error(`message ${counter} is torn`);
  return counter;
}

/** Doubles over a payload: floe hands out one view a chunk, so one of these a chunk is enough. */
class DoubleViews {
  readonly #views: Map<unknown, Float64Array> = new Map();

  of(payload: Uint8Array | ReadonlyBytes): Float64Array {
    let view = this.#views.get(payload);
    if (view === undefined) {
      view = new Float64Array(payload.buffer, payload.byteOffset, payload.byteLength >> 3);
      this.#views.set(payload, view);
    }
    return view;
  }
}

function writeDoubles(view: Float64Array, counter: number): void {
  for (let index = 0; index < view.length; index += 4) {
    view[index] = counter;
    view[index + 1] = counter;
    view[index + 2] = counter;
    view[index + 3] = counter;
  }
}

function readDoubles(view: Float64Array): number {
  const counter = view[0]!;
  let sum = 0;
  for (let index = 0; index < view.length; index += 4) {
    sum += view[index]! + view[index + 1]! + (view[index + 2]! + view[index + 3]!);
  }
  if (sum !== counter * view.length) throw new Error(`message ${counter} is torn`);
  return counter;
}

/** One end of a stream of numbered messages, whatever their payload type. */
type Sending = { send(counter: number): void; connected(): Promise<unknown> };
type Receiving = { poll(onMessage: (counter: number, missed: number) => void): number };

function options(run: ProgramArguments) {
  return { bufferSize: run.bufferSize, maxPublishers: 2, maxSubscribers: 8 };
}

type FloeNode = ReturnType<typeof Node.create>;

/** Payloads that are written in full and too long for fields are raw bytes. */
function isRaw(run: ProgramArguments): boolean {
  return run.payloadBytes > LINE_BYTES && run.touchedBytes === run.payloadBytes;
}

function openSending(node: FloeNode, name: string, run: ProgramArguments): Sending {
  let counter = 0;
  if (!isRaw(run)) {
    const payload = lineOf(run.payloadBytes);
    const publisher = node.publishSubscribe(name, { payload, ...options(run) }).publisher();
    const fill = (line: LineWriter) => writeLine(line, counter);
    return {
      send(next) {
        counter = next;
        publisher.send(fill);
      },
      connected: () => publisher.waitForSubscribers({ count: 1, timeout: CONNECT_TIMEOUT_MS }),
    };
  }
  const publisher = node
    .publishSubscribe(name, { payload: floe.rawBytes, ...options(run) })
    .publisher();
  const views = new DoubleViews();
  const fill = (payload: Uint8Array) => writeDoubles(views.of(payload), counter);
  return {
    send(next) {
      counter = next;
      publisher.send(run.payloadBytes, fill);
    },
    connected: () => publisher.waitForSubscribers({ count: 1, timeout: CONNECT_TIMEOUT_MS }),
  };
}

function openReceiving(
  node: FloeNode,
  name: string,
  run: ProgramArguments,
  batch: number,
): Receiving {
  type Handler = (counter: number, missed: number) => void;
  let handler: Handler = () => {};
  if (!isRaw(run)) {
    const payload = lineOf(run.payloadBytes);
    const subscriber = node.publishSubscribe(name, { payload, ...options(run) }).subscriber();
    const handle = (line: LineReader, info: { missed: number }) =>
      handler(readLine(line), info.missed);
    return {
      poll(onMessage) {
        handler = onMessage;
        return subscriber.poll(batch, handle);
      },
    };
  }
  const subscriber = node
    .publishSubscribe(name, { payload: floe.rawBytes, ...options(run) })
    .subscriber();
  const views = new DoubleViews();
  const handle = (payload: ReadonlyBytes, info: { missed: number }) =>
    handler(readDoubles(views.of(payload)), info.missed);
  return {
    poll(onMessage) {
      handler = onMessage;
      return subscriber.poll(batch, handle);
    },
  };
}

/** Answers every message within its handler, before it is given back: the shortest way. */
async function reflect(node: FloeNode, run: ProgramArguments): Promise<void> {
  const receiving = openReceiving(node, "bench/ping", run, 1);
  const sending = openSending(node, "bench/pong", run);
  emit({ event: "ready" });
  await sending.connected();
  let left = totalRounds(run);
  const echo = (counter: number) => {
    sending.send(counter);
    left--;
  };
  while (left > 0) receiving.poll(echo);
}

async function initiate(
  node: FloeNode,
  run: ProgramArguments,
  recorder: LatencyRecorder,
): Promise<void> {
  const receiving = openReceiving(node, "bench/pong", run, 1);
  const sending = openSending(node, "bench/ping", run);
  await sending.connected();
  let counter = 0;
  let echoed = 0;
  const onEcho = (number: number) => {
    echoed = number;
  };
  recorder.measureSync(() => {
    sending.send(++counter);
    while (receiving.poll(onEcho) === 0);
    if (echoed !== counter) throw new Error("not the echo of the ping");
  });
}

/** One side of a ping-pong in which both sleep. */
type Sleeping = {
  connected(): Promise<unknown>;
  send(counter: number): void;
  receive(): Promise<number>;
  receiveSync(): number;
};

const LISTENERS_MAX = 8;

function openEvents(node: FloeNode, out: string, back: string): Sleeping {
  const options = { eventIdMax: EVENT_IDS - 1, maxListeners: LISTENERS_MAX };
  const notifier = node.event(out, options).notifier();
  const listener = node.event(back, options).listener();
  const idOf = (activations: readonly { eventId: number }[] | undefined) =>
    activations![0]!.eventId;
  return {
    connected: () => notifier.waitForListeners({ timeout: CONNECT_TIMEOUT_MS }),
    send: (counter) => void notifier.notify(counter % EVENT_IDS),
    receive: () => listener.wait().then(idOf),
    receiveSync: () => idOf(listener.waitSync()),
  };
}

function openMessages(node: FloeNode, out: string, back: string, run: ProgramArguments) {
  const payload = lineOf(LINE_BYTES);
  const sending = openSending(node, out, run);
  const subscriber = node.publishSubscribe(back, { payload, ...options(run) }).subscriber();
  type Taken = ReturnType<typeof subscriber.tryTake>;
  const counterOf = (sample: Taken) => {
    const counter = readLine(sample!.payload);
    sample!.release();
    return counter;
  };
  return {
    subscriber,
    connected: sending.connected,
    send: sending.send,
    receive: () => subscriber.take().then(counterOf),
    receiveSync: () => counterOf(subscriber.takeSync()),
  };
}

const CROWD = 1000;

/** The same among a thousand services that are awaited at once, of which the others are silent. */
function openCrowd(node: FloeNode, out: string, back: string, run: ProgramArguments): Sleeping {
  const messages = openMessages(node, out, back, run);
  const payload = lineOf(LINE_BYTES);
  const limits = { ...options(run), maxPublishers: 1, maxSubscribers: 1 };
  const set = new WaitSet();
  set.attach(messages.subscriber);
  for (let index = 1; index < CROWD; index++) {
    const silent = node.publishSubscribe(`${back}/${run.role}/${index}`, { payload, ...limits });
    const subscriber = silent.subscriber();
    if (run.way === "blocking") set.attach(subscriber);
    else void subscriber.take();
  }
  return {
    ...messages,
    receiveSync: () => {
      while (set.waitSync().length === 0);
      return messages.receiveSync();
    },
  };
}

async function wake(node: FloeNode, run: ProgramArguments): Promise<void> {
  const isInitiator = run.role === "initiator";
  const [out, back] = isInitiator ? ["bench/ping", "bench/pong"] : ["bench/pong", "bench/ping"];
  const opening = {
    event: openEvents,
    "publish-subscribe": openMessages,
    "one-of-1000": openCrowd,
  };
  const side: Sleeping = opening[run.what](node, out!, back!, run);
  const check = (received: number, counter: number) => {
    const expected = run.what === "event" ? counter % EVENT_IDS : counter;
    if (received !== expected) throw new Error("not the echo of the ping");
  };
  if (!isInitiator) emit({ event: "ready" });
  await side.connected();
  const isBlocking = run.way === "blocking";
  if (!isInitiator) {
    for (let counter = 1, last = totalRounds(run); counter <= last; counter++) {
      check(isBlocking ? side.receiveSync() : await side.receive(), counter);
      side.send(counter);
    }
    return;
  }
  const recorder = new LatencyRecorder(run, startedMs, importedMs);
  let counter = 0;
  if (isBlocking) {
    recorder.measureSync(() => {
      side.send(++counter);
      check(side.receiveSync(), counter);
    });
  } else {
    await recorder.measureAsync(async () => {
      side.send(++counter);
      check(await side.receive(), counter);
    });
  }
}

async function sendStream(node: FloeNode, run: ProgramArguments): Promise<void> {
  const sending = openSending(node, "bench/stream", run);
  await sending.connected();
  const last = run.warmupRounds + run.rounds;
  for (let counter = 1; counter <= last; counter++) sending.send(counter);
}

async function receiveStream(node: FloeNode, run: ProgramArguments): Promise<void> {
  const receiving = openReceiving(node, "bench/stream", run, POLL_BATCH);
  emit({ event: "ready" });
  const meter = new StreamMeter(run);
  let previous = 0;
  const onMessage = (counter: number, missed: number) => {
    if (counter - previous - 1 !== missed && previous !== 0) {
      throw new Error(`floe reported ${missed} missed before ${counter}, after ${previous}`);
    }
    previous = counter;
    meter.count(counter);
  };
  while (!meter.done) receiving.poll(onMessage);
}

function readRecords(run: ProgramArguments): void {
  const Record = struct("Record", { stamp: f64, x: f64, y: f64, id: u32, flags: u32 });
  const view = new DataView(createRecords());
  const record = Record.createReader();
  const cursor = Record.cursorOf(record);
  measureReading(run, () => {
    let sum = 0;
    for (let index = 0; index < RECORD_COUNT; index++) {
      cursor.bind(view, index * RECORD_BYTES);
      sum += record.stamp + record.x + record.y;
      sum += record.id + record.flags;
    }
    return sum;
  });
}

async function exchange(run: ProgramArguments): Promise<void> {
  if (run.measure === "death") return conductDeaths(run, new URL("./death.js", import.meta.url));
  const domain = { root: run.directory };
  using node = Node.create({ name: `bench-${run.role}`, domain });
  if (run.measure === "wake") {
    await wake(node, run);
  } else if (run.measure === "throughput") {
    await (run.role === "initiator" ? sendStream(node, run) : receiveStream(node, run));
  } else if (run.role === "initiator") {
    await initiate(node, run, new LatencyRecorder(run, startedMs, importedMs));
  } else {
    await reflect(node, run);
  }
  await endOfInput();
}

const run = readArguments();
if (run.measure === "struct") {
  readRecords(run);
  await endOfInput();
} else {
  await exchange(run);
}
process.exit(0);
