/**
 * floe itself, used through its public API and nothing else.
 *
 * 64-byte payloads are a struct of sixteen words, written and read through its accessors, because
 * that is how a small message is meant to be used; larger payloads are raw bytes with a word view
 * over them. Every message is loaned, filled in place, sent, polled and read in place: no copy.
 *
 * Both receivers busy poll. Safe overflow is on, as everywhere in floe: a receiver that falls
 * behind loses the oldest messages and learns how many; the stream reports them as `missed` after
 * comparing floe's own count with the gaps in the numbers.
 */
import type { ReadonlyBytes } from "floe";
import { type ProgramArguments, totalRounds } from "../../protocol.ts";
import {
  emit,
  endOfInput,
  epochMs,
  LatencyRecorder,
  readArguments,
  readWords,
  StreamMeter,
  wordsOf,
  writeWords,
} from "../shared/program.ts";
import { createRecords, measureReading, RECORD_BYTES, RECORD_COUNT } from "../shared/records.ts";

const startedMs = epochMs();
const floe = await import("floe");
const { Node, struct, f64, u32 } = floe;
const importedMs = epochMs();

const SMALL_BYTES = 64;
const CONNECT_TIMEOUT_MS = 10_000;
const POLL_BATCH = 256;

const Line = struct("Line", {
  w0: u32,
  w1: u32,
  w2: u32,
  w3: u32,
  w4: u32,
  w5: u32,
  w6: u32,
  w7: u32,
  w8: u32,
  w9: u32,
  w10: u32,
  w11: u32,
  w12: u32,
  w13: u32,
  w14: u32,
  w15: u32,
});
type LineReader = ReturnType<typeof Line.createReader>;
type LineWriter = ReturnType<typeof Line.createWriter>;

/** One end of a stream of numbered messages, whatever their payload type. */
type Sending = { send(counter: number): void; connected(): Promise<unknown> };
type Receiving = { poll(onMessage: (counter: number, missed: number) => void): number };

function writeLine(line: LineWriter, counter: number): void {
  line.w0 = counter;
  line.w1 = counter;
  line.w2 = counter;
  line.w3 = counter;
  line.w4 = counter;
  line.w5 = counter;
  line.w6 = counter;
  line.w7 = counter;
  line.w8 = counter;
  line.w9 = counter;
  line.w10 = counter;
  line.w11 = counter;
  line.w12 = counter;
  line.w13 = counter;
  line.w14 = counter;
  line.w15 = counter;
}

function readLine(line: LineReader): number {
  const counter = line.w0;
  // Sixteen 32-bit numbers add up exactly in a double; no wrapping is needed.
  const sum =
    counter +
    line.w1 +
    line.w2 +
    line.w3 +
    line.w4 +
    line.w5 +
    line.w6 +
    line.w7 +
    line.w8 +
    line.w9 +
    line.w10 +
    line.w11 +
    line.w12 +
    line.w13 +
    line.w14 +
    line.w15;
  if (sum !== counter * 16) throw new Error(`message ${counter} is torn`);
  return counter;
}

function options(run: ProgramArguments) {
  return { bufferSize: run.bufferSize, maxPublishers: 2, maxSubscribers: 8 };
}

type FloeNode = ReturnType<typeof Node.create>;

function openSending(node: FloeNode, name: string, run: ProgramArguments): Sending {
  if (run.payloadBytes === SMALL_BYTES) {
    const publisher = node.publishSubscribe(name, { payload: Line, ...options(run) }).publisher();
    let counter = 0;
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
  const touchedWords = run.touchedBytes >> 2;
  let counter = 0;
  const fill = (bytes: Uint8Array) =>
    writeWords(wordsOf(bytes, run.touchedBytes), touchedWords, counter);
  return {
    send(next) {
      counter = next;
      publisher.send(run.payloadBytes, fill);
    },
    connected: () => publisher.waitForSubscribers({ count: 1, timeout: CONNECT_TIMEOUT_MS }),
  };
}

function openReceiving(node: FloeNode, name: string, run: ProgramArguments): Receiving {
  type Handler = (counter: number, missed: number) => void;
  let handler: Handler = () => {};
  if (run.payloadBytes === SMALL_BYTES) {
    const subscriber = node.publishSubscribe(name, { payload: Line, ...options(run) }).subscriber();
    const handle = (line: LineReader, info: { missed: number }) =>
      handler(readLine(line), info.missed);
    return {
      poll(onMessage) {
        handler = onMessage;
        return subscriber.poll(POLL_BATCH, handle);
      },
    };
  }
  const subscriber = node
    .publishSubscribe(name, { payload: floe.rawBytes, ...options(run) })
    .subscriber();
  const touchedWords = run.touchedBytes >> 2;
  const handle = (bytes: ReadonlyBytes, info: { missed: number }) => {
    // The type keeps the buffer from us, lest we write to it; a word view needs it, and only reads.
    const words = wordsOf(bytes as unknown as Uint8Array, run.touchedBytes);
    handler(readWords(words, 0, touchedWords), info.missed);
  };
  return {
    poll(onMessage) {
      handler = onMessage;
      return subscriber.poll(POLL_BATCH, handle);
    },
  };
}

async function reflect(node: FloeNode, run: ProgramArguments): Promise<void> {
  const receiving = openReceiving(node, "bench/ping", run);
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
  const receiving = openReceiving(node, "bench/pong", run);
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

async function sendStream(node: FloeNode, run: ProgramArguments): Promise<void> {
  const sending = openSending(node, "bench/stream", run);
  await sending.connected();
  const last = run.warmupRounds + run.rounds;
  for (let counter = 1; counter <= last; counter++) sending.send(counter);
}

async function receiveStream(node: FloeNode, run: ProgramArguments): Promise<void> {
  const receiving = openReceiving(node, "bench/stream", run);
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
  const domain = { root: run.directory };
  using node = Node.create({ name: `bench-${run.role}`, domain });
  if (run.measure === "throughput") {
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
