/**
 * Faults of files: damaged, replaced or removed behind floe's back.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { rawBytes } from "floe";
import type { Row, Stage } from "../support/stage.ts";
import type { Chapter, Fault } from "./fault.ts";

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
    code: "FLOE_SERVICE_CORRUPT",
    // Where payloads begin does not follow from such a type.
    expected: { subject: /links/, wanted: /shape/, found: /payloadOffsetBytes/, remedy: removeIt },
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
  linksRow("have grown", /size/, /bytes/, (stage) => {
    const path = join(stage.directory(), "links");
    const content = readFileSync(path);
    replaceLinks(stage, Buffer.concat([content, Buffer.alloc(4096)]));
  }),
  linksRow("are half as long", /size/, /bytes/, (stage) => {
    const content = readFileSync(join(stage.directory(), "links"));
    replaceLinks(stage, content.subarray(0, content.length / 2));
  }),
  linksRow("are nothing but a hole", /magic/, /0x0/, (stage) => {
    const path = join(stage.directory(), "links");
    const { length } = readFileSync(path);
    replaceLinks(stage, new Uint8Array(0));
    truncateSync(path, length);
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
    expected: {
      subject: /links/,
      wanted: /file/,
      found: /removed/,
      remedy: removeIt,
    },
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
    mistake: "a data segment that was cut off",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /data\./, wanted: /size/, found: /^800 bytes/, remedy: removeIt },
    provoke: damagedData((stage, file) => {
      const path = join(stage.directory(), file);
      const content = readFileSync(path);
      // Another file: what its publisher has mapped must not be cut off.
      rmSync(path);
      writeFileSync(path, content.subarray(0, 800));
    }),
  },
  {
    mistake: "a data segment that is a FIFO",
    code: "FLOE_SERVICE_CORRUPT",
    expected: { subject: /data\./, wanted: /regular file/, found: /a FIFO/, remedy: /Remove it/ },
    provoke: damagedData((stage, file) => {
      const path = join(stage.directory(), file);
      rmSync(path);
      execFileSync("mkfifo", [path]);
    }),
  },
  {
    mistake: "a data segment that is missing",
    code: "FLOE_LINK_POISONED",
    expected: { subject: /publisher/, wanted: /data segment/, found: /0x1/, remedy: /restart/ },
    provoke: damagedData((stage, file) => rmSync(join(stage.directory(), file))),
  },
];

/** Ways to replace a file by something of another kind. */
const REPLACEMENTS: Readonly<Record<string, (path: string) => void>> = {
  "a directory": (path) => mkdirSync(path),
  "a FIFO": (path) => execFileSync("mkfifo", [path]),
  "a symbolic link": (path) => symlinkSync(path, path),
};

/** Rows in which a file of a service is something else, each for each kind of thing. */
function replacedRows(file: string): Row[] {
  return Object.entries(REPLACEMENTS).map(([kind, replace]) => ({
    mistake: `${file} that is ${kind}`,
    code: "FLOE_SERVICE_CORRUPT",
    expected: {
      subject: new RegExp(`${file}$`),
      wanted: /^a regular file$/,
      found: new RegExp(`^${kind}$`),
      remedy: /Remove it/,
    },
    provoke: damaged((stage) => {
      const path = join(stage.directory(), file);
      rmSync(path);
      replace(path);
    }),
  }));
}

const wayRows: readonly Row[] = Object.entries(REPLACEMENTS)
  .filter(([kind]) => kind !== "a directory")
  .map(([kind, replace]) => ({
    mistake: `${kind} in the way of a service`,
    code: "FLOE_SERVICE_CORRUPT",
    expected: {
      subject: /service\.publish-subscribe\.s$/,
      wanted: /^a directory$/,
      found: new RegExp(`^${kind}$`),
      remedy: /Remove it/,
    },
    provoke: (stage) => {
      const node = stage.node();
      replace(stage.directory());
      stage.hold(node.publishSubscribe("s", { payload: rawBytes }));
    },
  }));

const fileInTheWay: Row = {
  mistake: "a file in the way of a service",
  code: "FLOE_SERVICE_CORRUPT",
  expected: { subject: /service\.publish/, wanted: /directory/, found: /file/, remedy: /Remove/ },
  provoke: (stage) => {
    const node = stage.node();
    writeFileSync(stage.directory(), "");
    stage.hold(node.publishSubscribe("s", { payload: rawBytes }));
  },
};

const copyRow: Row = {
  mistake: "a service's directory that was copied to another name",
  code: "FLOE_SERVICE_CORRUPT",
  expected: {
    subject: /service\.publish-subscribe\.copy\/service\.json$/,
    wanted: /name of the service in service\.publish-subscribe\.copy/,
    found: /"s"/,
    remedy: /remove/,
  },
  provoke: (stage) => {
    stage.ticks();
    cpSync(stage.directory(), stage.directory("copy"), { recursive: true });
    stage.ticks("copy");
  },
};

/** Rows that end in an error, as faults with an outcome. */
function faultsOf(outcome: string, rows: readonly Row[]): Fault[] {
  return rows.map(({ mistake, code, expected, provoke }) => ({
    fault: mistake,
    outcome,
    codes: [code],
    mayLeaveFiles: true,
    prove: (scene) => scene.rejects(code, expected, (async () => provoke(scene))()),
  }));
}

const CANNOT_PROTECT =
  "What is mapped already cannot be protected: a file that is cut off while it is in use ends " +
  "its users with SIGBUS. Random noise, everywhere and at any time, is tried by " +
  "`tests/errors/hostile-memory.test.ts`: values and errors, never a crash.";

/** See the file's first paragraph. */
export const fileFaults: readonly Chapter[] = [
  {
    title: "Damaged files of a service",
    text: `Opening the service throws. ${CANNOT_PROTECT}`,
    faults: faultsOf("The error names the file, what must stand there and what does.", [
      ...configRows,
      ...replacedRows("service.json"),
      ...linksRows,
      ...replacedRows("links"),
      ...wayRows,
      fileInTheWay,
      copyRow,
    ]),
  },
  {
    title: "Damaged data segments",
    text: "A subscriber finds them when it maps them.",
    faults: faultsOf("`poll` throws once and gives this publisher up; others are heard.", dataRows),
  },
];
