/**
 * What a message of the soak holds: its publisher and its number decide about every byte of it, and
 * about its length. So a receiver needs nobody's word to tell a message that was torn, that is
 * another's, or that comes from another time.
 */

/** Between one word of a message and the next; odd, so that no two words of one are alike. */
const WORD_STEP = 0x9e3779b1;

/** The word with which the message with this number of this publisher begins. */
export function baseOf(publisherId: string, sequence: number): number {
  let mixed = Number.parseInt(publisherId.slice(0, 8), 16) ^ Math.imul(sequence, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Word `index` of a message that begins with `base`. */
export function wordOf(base: number, index: number): number {
  return (base + Math.imul(index, WORD_STEP)) >>> 0;
}

/** Length of a message, by the lengths of its service. */
export function lengthOf(base: number, lengthsBytes: readonly number[]): number {
  return lengthsBytes[base % lengthsBytes.length]!;
}

/** A message's bytes: typed arrays that can be written, or that cannot. */
interface Bytes {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
  readonly [index: number]: number;
}

function wordsOf({ buffer, byteOffset, length }: Bytes): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length >>> 2);
}

/** Byte `index` after the last whole word. */
function tailByte(base: number, length: number, index: number): number {
  return (wordOf(base, length >>> 2) >>> (8 * (index & 3))) & 0xff;
}

/** Writes a message. */
export function fillBytes(bytes: Uint8Array, base: number): void {
  const words = wordsOf(bytes);
  let word = base | 0;
  for (let index = 0; index < words.length; index += 1) {
    words[index] = word;
    word = (word + WORD_STEP) | 0;
  }
  for (let index = words.length * 4; index < bytes.length; index += 1) {
    bytes[index] = tailByte(base, bytes.length, index);
  }
}

/** Looks for the first byte (of a word) that is not as it was written; -1 when all are. */
export function findForeignByte(bytes: Bytes, base: number): number {
  const words = wordsOf(bytes);
  let word = base | 0;
  for (let index = 0; index < words.length; index += 1) {
    if ((words[index]! | 0) !== word) return index * 4;
    word = (word + WORD_STEP) | 0;
  }
  for (let index = words.length * 4; index < bytes.length; index += 1) {
    if (bytes[index] !== tailByte(base, bytes.length, index)) return index;
  }
  return -1;
}
