/**
 * Answers: what the library does about one wrong word or file, for each that it once took badly.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EventService, type PublishSubscribe, rawBytes, struct, u32 } from "floe";
import {
  CHUNK_HEADER_PAYLOAD_BYTES_WORD,
  DATA_SEGMENT_ENTRY_INCARNATION_WORD,
  DATA_SEGMENT_FIRST_CHUNK_BYTES,
  dataSegmentEntryWord,
  EntryState,
  type EventGeometry,
  eventGeometry,
  LINK_CONNECTED_GENERATION_WORD,
  LINK_SLOTS_OFFSET_BYTES,
  linkWord,
  NODE_ENTRY_NODE_ID_WORD,
  NODE_ENTRY_STATE_WORD,
  newLinkShape,
  nodeEntryWord,
  PORT_ENTRY_GENERATION_WORD,
  PORT_ENTRY_PORT_ID_WORD,
  PORT_ENTRY_STATE_WORD,
  type PortTable,
  PUBLISH_SUBSCRIBE_HEADER_PAYLOAD_OFFSET_BYTES_WORD,
  type PublishSubscribeGeometry,
  portEntryWord,
  publishSubscribeGeometry,
  SERVICE_HEADER_GENERATION_WORD,
  SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD,
  SERVICE_HEADER_SENDER_TOPOLOGY_WORD,
  SERVICE_HEADER_STATE_WORD,
  Segment,
  SegmentKind,
  ServiceState,
  writeId,
} from "floe/internal";
import { assertFloeError, rejectsCode, throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import { mappedFiles } from "../support/resources.ts";

/** The directory of a publish-subscribe service. */
function directoryOf(bench: Bench, name: string): string {
  return join(bench.directory, `service.publish-subscribe.${name}`);
}

/** The words of a service's segment, for whoever writes what is wrong. */
function segmentOf(bench: Bench, name: string): Segment {
  const path = join(directoryOf(bench, name), "links");
  return Segment.openIfPresent(path, SegmentKind.publishSubscribe, "read-write")!;
}

/** The same of an event service. */
function eventSegmentOf(bench: Bench, name: string): Segment {
  const path = join(bench.directory, `service.event.${name}`, "links");
  return Segment.openIfPresent(path, SegmentKind.event, "read-write")!;
}

/** Where everything lies in a service of bytes. */
function geometryOf({ quality }: PublishSubscribe<typeof rawBytes>): PublishSubscribeGeometry {
  return publishSubscribeGeometry(newLinkShape(quality, 8));
}

function eventGeometryOf({ limits, notices }: EventService): EventGeometry {
  // What else a configuration holds has no part in it.
  return eventGeometry({ limits, notices } as Parameters<typeof eventGeometry>[0]);
}

/** Node 26 can parse and show what is nested deeper than the stack; it is wrong all the same. */
const NESTED = /nested too deeply|\[\[\[/;

floeTest(
  "a configuration with lists nested deeper than any stack is an error as any other",
  (bench) => {
    using node = bench.node();
    using other = bench.node();
    using service = node.publishSubscribe("deep", { payload: rawBytes });
    const path = join(directoryOf(bench, "deep"), "service.json");
    const sound = readFileSync(path, "utf8");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const open = (): unknown => other.publishSubscribe(service.name, { payload: rawBytes });
    for (const part of ['"major": 3', `"name": "deep"`, '"bufferSize": 8', '"variant": "bytes"']) {
      const [key] = part.split(":");
      writeFileSync(path, sound.replace(part, `${key}: ${deep}`));
      throwsCode(open, "FLOE_SERVICE_CORRUPT", { found: NESTED });
    }
    // What is looked at only after the file has been believed.
    const layoutOf = (name: string, alignment: string): string => {
      const layout = `{"name": ${name}, "alignmentBytes": ${alignment}, "fields": []}`;
      return `"variant": "struct", "layout": ${layout}`;
    };
    writeFileSync(path, sound.replace('"variant": "bytes"', layoutOf(deep, "8")));
    throwsCode(open, "FLOE_PAYLOAD_MISMATCH", { found: NESTED });
    writeFileSync(path, sound.replace('"variant": "bytes"', layoutOf('"Pose"', deep)));
    throwsCode(open, "FLOE_SERVICE_CORRUPT", { wanted: /shape/ });
    writeFileSync(path, sound);
  },
);

floeTest("a service that was replaced while in use is not taken for its successor", (bench) => {
  using node = bench.node();
  using other = bench.node();
  using service = node.publishSubscribe("replaced", { payload: rawBytes });
  using subscriber = service.subscriber();
  rmSync(directoryOf(bench, "replaced"), { recursive: true });
  using successor = other.publishSubscribe("replaced", { payload: rawBytes });
  throwsCode(() => service.publisher(), "FLOE_SERVICE_CORRUPT", { found: /replaced/ });
  using publisher = successor.publisher();
  publisher.sendCopy(new Uint8Array(1));
  if (subscriber.poll(1, () => {}) !== 0) throw new Error("a message of another service");
});

floeTest("an old handle of a replaced service takes nothing from its successor", (bench) => {
  using node = bench.node();
  const options: { readonly payload: typeof rawBytes } = { payload: rawBytes };
  const old = node.publishSubscribe("anew", options);
  rmSync(directoryOf(bench, "anew"), { recursive: true });
  using anew = node.publishSubscribe("anew", { ...options, mode: "create" });
  using publisher = anew.publisher();
  using subscriber = anew.subscriber();
  old.close();
  node.publishSubscribe("anew", options).close();
  if (publisher.sendCopy(new Uint8Array(1)) !== 1) throw new Error("a publisher without place");
  if (subscriber.poll(1, () => {}) !== 1) throw new Error("a message that did not come");
  if (anew.publishers().length !== 1) throw new Error("a place that was freed");
});

floeTest("a service is not removed because of a word that says that it was", (bench) => {
  using node = bench.node();
  using other = bench.node();
  using service = node.publishSubscribe("state", { payload: rawBytes });
  const segment = segmentOf(bench, "state");
  const open = (): unknown => other.publishSubscribe("state", { payload: rawBytes });
  for (const state of [ServiceState.removed, 0, 7, -1]) {
    segment.words[SERVICE_HEADER_STATE_WORD] = state;
    throwsCode(open, "FLOE_SERVICE_CORRUPT", { wanted: /state/, found: new RegExp(`${state}`) });
  }
  service.publisher().close();
  segment.words[SERVICE_HEADER_STATE_WORD] = ServiceState.open;
  segment.close();
});

floeTest("a port whose place has become another's leaves that alone", (bench) => {
  using node = bench.node();
  const limits = { maxPublishers: 1, maxSubscribers: 1 };
  using service = node.publishSubscribe("taken", { payload: rawBytes, ...limits });
  using events = node.event("taken", { maxNotifiers: 1, maxListeners: 1 });
  const { publishers, subscribers } = geometryOf(service);
  const { notifiers, listeners } = eventGeometryOf(events);
  const ports: readonly [Segment, PortTable, () => { close(): void }][] = [
    [segmentOf(bench, "taken"), publishers, () => service.publisher()],
    [segmentOf(bench, "taken"), subscribers, () => service.subscriber()],
    [eventSegmentOf(bench, "taken"), notifiers, () => events.notifier()],
    [eventSegmentOf(bench, "taken"), listeners, () => events.listener()],
  ];
  for (const [segment, table, make] of ports) {
    const stateWord = portEntryWord(table, 0) + PORT_ENTRY_STATE_WORD;
    const former = make();
    segment.words[stateWord] = EntryState.free;
    const successor = make();
    former.close();
    assert.equal(segment.words[stateWord], EntryState.active);
    successor.close();
    assert.equal(segment.words[stateWord], EntryState.free);
    segment.close();
  }
});

floeTest("a node whose place has become another's leaves that alone", (bench) => {
  using one = bench.node();
  using other = bench.node();
  const service = one.publishSubscribe("place", { payload: rawBytes });
  using _ = other.publishSubscribe("place", { payload: rawBytes });
  const segment = segmentOf(bench, "place");
  const entryWord = nodeEntryWord(geometryOf(service), 0);
  writeId(segment.words, entryWord + NODE_ENTRY_NODE_ID_WORD, other.id);
  service.close();
  assert.equal(segment.words[entryWord + NODE_ENTRY_STATE_WORD], EntryState.active);
  segment.words[entryWord + NODE_ENTRY_STATE_WORD] = EntryState.free;
  segment.close();
});

floeTest("a counter that was set back gives no port the number of its predecessor", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("counter", { payload: rawBytes });
  using publisher = service.publisher();
  const segment = segmentOf(bench, "counter");
  for (let round = 0; round < 3; round += 1) {
    segment.words[SERVICE_HEADER_GENERATION_WORD] = 1;
    using subscriber = service.subscriber();
    assert.equal(publisher.sendCopy(new Uint8Array(1)), 1);
    assert.equal(
      subscriber.poll(1, () => {}),
      1,
    );
  }
  segment.close();
});

/** The ways in which an entry can be taken from its port. */
const DISPLACEMENTS: readonly [string, word: number, value: number][] = [
  ["freed", PORT_ENTRY_STATE_WORD, EntryState.free],
  ["given a state that does not exist", PORT_ENTRY_STATE_WORD, 77],
  ["given another number", PORT_ENTRY_GENERATION_WORD, 77],
];

for (const [what, word, value] of DISPLACEMENTS) {
  floeTest(`a subscriber whose entry was ${what} is told, asleep or awake`, async (bench) => {
    using node = bench.node();
    using service = node.publishSubscribe("told", { payload: rawBytes });
    using subscriber = service.subscriber();
    using publisher = service.publisher();
    publisher.sendCopy(new Uint8Array(1));
    const sample = subscriber.tryTake()!;
    const segment = segmentOf(bench, "told");
    segment.words[portEntryWord(geometryOf(service).subscribers, 0) + word] = value;
    const poll = (): number => subscriber.poll(1, () => {});
    throwsCode(
      () => {
        for (let look = 0; look < 64; look += 1) poll();
      },
      "FLOE_SERVICE_CORRUPT",
      { subject: /subscriber/, found: /damaged/ },
    );
    throwsCode(poll, "FLOE_SERVICE_CORRUPT");
    await rejectsCode(subscriber.take({ timeout: 20_000 }), "FLOE_SERVICE_CORRUPT");
    throwsCode(() => subscriber.takeSync({ timeout: 20_000 }), "FLOE_SERVICE_CORRUPT");
    sample.release();
    segment.close();
  });

  floeTest(`a listener whose entry was ${what} is told, asleep or awake`, async (bench) => {
    using node = bench.node();
    using service = node.event("told");
    using listener = service.listener();
    using notifier = service.notifier();
    const segment = eventSegmentOf(bench, "told");
    segment.words[portEntryWord(eventGeometryOf(service).listeners, 0) + word] = value;
    await rejectsCode(listener.wait({ timeout: 20_000 }), "FLOE_SERVICE_CORRUPT");
    throwsCode(() => listener.waitSync({ timeout: 20_000 }), "FLOE_SERVICE_CORRUPT");
    throwsCode(() => listener.poll(() => {}), "FLOE_SERVICE_CORRUPT", { subject: /listener/ });
    notifier.notify(1);
    segment.close();
  });

  floeTest(`a publisher whose entry was ${what} warns, and reaches nobody`, async (bench) => {
    using node = bench.node();
    using service = node.publishSubscribe("told", { payload: rawBytes });
    const publisher = service.publisher();
    using former = service.subscriber();
    assert.equal(publisher.sendCopy(new Uint8Array(1)), 1);
    const segment = segmentOf(bench, "told");
    const warned = once(process, "warning");
    segment.words[portEntryWord(geometryOf(service).publishers, 0) + word] = value;
    using subscriber = service.subscriber();
    assert.equal(publisher.sendCopy(new Uint8Array(1)), 0);
    assertFloeError((await warned)[0], "FLOE_SERVICE_CORRUPT", { subject: /publisher/ });
    using successor = service.publisher();
    publisher.sendCopy(new Uint8Array(90_000));
    publisher.close();
    assert.equal(successor.sendCopy(new Uint8Array(2)), 2);
    for (const port of [former, subscriber]) {
      const lengths: number[] = [];
      while (port.poll(1, (bytes) => lengths.push(bytes.length)) > 0);
      assert.equal(lengths.at(-1), 2);
    }
    segment.close();
  });
}

floeTest("a listener takes nothing from another that has got its place", (bench) => {
  using node = bench.node();
  using service = node.event("stolen");
  using former = service.listener();
  const segment = eventSegmentOf(bench, "stolen");
  const { listeners } = eventGeometryOf(service);
  segment.words[portEntryWord(listeners, 0) + PORT_ENTRY_STATE_WORD] = EntryState.free;
  using successor = service.listener();
  using notifier = service.notifier();
  notifier.notify(5);
  throwsCode(() => former.poll(() => {}), "FLOE_SERVICE_CORRUPT");
  assert.deepEqual(successor.tryWait(), [{ eventId: 5, count: 1 }]);
  segment.close();
});

floeTest("ports find each other whatever number their changes have", (bench) => {
  using node = bench.node();
  for (const number of [0, -1, -2, -3, -0x8000_0000, 0x7fff_ffff]) {
    using service = node.publishSubscribe("number", { payload: rawBytes });
    using events = node.event("number");
    const segment = segmentOf(bench, "number");
    const segmentOfEvents = eventSegmentOf(bench, "number");
    for (const { words } of [segment, segmentOfEvents]) {
      words[SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD] = number;
      words[SERVICE_HEADER_SENDER_TOPOLOGY_WORD] = number;
    }
    using early = service.subscriber();
    segment.words[SERVICE_HEADER_RECEIVER_TOPOLOGY_WORD] = number;
    using publisher = service.publisher();
    using late = service.subscriber();
    assert.equal(publisher.sendCopy(new Uint8Array(1)), 2);
    for (const subscriber of [early, late]) {
      assert.equal(
        subscriber.poll(1, () => {}),
        1,
      );
    }
    using notifier = events.notifier();
    using listener = events.listener();
    notifier.notify(1);
    assert.equal(listener.tryWait().length, 1);
    segment.close();
    segmentOfEvents.close();
  }
});

floeTest("a data segment that cannot be mapped is let go of once, by each who had it", (bench) => {
  using near = bench.node();
  using far = bench.node();
  using service = near.publishSubscribe("once", { payload: rawBytes });
  using remote = far.publishSubscribe("once", { payload: rawBytes });
  using publisher = remote.publisher();
  using first = service.subscriber();
  using second = service.subscriber();
  publisher.sendCopy(new Uint8Array([7]));
  first.poll(1, () => {});
  using sample = second.tryTake()!;
  const segment = segmentOf(bench, "once");
  const entryWord = dataSegmentEntryWord(geometryOf(service), 0, 1);
  writeFileSync(join(directoryOf(bench, "once"), `data.${publisher.id}.1.5`), "noise, words of 4");
  segment.words[entryWord + DATA_SEGMENT_ENTRY_INCARNATION_WORD] = 5;
  segment.words[SERVICE_HEADER_SENDER_TOPOLOGY_WORD]! += 1;
  throwsCode(() => first.poll(1, () => {}), "FLOE_SERVICE_CORRUPT");
  first.poll(1, () => {});
  assert.equal(sample.payload[0], 7);
  segment.close();
});

floeTest("a link that ends while its message is found to be nonsense keeps no memory", (bench) => {
  using near = bench.node();
  using far = bench.node();
  using service = near.publishSubscribe("ended", { payload: rawBytes });
  using remote = far.publishSubscribe("ended", { payload: rawBytes });
  using publisher = remote.publisher();
  using subscriber = service.subscriber();
  publisher.sendCopy(new Uint8Array([7]));
  subscriber.poll(1, () => {});
  publisher.sendCopy(new Uint8Array([8]));
  const segment = segmentOf(bench, "ended");
  const geometry = geometryOf(service);
  const firstWord = linkWord(geometry, 0, 0);
  segment.words[firstWord + LINK_CONNECTED_GENERATION_WORD] = 0;
  const slotWord = firstWord + (LINK_SLOTS_OFFSET_BYTES + geometry.slotStrideBytes) / 4;
  segment.words[slotWord]! |= 0xffff;
  segment.words[SERVICE_HEADER_SENDER_TOPOLOGY_WORD]! += 1;
  const mapped = (): number => mappedFiles(bench.root).filter((path) => /data\./.test(path)).length;
  const before = mapped();
  throwsCode(() => subscriber.poll(1, () => {}), "FLOE_LINK_POISONED");
  assert.equal(mapped(), before - 1);
  segment.close();
});

floeTest("a publisher with another's id is not taken for the other", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("twin", { payload: rawBytes });
  using publisher = service.publisher();
  using known = service.subscriber();
  publisher.sendCopy(new Uint8Array([1]));
  assert.equal(
    known.poll(1, () => {}),
    1,
  );
  using twin = service.publisher();
  const { publishers } = geometryOf(service);
  const segment = segmentOf(bench, "twin");
  const twinWord = portEntryWord(publishers, 1) + PORT_ENTRY_PORT_ID_WORD;
  writeId(segment.words, twinWord, publisher.id);
  using subscriber = service.subscriber();
  for (const port of [publisher, twin]) port.sendCopy(new Uint8Array([port === twin ? 3 : 2]));
  const poll = (port: typeof known): number[] => {
    const seen: number[] = [];
    for (let look = 0; look < 5; look += 1) port.poll(9, (bytes) => seen.push(bytes[0]!));
    return seen;
  };
  for (const port of [known, subscriber]) {
    throwsCode(() => poll(port), "FLOE_SERVICE_CORRUPT", { wanted: /publisher ids/ });
  }
  for (const port of [publisher, twin]) port.sendCopy(new Uint8Array([port === twin ? 5 : 4]));
  // What was in hand when the twin was found is not lost.
  assert.deepEqual(poll(known), [2, 4]);
  // Who has known neither before believes neither.
  assert.deepEqual(poll(subscriber), []);
  writeId(segment.words, twinWord, twin.id);
  segment.close();
});

floeTest("a struct whose payload is said to be shorter is not read", (bench) => {
  const Pair = struct("Pair", { one: u32, other: u32 });
  using node = bench.node();
  using service = node.publishSubscribe("short", { payload: Pair });
  using publisher = service.publisher();
  using subscriber = service.subscriber();
  publisher.send((pair) => void (pair.one = 1));
  const [name] = readdirSync(directoryOf(bench, "short")).filter((one) => one.startsWith("data."));
  const path = join(directoryOf(bench, "short"), name!);
  const data = Segment.openIfPresent(path, SegmentKind.data, "read-write")!;
  const lengthWord = DATA_SEGMENT_FIRST_CHUNK_BYTES / 4 + CHUNK_HEADER_PAYLOAD_BYTES_WORD;
  assert.equal(data.words[lengthWord], Pair.sizeBytes);
  data.words[lengthWord] = Pair.sizeBytes - 1;
  throwsCode(() => subscriber.poll(1, () => {}), "FLOE_LINK_POISONED", { wanted: /its type/ });
  data.close();
});

floeTest("a publisher that needs memory in a service that was removed says so", (bench) => {
  using node = bench.node();
  using service = node.publishSubscribe("gone", { payload: rawBytes });
  using publisher = service.publisher();
  rmSync(directoryOf(bench, "gone"), { recursive: true });
  throwsCode(() => publisher.sendCopy(new Uint8Array(1)), "FLOE_SERVICE_CORRUPT", {
    subject: /gone/,
    found: /removed/,
  });
});

floeTest("a service with living ports is not removed because of a damaged node", (bench) => {
  using one = bench.node();
  using other = bench.node();
  const service = one.publishSubscribe("kept", { payload: rawBytes });
  const publisher = service.publisher();
  const segment = segmentOf(bench, "kept");
  const entryWord = nodeEntryWord(geometryOf(service), 0);
  segment.words[entryWord + NODE_ENTRY_NODE_ID_WORD]! ^= 1;
  using remote = other.publishSubscribe("kept", { payload: rawBytes });
  using subscriber = remote.subscriber();
  publisher.sendCopy(new Uint8Array(1));
  assert.equal(
    subscriber.poll(1, () => {}),
    1,
  );
  publisher.close();
  service.close();
  segment.close();
});

floeTest("payloads are not read beside where they are", (bench) => {
  using node = bench.node();
  using other = bench.node();
  using _ = node.publishSubscribe("beside", { payload: rawBytes });
  const segment = segmentOf(bench, "beside");
  for (const offsetBytes of [8, 24, 64, 4096]) {
    segment.words[PUBLISH_SUBSCRIBE_HEADER_PAYLOAD_OFFSET_BYTES_WORD] = offsetBytes;
    const open = (): unknown => other.publishSubscribe("beside", { payload: rawBytes });
    throwsCode(open, "FLOE_SERVICE_CORRUPT", {
      found: new RegExp(`"payloadOffsetBytes":${offsetBytes}`),
    });
  }
  segment.close();
});
