/**
 * Node's own Unix domain sockets: what a program uses that brings no library at all.
 *
 * A socket carries a stream of bytes, so a message needs a frame: four bytes of length, then the
 * payload. The best this peer can do, as far as we know:
 *
 * * latency: one write per message from a buffer that is reused, because the echo proves that the
 *   kernel has taken all of it; the frame is collected into one buffer that is reused as well;
 * * wake: the same, on a core for each side; its latency sleeps in the event loop already;
 * * throughput: the sender packs as many frames as fit into 64 KiB per write (a system call per
 *   small message would cost most of the time) and waits for `drain` when the kernel is full.
 *
 * Nothing is ever lost here: a full socket makes the sender wait.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { ProgramArguments } from "../../protocol.ts";
import { conductDeaths } from "../shared/deaths.ts";
import {
  emit,
  endOfInput,
  epochMs,
  LatencyRecorder,
  readArguments,
  readWords,
  StreamMeter,
  writeWords,
} from "../shared/program.ts";

const HEADER_BYTES = 4;
const BATCH_BYTES = 65_536;

type FrameHandler = (words: Int32Array, start: number) => void;

/** Cuts a stream back into frames: in place where a piece holds a whole one, else collected. */
class FrameReader {
  readonly #frame: Buffer;
  readonly #words: Int32Array;
  readonly #onFrame: FrameHandler;
  #filledBytes = 0;

  constructor(payloadBytes: number, onFrame: FrameHandler) {
    const frame = new ArrayBuffer(HEADER_BYTES + payloadBytes);
    this.#frame = Buffer.from(frame);
    this.#words = new Int32Array(frame);
    this.#onFrame = onFrame;
  }

  push(piece: Buffer): void {
    let offset = 0;
    while (offset < piece.length) {
      if (this.#filledBytes === 0) offset += this.#deliverInPlace(piece, offset);
      const take = Math.min(piece.length - offset, this.#frame.length - this.#filledBytes);
      piece.copy(this.#frame, this.#filledBytes, offset, offset + take);
      this.#filledBytes += take;
      offset += take;
      if (this.#filledBytes === this.#frame.length) {
        this.#filledBytes = 0;
        this.#deliver(this.#words, 0);
      }
    }
  }

  /** Returns how many bytes of whole frames were handled where they lie. */
  #deliverInPlace(piece: Buffer, offset: number): number {
    const address = piece.byteOffset + offset;
    const frames = Math.floor((piece.length - offset) / this.#frame.length);
    if (frames === 0 || address % 4 !== 0) return 0;
    const frameWords = this.#words.length;
    const words = new Int32Array(piece.buffer, address, frames * frameWords);
    for (let start = 0; start < words.length; start += frameWords) this.#deliver(words, start);
    return frames * this.#frame.length;
  }

  #deliver(words: Int32Array, start: number): void {
    if (words[start] !== this.#frame.length - HEADER_BYTES) {
      throw new Error("a frame has a wrong length");
    }
    this.#onFrame(words, start + 1);
  }
}

function createFrame(payloadBytes: number): { bytes: Buffer; words: Int32Array } {
  const frame = new ArrayBuffer(HEADER_BYTES + payloadBytes);
  const bytes = Buffer.from(frame);
  bytes.writeUInt32LE(payloadBytes, 0);
  return { bytes, words: new Int32Array(frame, HEADER_BYTES) };
}

function reflect(run: ProgramArguments, socket: Socket): void {
  const touchedWords = run.touchedBytes >> 2;
  const echo = createFrame(run.payloadBytes);
  const reader = new FrameReader(run.payloadBytes, (words, start) => {
    writeWords(echo.words, touchedWords, readWords(words, start, touchedWords));
    socket.write(echo.bytes);
  });
  socket.on("data", (piece: Buffer) => reader.push(piece));
}

async function initiate(run: ProgramArguments, socket: Socket, recorder: LatencyRecorder) {
  const touchedWords = run.touchedBytes >> 2;
  const ping = createFrame(run.payloadBytes);
  let counter = 0;
  let resolveEcho: () => void = () => {};
  const reader = new FrameReader(run.payloadBytes, (words, start) => {
    if (readWords(words, start, touchedWords) !== counter)
      throw new Error("not the echo of the ping");
    resolveEcho();
  });
  socket.on("data", (piece: Buffer) => reader.push(piece));
  await recorder.measureAsync(() => {
    counter++;
    writeWords(ping.words, touchedWords, counter);
    socket.write(ping.bytes);
    return new Promise((resolve) => {
      resolveEcho = resolve;
    });
  });
}

function receiveStream(run: ProgramArguments, socket: Socket): void {
  const touchedWords = run.touchedBytes >> 2;
  const meter = new StreamMeter(run);
  const reader = new FrameReader(run.payloadBytes, (words, start) => {
    meter.count(readWords(words, start, touchedWords));
  });
  socket.on("data", (piece: Buffer) => reader.push(piece));
}

async function sendStream(run: ProgramArguments, socket: Socket): Promise<void> {
  const frameBytes = HEADER_BYTES + run.payloadBytes;
  const frameWords = frameBytes >> 2;
  const framesPerBatch = Math.max(1, Math.floor(BATCH_BYTES / frameBytes));
  const last = run.warmupRounds + run.rounds;
  let counter = 1;
  while (counter <= last) {
    // A batch that waits in the stream must not be overwritten, so each has a buffer of its own.
    const frames = Math.min(framesPerBatch, last - counter + 1);
    const batch = new Int32Array(frames * frameWords);
    for (let start = 0; start < batch.length; start += frameWords) {
      batch[start] = run.payloadBytes;
      for (let index = start + 1; index < start + frameWords; index++) batch[index] = counter;
      counter++;
    }
    if (!socket.write(Buffer.from(batch.buffer))) await once(socket, "drain");
  }
}

async function main(): Promise<void> {
  // Imported here and not above, so that the time it takes can be told from the start of Node.
  const startedMs = epochMs();
  const { createConnection, createServer } = await import("node:net");
  const run = readArguments();
  if (run.measure === "death") return conductDeaths(run, new URL("./death.js", import.meta.url));
  const recorder = new LatencyRecorder(run, startedMs, epochMs());
  const path = join(run.directory, "node-net.sock");
  if (run.role === "reflector") {
    const server = createServer((socket) => {
      if (run.measure === "throughput") receiveStream(run, socket);
      else reflect(run, socket);
    });
    server.listen(path, () => emit({ event: "ready" }));
    await endOfInput();
  } else {
    const socket = createConnection(path);
    await once(socket, "connect");
    if (run.measure === "throughput") await sendStream(run, socket);
    else await initiate(run, socket, recorder);
    await endOfInput();
  }
  process.exit(0);
}

await main();
