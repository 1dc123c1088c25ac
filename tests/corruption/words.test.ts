/**
 * The list of words is complete: every word of a segment is of one kind, every field of the format
 * is among the kinds, and nothing that the library uses is taken for reserved.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD,
  DATA_SEGMENT_HEADER_NUMBER_WORD,
  Segment,
  SegmentKind,
} from "floe/internal";
import { floeTest } from "../support/bench.ts";
import { Random } from "../support/random.ts";
import { Findings } from "./findings.ts";
import { geometriesOf } from "./geometries.ts";
import { Party } from "./party.ts";
import { examine, wordOf } from "./payloads.ts";
import { NOISY_DIRECTORIES } from "./services.ts";
import {
  allKinds,
  type FieldsByKind,
  RESERVED,
  wordsOfData,
  wordsOfEvents,
  wordsOfPublishSubscribe,
} from "./words.ts";

function assertEachWordOnce(fieldsByKind: FieldsByKind, sizeBytes: number): void {
  const kinds = allKinds();
  const times = new Uint8Array(sizeBytes / 4);
  for (const [kind, fields] of fieldsByKind) {
    assert.ok(kinds.includes(kind), `the kind "${kind}" is not in the list`);
    for (const { wordIndex, wordCount } of fields) {
      for (let word = wordIndex; word < wordIndex + wordCount; word += 1) times[word]! += 1;
    }
  }
  assert.ok(
    times.every((count) => count === 1),
    `word ${times.findIndex((count) => count !== 1)}`,
  );
}

test("every word of every segment is of one kind, and every kind has a word", () => {
  const { publishSubscribe, events } = geometriesOf();
  const [geometry] = Object.values(publishSubscribe);
  const sizeBytes = 64 * 1024;
  const data = wordsOfData(sizeBytes, 256, geometry!.payloadOffsetBytes);
  assertEachWordOnce(data, sizeBytes);
  assertEachWordOnce(wordsOfPublishSubscribe(geometry!), geometry!.segmentBytes);
  assertEachWordOnce(wordsOfEvents(events), events.segmentBytes);
  const found = new Set([
    ...data.keys(),
    ...wordsOfPublishSubscribe(geometry!).keys(),
    ...wordsOfEvents(events).keys(),
  ]);
  assert.deepEqual([...found].sort(), [...new Set(allKinds())].sort());
});

floeTest("no word that is in use is taken for reserved", async (bench) => {
  const { publishSubscribe, events } = geometriesOf();
  const findings = new Findings();
  const party = new Party(bench.domain, "both", new Random(1), findings);
  party.open();
  party.makeFresh();
  for (let step = 0; step < 3000; step += 1) party.step();
  await party.respond();
  let usedCount = 0;
  for (const directory of NOISY_DIRECTORIES) {
    for (const name of readdirSync(join(bench.directory, directory))) {
      if (name === "service.json") continue;
      const geometry = publishSubscribe[directory];
      const links = geometry === undefined ? SegmentKind.event : SegmentKind.publishSubscribe;
      const kind = name === "links" ? links : SegmentKind.data;
      const path = join(bench.directory, directory, name);
      using segment = Segment.openIfPresent(path, kind, "read")!;
      const { words, sizeBytes } = segment;
      const strideBytes = words[DATA_SEGMENT_HEADER_CHUNK_STRIDE_BYTES_WORD]!;
      const fields =
        kind === SegmentKind.data
          ? wordsOfData(sizeBytes, strideBytes, geometry!.payloadOffsetBytes)
          : geometry === undefined
            ? wordsOfEvents(events)
            : wordsOfPublishSubscribe(geometry);
      assert.ok(kind !== SegmentKind.data || words[DATA_SEGMENT_HEADER_NUMBER_WORD]! > 0);
      for (const { wordIndex } of fields.get(RESERVED) ?? []) {
        assert.equal(words[wordIndex], 0, `${name}, word ${wordIndex}`);
      }
      usedCount += words.filter((word) => word !== 0).length;
    }
  }
  assert.ok(usedCount > 500, `${usedCount} words in use`);
  party.close();
  assert.deepEqual(findings.takeSummary().offences, []);
});

test("a payload of another publisher is told from one that was torn", () => {
  const words = Array.from({ length: 16 }, (_, index) => wordOf(7, 3, index));
  const examined = (changed: Record<number, number>) =>
    examine(16, (index) => changed[index] ?? words[index]!, 7, 3);
  assert.equal(examined({}), "sound");
  assert.equal(examined({ 0: wordOf(8, 3, 0), 5: 12 }), "torn");
  const sequences = Object.fromEntries(words.map((_, index) => [index, wordOf(7, 4, index)]));
  assert.equal(examined(sequences), "torn");
  const others = Object.fromEntries(words.map((_, index) => [index, wordOf(8, 3, index)]));
  assert.equal(examined(others), "foreign");
});
