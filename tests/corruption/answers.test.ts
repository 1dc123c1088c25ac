/**
 * Answers: what the library does about one wrong word or file, for each that it once took badly.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawBytes } from "floe";
import { SERVICE_HEADER_STATE_WORD, Segment, SegmentKind, ServiceState } from "floe/internal";
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
