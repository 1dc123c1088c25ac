/**
 * Scribbler: a peer gone mad, who writes numbers of all sorts into everything it shares with us.
 *
 * It maps every segment of the services whose memory is to be written to, picks a kind of word
 * first, then one of its places, then a value. Each write is noted in a file before it is made, so
 * that what came just before a crash can be read afterwards.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD, Segment, SegmentKind } from "floe/internal";
import type { Random } from "../support/random.ts";
import { CONFIG_KINDS, damageConfig, FIFO_KINDS, writeNoiseToFifo } from "./files.ts";
import type { Geometries } from "./geometries.ts";
import { NOISY_DIRECTORIES } from "./services.ts";
import {
  type Field,
  type FieldsByKind,
  wordsOfData,
  wordsOfEvents,
  wordsOfPublishSubscribe,
} from "./words.ts";

interface Target {
  readonly file: string;
  readonly words: Int32Array;
  readonly fields: readonly Field[];
}

/** So many writes are made before new files are looked for. */
const WRITES_A_LOOK = 40;

/** So many places are tried to find one that is in use. */
const TRIES_FOR_USED = 24;

/** Numbers that are the border of something. */
const BORDERS = [
  0, -1, 1, 2, 3, 4, 5, 63, 64, 0xffff, 0x1_0000, 0x1_0001, 0x3f_ffff, 0x40_0000, 0x7fff_ffff,
  -0x8000_0000,
] as const;

export class Scribbler {
  readonly #domainPath: string;
  readonly #random: Random;
  readonly #geometries: Geometries;
  readonly #segments: Map<string, Segment> = new Map();
  readonly #targets: Map<string, Target[]> = new Map();
  readonly #logFd: number;
  #writesUntilLook = 0;

  constructor(domainPath: string, random: Random, geometries: Geometries, logPath: string) {
    this.#domainPath = domainPath;
    this.#random = random;
    this.#geometries = geometries;
    this.#logFd = openSync(logPath, "a");
  }

  /** Writes to something of a kind; false when there is nothing of the kind at the moment. */
  write(kind: string): boolean {
    this.#writesUntilLook -= 1;
    if (this.#writesUntilLook < 0) this.#look();
    const isFile = CONFIG_KINDS.includes(kind) || FIFO_KINDS.includes(kind);
    return isFile ? this.#writeFile(kind) : this.#writeWord(kind);
  }

  #writeFile(kind: string): boolean {
    const random = this.#random;
    const note = (text: string): void => this.#note(`${kind}: ${text}`);
    if (FIFO_KINDS.includes(kind)) return writeNoiseToFifo(this.#domainPath, kind, random, note);
    const path = join(this.#domainPath, random.pick(NOISY_DIRECTORIES), "service.json");
    return damageConfig(path, kind, random, note);
  }

  #writeWord(kind: string): boolean {
    const targets = this.#targets.get(kind);
    if (targets === undefined) return false;
    const random = this.#random;
    const target = random.pick(targets);
    const field = this.#fieldOf(target);
    const { words, file } = target;
    if (field.wordCount > 1 && random.below(3) === 0) {
      // All of it: an id that exists, a long number that is sound.
      const from = this.#fieldOf(random.pick(targets.filter((one) => one.words === words)));
      this.#note(`${kind}: ${file} word ${field.wordIndex} from word ${from.wordIndex}`);
      words.copyWithin(field.wordIndex, from.wordIndex, from.wordIndex + from.wordCount);
      return true;
    }
    const wordIndex = field.wordIndex + random.below(field.wordCount);
    const present = words[wordIndex]!;
    const value = this.#value(target, wordIndex) | 0;
    this.#note(`${kind}: ${file} word ${wordIndex}: ${present} becomes ${value}`);
    words[wordIndex] = value;
    return true;
  }

  /** A place, one that is in use rather than not. */
  #fieldOf({ words, fields }: Target): Field {
    const random = this.#random;
    let field = random.pick(fields);
    if (random.below(4) === 0) return field;
    for (let attempt = 0; attempt < TRIES_FOR_USED; attempt += 1) {
      const { wordIndex, wordCount } = field;
      for (let word = wordIndex; word < wordIndex + wordCount; word += 1) {
        if (words[word] !== 0) return field;
      }
      field = random.pick(fields);
    }
    return field;
  }

  #value(target: Target, wordIndex: number): number {
    const random = this.#random;
    const present = target.words[wordIndex]!;
    switch (random.below(7)) {
      case 0:
        return random.bits();
      case 1:
        return random.below(8);
      case 2:
        return present + 1 - 2 * random.below(2);
      case 3:
        return present ^ (1 << random.below(32));
      case 4: {
        const other = this.#fieldOf(target);
        return target.words[other.wordIndex + random.below(other.wordCount)]!;
      }
      case 5:
        return present + random.below(64) - 32;
      default:
        return random.pick(BORDERS);
    }
  }

  #note(text: string): void {
    writeSync(this.#logFd, `${text}\n`);
  }

  /** Maps what has been made since. */
  #look(): void {
    this.#writesUntilLook = WRITES_A_LOOK;
    for (const directory of NOISY_DIRECTORIES) {
      for (const name of namesIn(join(this.#domainPath, directory))) {
        const file = `${directory}/${name}`;
        if (name.endsWith(".tmp") || this.#segments.has(file)) continue;
        if (name === "links" || name.startsWith("data.")) this.#map(directory, name);
      }
    }
  }

  #map(directory: string, name: string): void {
    const file = `${directory}/${name}`;
    const path = join(this.#domainPath, file);
    const isEvents = directory.startsWith("service.event.");
    const kindOfLinks = isEvents ? SegmentKind.event : SegmentKind.publishSubscribe;
    const kind = name === "links" ? kindOfLinks : SegmentKind.data;
    let segment: Segment | undefined;
    try {
      segment = Segment.openIfPresent(path, kind, "read-write");
    } catch {
      // Written over already.
    }
    if (segment === undefined) return;
    this.#segments.set(file, segment);
    const { words } = segment;
    for (const [kindOfWord, fields] of this.#fieldsOf(directory, name, segment)) {
      const known = this.#targets.get(kindOfWord) ?? [];
      known.push({ file, words, fields });
      this.#targets.set(kindOfWord, known);
    }
  }

  #fieldsOf(directory: string, name: string, { words, sizeBytes }: Segment): FieldsByKind {
    const { publishSubscribe, events } = this.#geometries;
    const geometry = publishSubscribe[directory];
    if (geometry === undefined) return cached("events", () => wordsOfEvents(events));
    if (name === "links") return cached(directory, () => wordsOfPublishSubscribe(geometry));
    const strideBytes = words[DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD]!;
    const key = `${sizeBytes} ${strideBytes}`;
    const isSound = strideBytes >= 128 && strideBytes % 128 === 0;
    // A foreign stride still names words, if not those of chunks.
    return cached(isSound ? key : `${sizeBytes}`, () =>
      wordsOfData(sizeBytes, isSound ? strideBytes : sizeBytes, geometry.payloadOffsetBytes),
    );
  }

  /** Forgets the files and the notes: the services are made again. */
  forget(): void {
    for (const segment of this.#segments.values()) segment.close();
    this.#segments.clear();
    this.#targets.clear();
    this.#writesUntilLook = 0;
  }

  /** Begins the notes again. */
  beginNotes(title: string): void {
    ftruncateSync(this.#logFd);
    this.#note(title);
  }

  close(): void {
    this.forget();
    closeSync(this.#logFd);
  }
}

const fieldsByKey: Map<string, FieldsByKind> = new Map();

/** Files of one shape have the same words. */
function cached(key: string, make: () => FieldsByKind): FieldsByKind {
  const known = fieldsByKey.get(key) ?? make();
  fieldsByKey.set(key, known);
  return known;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The last notes of a scribbler, of this process or of one that ended. */
export function lastNotes(logPath: string, count: number): string[] {
  return readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-count);
}
