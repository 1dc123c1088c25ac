/**
 * Payloads that say whose they are: every word names the publisher and the message.
 *
 * A message may be torn, because its publisher wrote on, or changed by a stray write of one word.
 * It may never be another publisher's: then most of its words name that one.
 */

/** What a payload turned out to be. */
export type Finding = "sound" | "torn" | "foreign";

const TAG_MASK = 0xffff;

/** A publisher in 16 bits of its id. */
export function tagOf(publisherId: string): number {
  return Number.parseInt(publisherId.slice(0, 4), 16);
}

/** One word of the message `sequence` of the publisher with a tag. */
export function wordOf(tag: number, sequence: number, index: number): number {
  return ((tag << 16) | ((sequence + index * 40_503) & TAG_MASK)) >>> 0;
}

/** Examines a payload of `count` words, which `wordAt` reads. */
export function examine(
  count: number,
  wordAt: (index: number) => number,
  tag: number,
  sequence: number,
): Finding {
  const counts: Map<number, number> = new Map();
  let soundCount = 0;
  for (let index = 0; index < count; index += 1) {
    const word = wordAt(index);
    if (word === wordOf(tag, sequence, index)) soundCount += 1;
    const found = word >>> 16;
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  if (soundCount === count) return "sound";
  for (const [found, words] of counts) {
    // Zeroes are nobody's: memory that was given back while a sample was held.
    if (found !== tag && found !== 0 && words > count / 2) return "foreign";
  }
  return "torn";
}
