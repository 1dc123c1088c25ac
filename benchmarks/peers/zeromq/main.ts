/**
 * ZeroMQ through its official Node binding: `Pair` sockets over `ipc://`.
 *
 * The best this peer can do, as far as we know:
 *
 * * `Pair`, the socket type with the least work per message (no envelopes, no subscriptions);
 * * one `send` and one `receive` in flight each, because the binding allows no more; `receive` is
 *   served synchronously by the binding whenever a message is already there;
 * * one buffer reused where that is allowed: always in the ping-pong (the echo proves that the ping
 *   has left), and in the stream for payloads that the binding copies (128 B and less). Larger
 *   payloads are handed over without a copy, so each needs a buffer of its own.
 *
 * The package is CommonJS and lives in this folder's own node_modules, outside the workspace, so
 * that nobody who builds floe has to install it; hence the `require` from the source folder and
 * the few types written out by hand. A full queue makes the sender wait: nothing is lost.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
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

type PairSocket = {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  send(message: Uint8Array): Promise<void>;
  receive(): Promise<[Uint8Array]>;
  linger: number;
};
type ZeroMq = { readonly Pair: new () => PairSocket };

/** The binding copies payloads up to this size and keeps a reference to larger ones. */
const COPIED_BYTES_MAX = 128;

async function reflect(run: ProgramArguments, socket: PairSocket): Promise<void> {
  const touchedWords = run.touchedBytes >> 2;
  const echo = new Uint8Array(run.payloadBytes);
  const echoWords = new Int32Array(echo.buffer);
  for (let left = totalRounds(run); left > 0; left--) {
    const [ping] = await socket.receive();
    const counter = readWords(wordsOf(ping, run.touchedBytes), 0, touchedWords);
    writeWords(echoWords, touchedWords, counter);
    await socket.send(echo);
  }
}

async function initiate(
  run: ProgramArguments,
  socket: PairSocket,
  recorder: LatencyRecorder,
): Promise<void> {
  const touchedWords = run.touchedBytes >> 2;
  const ping = new Uint8Array(run.payloadBytes);
  const pingWords = new Int32Array(ping.buffer);
  let counter = 0;
  await recorder.measureAsync(async () => {
    counter++;
    writeWords(pingWords, touchedWords, counter);
    await socket.send(ping);
    const [echo] = await socket.receive();
    if (readWords(wordsOf(echo, run.touchedBytes), 0, touchedWords) !== counter) {
      throw new Error("not the echo of the ping");
    }
  });
}

async function sendStream(run: ProgramArguments, socket: PairSocket): Promise<void> {
  const touchedWords = run.touchedBytes >> 2;
  const last = run.warmupRounds + run.rounds;
  const reusable = run.payloadBytes <= COPIED_BYTES_MAX;
  let bytes = new Uint8Array(run.payloadBytes);
  let words = new Int32Array(bytes.buffer);
  for (let counter = 1; counter <= last; counter++) {
    if (!reusable) {
      bytes = Buffer.allocUnsafeSlow(run.payloadBytes);
      words = new Int32Array(bytes.buffer);
    }
    writeWords(words, touchedWords, counter);
    await socket.send(bytes);
  }
}

async function receiveStream(run: ProgramArguments, socket: PairSocket): Promise<void> {
  const touchedWords = run.touchedBytes >> 2;
  const meter = new StreamMeter(run);
  while (!meter.done) {
    const [bytes] = await socket.receive();
    meter.count(readWords(wordsOf(bytes, run.touchedBytes), 0, touchedWords));
  }
}

async function main(): Promise<void> {
  const startedMs = epochMs();
  // Compiled programs run from build/, the package stays beside the source.
  const home = process.env.FLOE_BENCH_ZEROMQ_HOME;
  if (home === undefined) throw new Error("FLOE_BENCH_ZEROMQ_HOME is not set");
  const { Pair } = createRequire(join(home, "package.json"))("zeromq") as ZeroMq;
  const run = readArguments();
  const recorder = new LatencyRecorder(run, startedMs, epochMs());
  const socket = new Pair();
  socket.linger = 0;
  const address = `ipc://${join(run.directory, "zeromq.sock")}`;
  if (run.role === "reflector") {
    await socket.bind(address);
    emit({ event: "ready" });
    await (run.measure === "latency" ? reflect(run, socket) : receiveStream(run, socket));
  } else {
    socket.connect(address);
    await (run.measure === "latency" ? initiate(run, socket, recorder) : sendStream(run, socket));
  }
  await endOfInput();
  process.exit(0);
}

await main();
