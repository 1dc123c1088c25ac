/**
 * Text: UTF-8 of bounded length, in C `struct { uint32_t length; char bytes[capacity]; }`.
 *
 * A length in front was chosen over a NUL at the end: a text may hold NULs, may fill its capacity,
 * and is read without a search. The memory may be hostile, so the length is read once and checked,
 * and the bytes are copied to private memory before they are decoded: the decoder, which looks at
 * them twice, must not see them change in between.
 */
import { type Codec, describeValue, valueError } from "./codec.ts";
import { TEXT_LENGTH_BYTES } from "./layout.ts";

/** Up to this length a loop over bytes beats the making of a view for a bulk copy. */
const LOOP_BYTES_MAX = 64;

/** Private memory for the bytes of one text at a time; grows to the largest seen. */
let scratch: Buffer = Buffer.alloc(256);

/** The codec of a text field; `subject` names the field in errors. */
export function textCodec(capacityBytes: number, subject: string): Codec {
  return {
    load: (view, at) => {
      const lengthBytes = view.getUint32(at, true);
      if (lengthBytes > capacityBytes) throw storedLengthError(subject, capacityBytes, lengthBytes);
      copyToScratch(view, at + TEXT_LENGTH_BYTES, lengthBytes);
      return scratch.toString("utf8", 0, lengthBytes);
    },
    store: (view, at, value) => {
      if (typeof value !== "string") throw valueError(subject, "a string", describeValue(value));
      const lengthBytes = encodeToScratch(value, capacityBytes);
      if (lengthBytes > capacityBytes) throw tooLongError(subject, capacityBytes, lengthBytes);
      view.setUint32(at, lengthBytes, true);
      copyFromScratch(view, at + TEXT_LENGTH_BYTES, lengthBytes);
    },
  };
}

/** Returns the length of `value` in UTF-8, and has encoded it if that is within the capacity. */
function encodeToScratch(value: string, capacityBytes: number): number {
  // UTF-8 never has fewer bytes than UTF-16 has units, which spares huge strings the encoding.
  const isShort = value.length <= LOOP_BYTES_MAX && value.length <= capacityBytes;
  if (isShort && encodeAscii(value)) return value.length;
  const lengthBytes = Buffer.byteLength(value, "utf8");
  if (lengthBytes > capacityBytes) return lengthBytes;
  reserveScratch(lengthBytes);
  scratch.write(value, 0, lengthBytes, "utf8");
  return lengthBytes;
}

function encodeAscii(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0x7f) return false;
    scratch[index] = code;
  }
  return true;
}

function copyToScratch(view: DataView, at: number, lengthBytes: number): void {
  if (lengthBytes > LOOP_BYTES_MAX) {
    reserveScratch(lengthBytes);
    scratch.set(new Uint8Array(view.buffer, view.byteOffset + at, lengthBytes));
    return;
  }
  for (let index = 0; index < lengthBytes; index++) scratch[index] = view.getUint8(at + index);
}

function copyFromScratch(view: DataView, at: number, lengthBytes: number): void {
  if (lengthBytes > LOOP_BYTES_MAX) {
    const target = new Uint8Array(view.buffer, view.byteOffset + at, lengthBytes);
    target.set(scratch.subarray(0, lengthBytes));
    return;
  }
  for (let index = 0; index < lengthBytes; index++) view.setUint8(at + index, scratch[index]!);
}

function reserveScratch(lengthBytes: number): void {
  if (scratch.length < lengthBytes) scratch = Buffer.alloc(lengthBytes);
}

function tooLongError(subject: string, capacityBytes: number, lengthBytes: number): Error {
  return valueError(
    subject,
    `at most ${capacityBytes} bytes of UTF-8`,
    `${lengthBytes} bytes`,
    "Shorten the text or define the field with a larger capacity.",
  );
}

function storedLengthError(subject: string, capacityBytes: number, lengthBytes: number): Error {
  return valueError(
    subject,
    `a stored length of at most ${capacityBytes} bytes`,
    `${lengthBytes} bytes`,
    "The writer of this memory is broken or hostile.",
  );
}
