/**
 * Worker threads and `postMessage`: the built-in way to use a second core without leaving the
 * process. One process, so this program is started in the role `solo` and makes its own partner.
 *
 * The best this peer can do, as far as we know:
 *
 * * the receiver polls with `receiveMessageOnPort` in a loop instead of waiting for an event, which
 *   takes the event loop out of the way, exactly as the other busy polling subjects do;
 * * payloads up to a bound are cloned (the copy is cheaper than the bookkeeping of a transfer),
 *   larger ones are transferred, which moves ownership and copies nothing. In the ping-pong the
 *   same buffer travels there and back.
 *
 * The queue between two ports has no bound. The stream therefore keeps a window of messages in
 * flight, counted through one shared word, or memory would grow for as long as the sender is
 * faster. Nothing is lost.
 */
import type { MessagePort, Worker } from "node:worker_threads";
import { type ProgramArguments, totalRounds } from "../../protocol.ts";
import {
  endOfInput,
  epochMs,
  LatencyRecorder,
  readArguments,
  readWords,
  StreamMeter,
  writeWords,
} from "../shared/program.ts";

type Threads = typeof import("node:worker_threads");

/** Above this, transferring was faster than cloning on the machines this was written on. */
const CLONED_BYTES_MAX = 16_384;
/** Enough for the receiver never to run dry, little enough to stay in the cache. */
const STREAM_WINDOW = 1_024;

function post(port: MessagePort, bytes: ArrayBuffer): void {
  if (bytes.byteLength > CLONED_BYTES_MAX) port.postMessage(bytes, [bytes]);
  else port.postMessage(bytes);
}

function take(threads: Threads, port: MessagePort): ArrayBuffer {
  for (;;) {
    const received = threads.receiveMessageOnPort(port);
    if (received !== undefined) return received.message as ArrayBuffer;
  }
}

function reflect(threads: Threads, run: ProgramArguments, port: MessagePort): void {
  const touchedWords = run.touchedBytes >> 2;
  for (let left = totalRounds(run); left > 0; left--) {
    const bytes = take(threads, port);
    const words = new Int32Array(bytes, 0, touchedWords);
    writeWords(words, touchedWords, readWords(words, 0, touchedWords));
    post(port, bytes);
  }
}

function initiate(
  threads: Threads,
  run: ProgramArguments,
  port: MessagePort,
  recorder: LatencyRecorder,
): void {
  const touchedWords = run.touchedBytes >> 2;
  let bytes = new ArrayBuffer(run.payloadBytes);
  let counter = 0;
  recorder.measureSync(() => {
    counter++;
    writeWords(new Int32Array(bytes, 0, touchedWords), touchedWords, counter);
    post(port, bytes);
    bytes = take(threads, port);
    const echo = readWords(new Int32Array(bytes, 0, touchedWords), 0, touchedWords);
    if (echo !== counter) throw new Error("not the echo of the ping");
  });
}

function sendStream(run: ProgramArguments, port: MessagePort, received: Int32Array): void {
  const touchedWords = run.touchedBytes >> 2;
  const last = run.warmupRounds + run.rounds;
  const cloned = run.payloadBytes <= CLONED_BYTES_MAX;
  let bytes = new ArrayBuffer(run.payloadBytes);
  let words = new Int32Array(bytes);
  for (let counter = 1; counter <= last; counter++) {
    while (counter - Atomics.load(received, 0) > STREAM_WINDOW);
    if (!cloned) {
      bytes = new ArrayBuffer(run.payloadBytes);
      words = new Int32Array(bytes);
    }
    writeWords(words, touchedWords, counter);
    post(port, bytes);
  }
}

function receiveStream(
  threads: Threads,
  run: ProgramArguments,
  port: MessagePort,
  received: Int32Array,
): void {
  const touchedWords = run.touchedBytes >> 2;
  const meter = new StreamMeter(run);
  while (!meter.done) {
    const words = new Int32Array(take(threads, port), 0, touchedWords);
    const counter = readWords(words, 0, touchedWords);
    meter.count(counter);
    if (counter % 64 === 0) Atomics.store(received, 0, counter);
  }
}

type Partner = { readonly port: MessagePort; readonly received: Int32Array };

/** The partner reflects pings, or sends the stream: the main thread always holds the clock. */
function runPartner(threads: Threads, run: ProgramArguments): void {
  const { port, received } = threads.workerData as Partner;
  if (run.measure === "latency") reflect(threads, run, port);
  else sendStream(run, port, received);
}

async function runMain(threads: Threads, run: ProgramArguments, recorder: LatencyRecorder) {
  const { port1, port2 } = new threads.MessageChannel();
  const received = new Int32Array(new SharedArrayBuffer(4));
  const partner: Worker = new threads.Worker(new URL(import.meta.url), {
    argv: process.argv.slice(2),
    workerData: { port: port2, received } satisfies Partner,
    transferList: [port2],
  });
  // While the loops below poll, this thread serves no events: an early death of the partner shows
  // as a timeout in the harness, a late one here.
  partner.once("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  if (run.measure === "latency") initiate(threads, run, port1, recorder);
  else receiveStream(threads, run, port1, received);
  await endOfInput();
  process.exit(0);
}

const startedMs = epochMs();
const threads = await import("node:worker_threads");
const run = readArguments();
if (threads.isMainThread)
  await runMain(threads, run, new LatencyRecorder(run, startedMs, epochMs()));
else runPartner(threads, run);
