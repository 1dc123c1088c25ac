/**
 * Files that a peer can write beside the segments: a service's configuration, and FIFOs.
 */
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Random } from "../support/random.ts";

const TRUNCATED = "service.json: truncated";
const NOISE = "service.json: noise";
const OTHER_VALUE = "service.json: another value";
const TOKENS = "FIFO: tokens that are nonsense";
const PARTS = "FIFO: parts of tokens";

/** What can happen to a configuration, and to FIFOs: kinds of writes, as those of words. */
export const CONFIG_KINDS: readonly string[] = [TRUNCATED, NOISE, OTHER_VALUE];
export const FIFO_KINDS: readonly string[] = [TOKENS, PARTS];

/** How deep a hostile value is nested: deeper than any recursion goes. */
const DEEP = 100_000;

/** Damages a configuration where it lies; false when there is none. */
export function damageConfig(
  path: string,
  kind: string,
  random: Random,
  note: (text: string) => void,
): boolean {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return false;
  }
  const damaged = damagedText(text, kind, random);
  note(`${path}: ${damaged.slice(0, 200)}`);
  try {
    writeFileSync(path, damaged, { encoding: "latin1", flag: "r+" });
    if (damaged.length < text.length) writeFileSync(path, damaged, "latin1");
  } catch {
    return false;
  }
  return true;
}

function damagedText(text: string, kind: string, random: Random): string {
  if (kind === TRUNCATED) return text.slice(0, random.below(text.length + 1));
  if (kind === OTHER_VALUE) return withOtherValue(text, random);
  const bytes = Buffer.from(text, "latin1");
  for (let count = random.below(20); count >= 0; count -= 1) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.bits();
  }
  return bytes.toString("latin1");
}

function withOtherValue(text: string, random: Random): string {
  try {
    return replaceOne(JSON.parse(text), random);
  } catch {
    // Damaged already, or nested too deeply for more.
    return otherValue(random);
  }
}

function replaceOne(config: unknown, random: Random): string {
  const places: { readonly owner: Record<string, unknown>; readonly key: string }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      const owner = value as Record<string, unknown>;
      places.push({ owner, key });
      collect(owner[key]);
    }
  };
  collect(config);
  if (places.length === 0) return otherValue(random);
  const { owner, key } = random.pick(places);
  const mark = "the other value";
  owner[key] = mark;
  return JSON.stringify(config).replace(`"${mark}"`, otherValue(random));
}

function otherValue(random: Random): string {
  const values = [
    () => "null",
    () => "{}",
    () => "[]",
    () => '"text"',
    () => String(random.bits()),
    () => String(random.below(10)),
    () => "-1",
    () => "1.5",
    () => "1e400",
    () => `"${"long".repeat(1000)}"`,
    () => '{"__proto__":{"major":2},"constructor":null}',
    () => `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`,
  ];
  return random.pick(values)();
}

/** Writes into a FIFO of some node; false when there is none, or nobody reads it. */
export function writeNoiseToFifo(
  domainPath: string,
  kind: string,
  random: Random,
  note: (text: string) => void,
): boolean {
  const paths: string[] = [];
  for (const node of readdirSync(domainPath)) {
    if (!node.startsWith("node.")) continue;
    for (const name of filesOf(join(domainPath, node))) {
      if (name === "life" || name.startsWith("bell")) paths.push(join(domainPath, node, name));
    }
  }
  if (paths.length === 0) return false;
  const path = random.pick(paths);
  const bytes = Buffer.alloc(noiseBytes(kind, random));
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = random.below(2) === 0 ? random.below(4) : random.bits();
  }
  note(`${path}: ${bytes.length} bytes`);
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fd, bytes);
    return true;
  } catch {
    // Full, or its owner has gone.
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function noiseBytes(kind: string, random: Random): number {
  if (kind === PARTS) return 1 + random.below(3) + 4 * random.below(8);
  // Now and then as much as the smallest FIFO holds.
  return random.below(16) === 0 ? 4096 : 4 * (1 + random.below(16));
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
