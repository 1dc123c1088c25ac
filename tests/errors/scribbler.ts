/**
 * Scribbler: a peer gone mad, who writes numbers of all sorts into memory that it shares with us.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Segment } from "floe/internal";
import type { Random } from "../support/random.ts";

const KIND_LINKS = 1;
const KIND_DATA = 2;
const HEADER_WORDS = 32;

/** Writes into the files of a service's directory, through mappings of its own. */
export class Scribbler {
  readonly #directory: string;
  readonly #random: Random;
  readonly #segments: Map<string, Segment> = new Map();

  constructor(directory: string, random: Random) {
    this.#directory = directory;
    this.#random = random;
    this.look();
  }

  /** Maps what has been made since. */
  look(): void {
    for (const name of readdirSync(this.#directory)) {
      if (name.endsWith(".tmp") || this.#segments.has(name)) continue;
      const kind = name === "links" ? KIND_LINKS : KIND_DATA;
      if (kind === KIND_DATA && !name.startsWith("data.")) continue;
      try {
        const path = join(this.#directory, name);
        const segment = Segment.openIfPresent(path, kind, "read-write");
        if (segment !== undefined) this.#segments.set(name, segment);
      } catch {
        // Scribbled over already.
      }
    }
  }

  /** Writes one word somewhere in the links or in front of a chunk. */
  write(): void {
    const random = this.#random;
    const segment = random.pick([...this.#segments.values()]);
    const { words } = segment;
    // The header of the segment is examined when it is opened; here it is all about the rest.
    const word = HEADER_WORDS + random.below(words.length - HEADER_WORDS);
    words[word] = this.#value(words, word);
  }

  /** Writes to one of the words that are in use, which a random word seldom is. */
  writeInUse(): void {
    const random = this.#random;
    const { words } = random.pick([...this.#segments.values()]);
    for (let attempt = 0; attempt < 1_000; attempt += 1) {
      const word = HEADER_WORDS + random.below(words.length - HEADER_WORDS);
      if (words[word] === 0) continue;
      words[word] = this.#value(words, word);
      return;
    }
  }

  #value(words: Int32Array, word: number): number {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return random.bits() | 0;
      case 1:
        return random.below(8);
      case 2:
        return words[word]! + 1 - 2 * random.below(2);
      case 3:
        return words[word]! ^ (1 << random.below(32));
      case 4:
        return words[random.below(words.length)]!;
      default:
        return random.pick([0, -1, 0x7fff_ffff, -0x8000_0000, 0xffff, 0x1_0000]);
    }
  }

  close(): void {
    for (const segment of this.#segments.values()) segment.close();
  }
}
