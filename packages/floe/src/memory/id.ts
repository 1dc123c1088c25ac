/**
 * Ids: 128 random bits that name a node, a service or a port, in memory and in file names.
 *
 * Random, never a process id: process ids repeat, and mean nothing across containers.
 */

import { randomBytes } from "node:crypto";
import type { Words } from "../sync/words.ts";

/** An id as 32 hexadecimal digits. */
export type Id = string & { readonly __brand: "floe.Id" };

/** A new id. */
export function randomId(): Id {
  return randomBytes(16).toString("hex") as Id;
}

/** Whether `text` has the form of an id. */
export function isId(text: unknown): text is Id {
  return typeof text === "string" && /^[0-9a-f]{32}$/.test(text);
}

/** Reads the id that begins at a word. */
export function readId(words: Words, wordIndex: number): Id {
  let text = "";
  for (let index = 0; index < 4; index += 1) {
    text += (words[wordIndex + index]! >>> 0).toString(16).padStart(8, "0");
  }
  return text as Id;
}

/** Writes an id to the four words that begin at `wordIndex`. */
export function writeId(words: Words, wordIndex: number, id: Id): void {
  for (let index = 0; index < 4; index += 1) {
    words[wordIndex + index] = Number.parseInt(id.slice(index * 8, index * 8 + 8), 16) | 0;
  }
}
