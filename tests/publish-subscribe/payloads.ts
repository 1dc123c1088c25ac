/**
 * Payloads of the tests: a struct, and bytes that tell what they should be, so that a receiver
 * notices a torn, stale or foreign message by itself.
 */
import assert from "node:assert/strict";
import { array, f64, type ReadonlyBytes, struct, text, u32 } from "floe";

/** A message that knows who sent it and the how manieth it is. */
export const Note = struct("Note", { sender: u32, count: u32, square: f64, name: text(16) });

/** The smallest message that is worth counting. */
export const Tick = struct("Tick", { count: u32 });

/** A message of some kilobytes: all its numbers are equal unless it is torn. */
export const Wide = struct("Wide", { count: u32, copies: array(u32, 1000) });

/** Fills bytes from a key, which is also their beginning where there is room. */
export function fillBytes(bytes: Uint8Array, key: number): void {
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = (key * 31 + index * 7) & 0xff;
}

/** Asserts that bytes are what {@link fillBytes} makes of the key. */
export function assertBytes(bytes: ReadonlyBytes | Uint8Array, key: number, length: number): void {
  assert.equal(bytes.length, length);
  for (let index = 0; index < length; index += 1) {
    if (bytes[index] !== ((key * 31 + index * 7) & 0xff)) {
      assert.fail(`byte ${index} of ${length} of message ${key} is ${bytes[index]}`);
    }
  }
}
