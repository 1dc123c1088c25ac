/**
 * Answers: what the library does about one wrong word or file, for each that it once took badly.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EventService, type PublishSubscribe, rawBytes } from "floe";
import {
  EntryState,
  type EventGeometry,
  eventGeometry,
  NODE_ENTRY_NODE_ID_WORD,
  NODE_ENTRY_STATE_WORD,
  newLinkShape,
  nodeEntryWord,
  PORT_ENTRY_STATE_WORD,
  type PortTable,
  type PublishSubscribeGeometry,
  portEntryWord,
  publishSubscribeGeometry,
  SERVICE_HEADER_GENERATION_WORD,
  SERVICE_HEADER_STATE_WORD,
  Segment,
  SegmentKind,
  ServiceState,
  writeId,
} from "floe/internal";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";

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

floeTest(
  "a configuration with lists nested deeper than any stack is an error as any other",
  (bench) => {
    using node = bench.node();
    using other = bench.node();
    using service = node.publishSubscribe("deep", { payload: rawBytes });
    const path = join(directoryOf(bench, "deep"), "service.json");
    const sound = readFileSync(path, "utf8");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const part of ['"major": 3', `"name": "deep"`, '"bufferSize": 8', '"variant": "bytes"']) {
      const [key] = part.split(":");
      writeFileSync(path, sound.replace(part, `${key}: ${deep}`));
      throwsCode(
        () => other.publishSubscribe(service.name, { payload: rawBytes }),
        "FLOE_SERVICE_CORRUPT",
        { found: /nested too deeply/ },
      );
    }
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
