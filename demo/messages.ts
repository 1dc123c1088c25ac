/**
 * Messages: what the camera sends, the same bytes through either transport.
 *
 * A frame is a small header and then the pixels; a pose is a struct. Both carry the time at which
 * they were finished, on the clock that all processes of a machine share (CLOCK_MONOTONIC), and
 * both carry a checksum over everything else, so that a message that was torn, mixed up or
 * overwritten while it was being read does not go unnoticed. The checksum starts from the frame's
 * number: the right pixels under the wrong header are an error too.
 */

import { f64, type ReaderOf, type ReadonlyBytes, struct, u32, u64, type WriterOf } from "floe";

export const WIDTH_PIXELS = 1920;
export const HEIGHT_PIXELS = 1080;
const BYTES_PER_PIXEL = 3;
const PIXELS_BYTES = WIDTH_PIXELS * HEIGHT_PIXELS * BYTES_PER_PIXEL;
const WORDS_PER_ROW = (WIDTH_PIXELS * BYTES_PER_PIXEL) / 4;

const FrameHeader = struct("FrameHeader", {
  stampNs: u64,
  number: u32,
  checksum: u32,
  widthPixels: u32,
  heightPixels: u32,
});

const Vector = struct("Vector", { x: f64, y: f64, z: f64 });
const Quaternion = struct("Quaternion", { x: f64, y: f64, z: f64, w: f64 });

/** Where the camera is. */
export const Pose = struct("Pose", {
  stampNs: u64,
  number: u32,
  position: Vector,
  orientation: Quaternion,
  checksum: f64,
});

export type PoseReader = ReaderOf<typeof Pose>;
export type PoseWriter = WriterOf<typeof Pose>;

/** Size of a frame with its header. */
export const FRAME_BYTES = FrameHeader.sizeBytes + PIXELS_BYTES;

/** Frames that may wait for a consumer; a slower one gets the newest and misses the rest. */
export const FRAMES_WAITING_MAX = 2;

/** Poses that may wait for a consumer. */
export const POSES_WAITING_MAX = 64;

/** What a consumer learns from a message once it has read all of it. */
export interface Reading {
  readonly number: number;
  /** From the moment the camera had finished it to the moment its last byte was read. */
  readonly latencyNs: number;
  readonly isIntact: boolean;
}

/** Writes frames into memory, whosever it is. */
export class FrameWriter {
  readonly #header = FrameHeader.createWriter();

  /** Renders frame `number` into `target`, which has {@link FRAME_BYTES}. */
  write(target: Uint8Array, number: number): void {
    const header = this.#header;
    const view = new DataView(target.buffer, target.byteOffset, FrameHeader.sizeBytes);
    FrameHeader.bind(header, view, 0);
    header.number = number;
    header.widthPixels = WIDTH_PIXELS;
    header.heightPixels = HEIGHT_PIXELS;
    header.checksum = renderPixels(pixelWords(target), number);
    header.stampNs = process.hrtime.bigint();
    FrameHeader.release(header);
  }
}

/** Reads frames, every byte of them. */
export class FrameReader {
  readonly #header = FrameHeader.createReader();

  read(frame: ReadonlyBytes): Reading {
    // The type of received bytes hides `buffer`, because whoever has it can write. A typed array
    // over the words needs it; nothing here writes.
    const bytes = frame as Uint8Array;
    if (bytes.length !== FRAME_BYTES) return { number: 0, latencyNs: 0, isIntact: false };
    const header = this.#header;
    const view = new DataView(bytes.buffer, bytes.byteOffset, FrameHeader.sizeBytes);
    FrameHeader.bind(header, view, 0);
    const checksum = checksumOf(pixelWords(bytes), header.number);
    const reading = {
      number: header.number,
      latencyNs: Number(process.hrtime.bigint() - header.stampNs),
      isIntact:
        header.checksum === checksum &&
        header.widthPixels === WIDTH_PIXELS &&
        header.heightPixels === HEIGHT_PIXELS,
    };
    FrameHeader.release(header);
    return reading;
  }
}

/** Fills pose `number` in: a point on a circle, looking along it. */
export function writePose(pose: PoseWriter, number: number): void {
  const angle = number / 1000;
  pose.number = number;
  pose.position.x = Math.cos(angle);
  pose.position.y = Math.sin(angle);
  pose.position.z = angle;
  pose.orientation.x = 0;
  pose.orientation.y = 0;
  pose.orientation.z = Math.sin(angle / 2);
  pose.orientation.w = Math.cos(angle / 2);
  pose.checksum = sumOf(pose);
  pose.stampNs = process.hrtime.bigint();
}

/** Reads a pose, every field of it. */
export function readPose(pose: PoseReader): Reading {
  const isIntact = sumOf(pose) === pose.checksum;
  return {
    number: pose.number,
    latencyNs: Number(process.hrtime.bigint() - pose.stampNs),
    isIntact,
  };
}

function sumOf({ number, position, orientation }: PoseReader | PoseWriter): number {
  const { x, y, z, w } = orientation;
  return number + position.x + position.y + position.z + x + y + z + w;
}

function pixelWords(frame: Uint8Array): Int32Array {
  return new Int32Array(frame.buffer, frame.byteOffset + FrameHeader.sizeBytes, PIXELS_BYTES / 4);
}

/** Draws the test picture and returns its checksum. */
function renderPixels(words: Int32Array, number: number): number {
  const sums = newSums(number);
  for (let begin = 0; begin < words.length; begin += WORDS_PER_ROW) {
    renderRow(words, begin, number);
    addRow(sums, words, begin);
  }
  return checksumFrom(sums);
}

// Rows are functions of their own because of how V8 optimises: one that is called a thousand times
// a frame is compiled well within the first frame. One long loop a frame is left to chance: in some
// processes it took 1 ms, in others 7 ms for ever.
function renderRow(words: Int32Array, begin: number, number: number): void {
  for (let index = begin; index < begin + WORDS_PER_ROW; index += 1) {
    words[index] = Math.imul(index + number, 0x9e3779b1);
  }
}

function checksumOf(words: Int32Array, number: number): number {
  const sums = newSums(number);
  for (let begin = 0; begin < words.length; begin += WORDS_PER_ROW) addRow(sums, words, begin);
  return checksumFrom(sums);
}

/**
 * Two running sums, as in Fletcher's checksum: the second one tells whether words have changed
 * places. They are kept in a typed array between rows, so that V8 knows them to be integers.
 */
function newSums(number: number): Int32Array {
  return Int32Array.of(number, 0);
}

function addRow(sums: Int32Array, words: Int32Array, begin: number): void {
  let sum = sums[0]!;
  let sumOfSums = sums[1]!;
  for (let index = begin; index < begin + WORDS_PER_ROW; index += 1) {
    sum = (sum + words[index]!) | 0;
    sumOfSums = (sumOfSums + sum) | 0;
  }
  sums[0] = sum;
  sums[1] = sumOfSums;
}

function checksumFrom(sums: Int32Array): number {
  return (sums[0]! ^ sums[1]!) >>> 0;
}
