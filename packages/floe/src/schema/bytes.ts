/**
 * Bytes: a fixed number of bytes, in C `uint8_t[n]`, copied on the way in and out.
 *
 * A view in place of the copy would be faster for large fields, but a `Uint8Array` cannot be made
 * readonly and cannot be taken back: a consumer could write to the memory of others, and both sides
 * could keep using memory that has been released.
 */
import { type Codec, describeValue, valueError } from "./codec.ts";

/** The codec of a bytes field; `subject` names the field in errors. */
export function bytesCodec(capacityBytes: number, subject: string): Codec {
  return {
    load: (view, at) => {
      const copy = new Uint8Array(capacityBytes);
      copy.set(new Uint8Array(view.buffer, view.byteOffset + at, capacityBytes));
      return copy;
    },
    store: (view, at, value) => {
      if (!(value instanceof Uint8Array) || value.length !== capacityBytes) {
        throw valueError(
          subject,
          `a Uint8Array of exactly ${capacityBytes} bytes`,
          value instanceof Uint8Array ? `one of ${value.length} bytes` : describeValue(value),
          "Pad or cut the bytes to the size of the field.",
        );
      }
      new Uint8Array(view.buffer, view.byteOffset + at, capacityBytes).set(value);
    },
  };
}
