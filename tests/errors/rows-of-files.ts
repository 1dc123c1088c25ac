/**
 * The table of errors, second part: files that were damaged, replaced or removed behind our back.
 */
import { readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawBytes } from "floe";
import type { Row, Stage } from "./stage.ts";

const MAGIC_BYTE = 0;
const MAJOR_BYTE = 4;
const KIND_BYTE = 12;
const OWNER_BYTE = 32;
const BUFFER_SIZE_BYTE = 524;
const SLOT_STRIDE_BYTE = 528;

const removeIt = /stop the service's processes and remove/;
const sameMajor = /share the major format/;

/** A service that is there, whose files are then changed; another node then opens it. */
function damaged(damage: (stage: Stage) => void): Row["provoke"] {
  return (stage) => {
    stage.ticks();
    damage(stage);
    stage.ticks();
  };
}

function configRow(
  mistake: string,
  wanted: RegExp,
  found: RegExp,
  edit: (text: string) => string | Uint8Array,
): Row {
  return {
    mistake: `a service.json that ${mistake}`,
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /service\.json$/, wanted, found, remedy: removeIt },
    provoke: damaged((stage) => stage.editConfig(edit)),
  };
}

const noise = Uint8Array.from({ length: 999 }, (_, index) => (index * 7919) >> 3);

/** The configuration with one member replaced. */
function replacing(path: readonly string[], value: unknown): (text: string) => string {
  return (text) => {
    const config = JSON.parse(text) as Record<string, unknown>;
    let parent = config;
    for (const name of path.slice(0, -1)) parent = parent[name] as Record<string, unknown>;
    parent[path.at(-1)!] = value;
    return JSON.stringify(config);
  };
}

const configRows: readonly Row[] = [
  configRow("is empty", /configuration/, /^0 other/, () => ""),
  configRow("was cut off", /configuration/, /characters/, (text) => text.slice(0, 200)),
  configRow("is binary noise", /configuration/, /characters/, () => noise),
  configRow("is null", /format\.major/, /nothing/, () => "null"),
  configRow("is a list", /format\.major/, /nothing/, () => "[]"),
  configRow("is a number", /format\.major/, /nothing/, () => "1"),
  configRow("has a text as version", /format\.major/, /"1"/, replacing(["format", "major"], "1")),
  configRow("has another pattern", /pattern/, /"event"/, replacing(["pattern"], "event")),
  configRow("has no name", /name/, /null/, replacing(["name"], null)),
  configRow("has a hostile name", /name/, /toString/, replacing(["name"], { toString: 1 })),
  configRow("has another name", /service\.publish-subscribe\.s$/, /"t"/, replacing(["name"], "t")),
  configRow("has an empty name", /service\.publish-subscribe\.s$/, /""/, replacing(["name"], "")),
  configRow("has a bad id", /serviceId/, /"x"/, replacing(["serviceId"], "x")),
  configRow("has no payload", /payload/, /nothing/, replacing(["payload"], undefined)),
  configRow("has a bad limit", /maxNodes/, /-1/, replacing(["quality", "maxNodes"], -1)),
  configRow("has no limits", /bufferSize/, /nothing/, replacing(["quality"], {})),
  configRow(
    "names deep noise",
    /name/,
    /\[\[/,
    replacing(["name"], JSON.parse("[".repeat(99) + "]".repeat(99))),
  ),
  {
    mistake: "a service.json of another format version",
    code: "FLOE_FORMAT_VERSION",
    expected: { subject: /service\.json/, wanted: /version 3/, found: /99/, remedy: sameMajor },
    provoke: damaged((stage) => stage.editConfig(replacing(["format", "major"], 99))),
  },
  {
    mistake: "a service.json that is huge",
    code: "FLOE_SERVICE_CORRUPT",
    expected: {
      subject: /service\.json/,
      wanted: /1048576 bytes/,
      found: /^20\d{5} bytes/,
      remedy: /remove/,
    },
    provoke: damaged((stage) => stage.editConfig((json) => json + " ".repeat(2 << 20))),
  },
  {
    mistake: "a service.json that is missing",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /service\.json/, wanted: /file/, found: /missing/, remedy: /remove/ },
    provoke: damaged((stage) => rmSync(join(stage.directory(), "service.json"))),
  },
  {
    mistake: "a payload in service.json that is noise",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /"s"/, wanted: /Tick/, found: /./, remedy: /payload type/ },
    provoke: damaged((stage) => {
      const layout = { name: "Tick", fields: [null, 1, {}] };
      stage.editConfig(replacing(["payload"], { variant: "struct", layout }));
    }),
  },
];

function linksRow(
  mistake: string,
  wanted: RegExp,
  found: RegExp,
  damage: (stage: Stage) => void,
): Row {
  return {
    mistake: `links that ${mistake}`,
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /links$/, wanted, found, remedy: removeIt },
    provoke: damaged(damage),
  };
}

/** Puts another file in the place of the links, which stay mapped by those who have them. */
function replaceLinks(stage: Stage, content: Uint8Array): void {
  rmSync(join(stage.directory(), "links"));
  writeFileSync(join(stage.directory(), "links"), content);
}

const linksRows: readonly Row[] = [
  linksRow("are empty", /size/, /0/, (stage) => replaceLinks(stage, new Uint8Array(0))),
  linksRow("have an odd length", /words/, /999/, (stage) => replaceLinks(stage, noise)),
  linksRow("are noise", /magic/, /0x/, (stage) => replaceLinks(stage, noise.subarray(0, 996))),
  linksRow("have another magic", /magic/, /0x1/, (stage) => stage.poke("links", MAGIC_BYTE, 1)),
  linksRow("are of another kind", /kind 1/, /2/, (stage) => stage.poke("links", KIND_BYTE, 2)),
  linksRow("belong to another", /id/, /./, (stage) => stage.poke("links", OWNER_BYTE, 5)),
  linksRow("have another buffer", /524/, /77/, (s) => s.poke("links", BUFFER_SIZE_BYTE, 77)),
  linksRow("have no shape", /shape/, /"slotStrideBytes":3/, (stage) => {
    stage.poke("links", SLOT_STRIDE_BYTE, 3);
  }),
  linksRow("were cut off", /size/, /131072/, (stage) => {
    // The service that has them mapped must not touch what was cut off: nothing can protect it.
    truncateSync(join(stage.directory(), "links"), 131_072);
  }),
  {
    mistake: "links of another format version",
    code: "FLOE_FORMAT_VERSION",
    expected: { subject: /links/, wanted: /version 3/, found: /version 4/, remedy: sameMajor },
    provoke: damaged((stage) => stage.poke("links", MAJOR_BYTE, 4)),
  },
  {
    mistake: "links that are missing when another opens them",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /links/, wanted: /file/, found: /missing/, remedy: /remove/ },
    provoke: damaged((stage) => rmSync(join(stage.directory(), "links"))),
  },
  {
    mistake: "links that are missing when a port joins",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /links/, wanted: /file/, found: /removed/, remedy: removeIt },
    provoke: (stage) => {
      const service = stage.ticks();
      rmSync(join(stage.directory(), "links"));
      stage.hold(service.publisher());
    },
  },
];

/** A publisher whose data segment is then changed, and a subscriber that has to map it. */
function damagedData(damage: (stage: Stage, file: string) => void): Row["provoke"] {
  return (stage) => {
    const service = stage.open("s", { payload: rawBytes });
    const publisher = stage.hold(service.publisher());
    publisher.sendCopy(new Uint8Array(500));
    const file = readdirSync(stage.directory()).find((name) => name.startsWith("data."))!;
    damage(stage, file);
    const subscriber = stage.hold(service.subscriber());
    publisher.sendCopy(new Uint8Array(500));
    subscriber.poll(9, () => {});
  };
}

function replaceData(content: Uint8Array): Row["provoke"] {
  return damagedData((stage, file) => {
    const path = join(stage.directory(), file);
    renameSync(path, `${path}.old`);
    writeFileSync(path, content);
  });
}

const dataRows: readonly Row[] = [
  {
    mistake: "a data segment that is empty",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /data\./, wanted: /size/, found: /0 bytes/, remedy: removeIt },
    provoke: replaceData(new Uint8Array(0)),
  },
  {
    mistake: "a data segment that is noise",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /data\./, wanted: /magic/, found: /0x/, remedy: removeIt },
    provoke: replaceData(noise.subarray(0, 800)),
  },
  {
    mistake: "a data segment of an odd length",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /data\./, wanted: /words/, found: /999/, remedy: removeIt },
    provoke: replaceData(noise),
  },
  {
    mistake: "a data segment with other chunks",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /data\./, wanted: /chunks/, found: /^3 of/, remedy: removeIt },
    provoke: damagedData((stage, file) => stage.poke(file, 136, 3)),
  },
  {
    mistake: "a data segment of another format version",
    code: "FLOE_FORMAT_VERSION",
    expected: { subject: /data\./, wanted: /version 3/, found: /version 7/, remedy: sameMajor },
    provoke: damagedData((stage, file) => stage.poke(file, MAJOR_BYTE, 7)),
  },
  {
    mistake: "a data segment that is missing",
    code: "FLOE_LINK_POISONED",
    expected: { subject: /publisher/, wanted: /data segment/, found: /0x1/, remedy: /restart/ },
    provoke: damagedData((stage, file) => rmSync(join(stage.directory(), file))),
  },
];

const removedRows: readonly Row[] = [
  {
    mistake: "a service's directory that was removed while in use",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /"s"/, wanted: /directory/, found: /removed/, remedy: /open it again/ },
    provoke: (stage) => {
      const service = stage.ticks();
      rmSync(stage.directory(), { recursive: true });
      stage.hold(service.subscriber());
    },
  },
  {
    mistake: "a domain that was removed while ports are open",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /"s"/, wanted: /directory/, found: /removed/, remedy: /open it again/ },
    provoke: (stage) => {
      const service = stage.ticks();
      const publisher = stage.hold(service.publisher());
      const subscriber = stage.hold(service.subscriber());
      publisher.send((tick) => void (tick.count = 1));
      subscriber.poll(9, () => {});
      rmSync(stage.bench.directory, { recursive: true });
      // Those who are connected go on: what is mapped needs no name.
      publisher.send((tick) => void (tick.count = 2));
      if (subscriber.poll(9, () => {}) !== 1) throw new Error("a message was lost");
      stage.hold(service.publisher());
    },
  },
  {
    mistake: "a domain that was removed before a service is made",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /alive$/, wanted: /lives/, found: /removed/, remedy: /new node/ },
    provoke: (stage) => {
      const node = stage.node();
      rmSync(stage.bench.directory, { recursive: true });
      stage.hold(node.publishSubscribe("new", { payload: rawBytes }));
    },
  },
  {
    mistake: "a file in the way of a service",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /service\.publish/, wanted: /directory/, found: /file/, remedy: /Remove/ },
    provoke: (stage) => {
      const node = stage.node();
      writeFileSync(stage.directory(), "");
      stage.hold(node.publishSubscribe("s", { payload: rawBytes }));
    },
  },
];

/** Rows about files. */
export const rowsOfFiles: readonly Row[] = [
  ...configRows,
  ...linksRows,
  ...dataRows,
  ...removedRows,
];
