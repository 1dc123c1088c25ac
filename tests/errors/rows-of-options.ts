/**
 * The table of errors, first part: what was asked for cannot be.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { f64, i32, Node, rawBytes, struct, text, u8, u32 } from "floe";
import { type Row, type Stage, Tick } from "../support/stage.ts";

const Pose = struct("Pose", { x: f64, y: f64 });

/** Opens the service of poses with a payload that is not its own. */
function mismatch(wanted: Parameters<Stage["open"]>[1]["payload"]): Row["provoke"] {
  return (stage) => {
    stage.open("poses", { payload: Pose });
    stage.open("poses", { payload: wanted });
  };
}

const useTheType = /type with which the service was created/;

const payloadRows: readonly Row[] = [
  {
    mistake: "bytes where structs are carried",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /poses/, wanted: /bytes/, found: /struct Pose/, remedy: useTheType },
    provoke: mismatch(rawBytes),
  },
  {
    mistake: "structs where bytes are carried",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /blobs/, wanted: /struct Pose/, found: /bytes/, remedy: useTheType },
    provoke: (stage) => {
      stage.open("blobs", { payload: rawBytes });
      stage.open("blobs", { payload: Pose });
    },
  },
  {
    mistake: "a struct of another name",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /poses/, wanted: /Place/, found: /Pose/, remedy: useTheType },
    provoke: mismatch(struct("Place", { x: f64, y: f64 })),
  },
  {
    mistake: "a field of another name",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /poses/, wanted: /Pose/, found: /"y".*"z"/, remedy: useTheType },
    provoke: mismatch(struct("Pose", { x: f64, z: f64 })),
  },
  {
    mistake: "a field of another kind",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /poses/, wanted: /Pose/, found: /Pose\.y.*f64.*i32/, remedy: useTheType },
    provoke: mismatch(struct("Pose", { x: f64, y: i32 })),
  },
  {
    mistake: "a field that is missing",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: { subject: /poses/, wanted: /Pose/, found: /Pose\.z is missing/, remedy: useTheType },
    provoke: mismatch(struct("Pose", { x: f64, y: f64, z: f64 })),
  },
  {
    mistake: "a struct of another size",
    code: "FLOE_PAYLOAD_MISMATCH",
    expected: {
      subject: /poses/,
      wanted: /Pose/,
      found: /one more field, "y"/,
      remedy: useTheType,
    },
    provoke: mismatch(struct("Pose", { x: f64 })),
  },
  {
    mistake: "a payload that is none",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /payload/, wanted: /rawBytes/, found: /undefined/, remedy: /type/ },
    provoke: (stage) => stage.open("s", { payload: undefined as unknown as typeof rawBytes }),
  },
  {
    mistake: "a struct that cannot be",
    code: "FLOE_SCHEMA_INVALID",
    expected: { subject: /Bad/, wanted: /./, found: /toObject/, remedy: /./ },
    provoke: () => struct("Bad", { toObject: u8 }),
  },
];

const nameRows: readonly Row[] = [
  {
    mistake: "a service without a name",
    code: "FLOE_NAME_INVALID",
    expected: { subject: /service name/, wanted: /255 bytes/, found: /0 bytes/, remedy: /name/ },
    provoke: (stage) => stage.ticks(""),
  },
  {
    mistake: "a node name that is too long",
    code: "FLOE_NAME_INVALID",
    expected: { subject: /node name/, wanted: /128 bytes/, found: /129 bytes/, remedy: /shorter/ },
    provoke: (stage) => stage.node({ name: "x".repeat(129) }),
  },
  {
    mistake: "a domain name with a slash",
    code: "FLOE_NAME_INVALID",
    expected: { subject: /domain name/, wanted: /letters/, found: /a\/b/, remedy: /name/ },
    provoke: (stage) => stage.node({ domain: { ...stage.bench.domain, name: "a/b" } }),
  },
];

const optionRows: readonly Row[] = [
  {
    mistake: "a limit beyond its range",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /bufferSize/, wanted: /1 to 65536/, found: /^0$/, remedy: /option/ },
    provoke: (stage) => stage.ticks("s", { bufferSize: 0 }),
  },
  {
    mistake: "a lock timeout beyond its range",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /lockTimeout/, wanted: /600000 ms/, found: /-1/, remedy: /option/ },
    provoke: (stage) => stage.node({ domain: { ...stage.bench.domain, lockTimeout: -1 } }),
  },
  {
    mistake: "a time before ejection that is none",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /ejectAfter/, wanted: /1 to 2147483647 ms/, found: /0/, remedy: /option/ },
    provoke: (stage) => stage.hold(stage.ticks("s").publisher({ ejectAfter: 0 })),
  },
  {
    mistake: "a relative root",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /root/, wanted: /absolute/, found: /here/, remedy: /option/ },
    provoke: () => Node.create({ domain: { root: "here" } }),
  },
  {
    mistake: "more than an existing service gives",
    code: "FLOE_SERVICE_INCOMPATIBLE",
    expected: { subject: /"s"/, wanted: /maxNodes.*9/, found: /maxNodes 8/, remedy: /Leave.*out/ },
    provoke: (stage) => {
      stage.ticks("s", { maxNodes: 8 });
      stage.ticks("s", { maxNodes: 9 });
    },
  },
  {
    mistake: "a service to be opened that is not there",
    code: "FLOE_SERVICE_NOT_FOUND",
    expected: { subject: /"s"/, wanted: /existing/, found: /none/, remedy: /open-or-create/ },
    provoke: (stage) => stage.ticks("s", { mode: "open" }),
  },
  {
    mistake: "a service to be created that is there",
    code: "FLOE_SERVICE_EXISTS",
    expected: { subject: /"s"/, wanted: /create/, found: /existing in/, remedy: /open-or-create/ },
    provoke: (stage) => {
      stage.ticks();
      stage.ticks("s", { mode: "create" });
    },
  },
  {
    mistake: "one node too many",
    code: "FLOE_LIMIT_REACHED",
    expected: { subject: /"s"/, wanted: /node/, found: /maxNodes/, remedy: /larger maxNodes/ },
    provoke: (stage) => {
      stage.ticks("s", { maxNodes: 1 });
      stage.ticks();
    },
  },
  {
    mistake: "one publisher too many",
    code: "FLOE_LIMIT_REACHED",
    expected: { subject: /"s"/, wanted: /publisher/, found: /maxPublishers/, remedy: /larger/ },
    provoke: (stage) => {
      const service = stage.ticks("s", { maxPublishers: 1 });
      stage.hold(service.publisher());
      stage.hold(service.publisher());
    },
  },
  {
    mistake: "one subscriber too many",
    code: "FLOE_LIMIT_REACHED",
    expected: { subject: /"s"/, wanted: /subscriber/, found: /maxSubscribers/, remedy: /larger/ },
    provoke: (stage) => {
      const service = stage.ticks("s", { maxSubscribers: 1 });
      stage.hold(service.subscriber());
      stage.hold(service.subscriber());
    },
  },
];

const eventRows: readonly Row[] = [
  {
    mistake: "a deadline of no time",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /deadline/, wanted: /from 1 .*or null/, found: /^0$/, remedy: /option/ },
    provoke: (stage) => stage.events({ deadline: 0 }),
  },
  {
    mistake: "a notice beyond the service's ids",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /deadEventId/, wanted: /eventIdMax 9/, found: /10/, remedy: /option/ },
    provoke: (stage) => stage.events({ eventIdMax: 9, deadEventId: 10 }),
  },
  {
    mistake: "a notice that an existing service does not give",
    code: "FLOE_SERVICE_INCOMPATIBLE",
    expected: {
      subject: /"s"/,
      wanted: /deadEventId 4/,
      found: /deadEventId off/,
      remedy: /Leave.*out/,
    },
    provoke: (stage) => {
      stage.events();
      stage.events({ deadEventId: 4 });
    },
  },
  {
    mistake: "a default event id beyond the service's ids",
    code: "FLOE_EVENT_ID_INVALID",
    expected: { subject: /"s"/, wanted: /0 to 9 \(eventIdMax\)/, found: /^10$/, remedy: /larger/ },
    provoke: (stage) => stage.events({ eventIdMax: 9 }).notifier({ defaultEventId: 10 }),
  },
  {
    mistake: "one notifier too many",
    code: "FLOE_LIMIT_REACHED",
    expected: { subject: /"s"/, wanted: /notifier/, found: /maxNotifiers/, remedy: /larger/ },
    provoke: (stage) => {
      const events = stage.events({ maxNotifiers: 1 });
      stage.hold(events.notifier());
      stage.hold(events.notifier());
    },
  },
  {
    mistake: "one listener too many",
    code: "FLOE_LIMIT_REACHED",
    expected: { subject: /"s"/, wanted: /listener/, found: /maxListeners/, remedy: /larger/ },
    provoke: (stage) => {
      const events = stage.events({ maxListeners: 1 });
      stage.hold(events.listener());
      stage.hold(events.listener());
    },
  },
];

const rootRows: readonly Row[] = [
  {
    mistake: "a root that is a file",
    code: "FLOE_ROOT_UNUSABLE",
    expected: { subject: /a-file$/, wanted: /directory/, found: /not one/, remedy: /FLOE_ROOT/ },
    provoke: (stage) => {
      const root = join(stage.bench.root, "a-file");
      writeFileSync(root, "");
      stage.node({ domain: { root } });
    },
  },
  {
    mistake: "a file in the way of the domain",
    code: "FLOE_ROOT_UNUSABLE",
    expected: { subject: /\/way$/, wanted: /directory/, found: /not one/, remedy: /FLOE_ROOT/ },
    provoke: (stage) => {
      writeFileSync(join(stage.bench.root, "way"), "");
      stage.node({ domain: { root: stage.bench.root, name: "way" } });
    },
  },
  {
    mistake: "a root whose parent is missing",
    code: "FLOE_ROOT_UNUSABLE",
    expected: { subject: /a\/b$/, wanted: /directory/, found: /ENOENT/, remedy: /FLOE_ROOT/ },
    provoke: (stage) => stage.node({ domain: { root: join(stage.bench.root, "a/b") } }),
  },
];

const Label = struct("Label", { size: u32, name: text(4) });

const valueRows: readonly Row[] = [
  {
    mistake: "a number that does not fit its field",
    code: "FLOE_VALUE_INVALID",
    expected: { subject: /Label\.size/, wanted: /./, found: /-1/, remedy: /./ },
    provoke: (stage) => {
      const publisher = stage.hold(stage.open("s", { payload: Label }).publisher());
      publisher.send((label) => void (label.size = -1));
    },
  },
  {
    mistake: "a text that does not fit its field",
    code: "FLOE_VALUE_INVALID",
    expected: { subject: /Label\.name/, wanted: /4/, found: /./, remedy: /./ },
    provoke: (stage) => {
      const publisher = stage.hold(stage.open("s", { payload: Label }).publisher());
      publisher.send((label) => void (label.name = "too long"));
    },
  },
  {
    mistake: "a length that no message has",
    code: "FLOE_PAYLOAD_TOO_LARGE",
    expected: { subject: /length/, wanted: /2\^46/, found: /-1/, remedy: /less/ },
    provoke: (stage) => {
      stage.hold(stage.open("s", { payload: rawBytes }).publisher()).send(-1, () => {});
    },
  },
  {
    mistake: "a fill function that sends",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /send/, wanted: /one message/, found: /within/, remedy: /tryLoan/ },
    provoke: (stage) => {
      const publisher = stage.hold(stage.open("s", { payload: Tick }).publisher());
      publisher.send(() => void publisher.send(() => {}));
    },
  },
];

/** Rows about what was asked for. */
export const rowsOfOptions: readonly Row[] = [
  ...payloadRows,
  ...nameRows,
  ...optionRows,
  ...eventRows,
  ...rootRows,
  ...valueRows,
];
