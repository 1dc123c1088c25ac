/**
 * Services: who may open what. Names, options that are adopted or checked, and limits.
 */
import assert from "node:assert/strict";
import { Node, type PublishSubscribeOptions, rawBytes, struct, u32 } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";

const Tick = struct("Tick", { count: u32 });
type TickOptions = PublishSubscribeOptions<typeof Tick>;

function twoNodes(bench: Bench): { one: Node; other: Node; close: () => void } {
  const one = bench.node("one");
  const other = bench.node("other");
  const close = (): void => {
    one.close();
    other.close();
  };
  return { one, other, close };
}

floeTest("an opener adopts what it leaves out, and gets at least what it states", (bench) => {
  const { one, other, close } = twoNodes(bench);
  const chosen = {
    bufferSize: 5,
    maxBorrowedSamples: 6,
    maxLoanedSamples: 7,
    maxPublishers: 3,
    maxSubscribers: 4,
    maxNodes: 9,
  };
  using service = one.publishSubscribe("options", { payload: Tick, ...chosen });
  assert.deepEqual(service.quality, chosen);
  for (const [name, value] of Object.entries(chosen)) {
    for (const opener of [one, other]) {
      for (const enough of [value, value - 1, 1]) {
        using opened = opener.publishSubscribe("options", { payload: Tick, [name]: enough });
        assert.deepEqual(opened.quality, chosen);
      }
      const tooMuch = { payload: Tick, [name]: value + 1 } as TickOptions;
      throwsCode(() => opener.publishSubscribe("options", tooMuch), "FLOE_SERVICE_INCOMPATIBLE", {
        subject: /options/,
        wanted: new RegExp(`${name}.* ${value + 1}`),
        found: new RegExp(`${name} ${value}`),
      });
    }
  }
  close();
});

floeTest("values outside their range are refused, whether the service exists or not", (bench) => {
  const { one, other, close } = twoNodes(bench);
  using _ = one.publishSubscribe("there", { payload: Tick });
  for (const name of ["bufferSize", "maxNodes", "maxPublishers", "maxLoanedSamples"] as const) {
    for (const value of [0, -1, 1.5, Number.NaN, 1e9, "8" as unknown as number]) {
      const wrong: TickOptions = { payload: Tick, [name]: value };
      for (const service of ["there", "new"]) {
        for (const node of [one, other]) {
          const expected = { subject: new RegExp(name), found: new RegExp(String(value)) };
          throwsCode(() => node.publishSubscribe(service, wrong), "FLOE_OPTION_INVALID", expected);
        }
      }
    }
  }
  const mode = "opne" as unknown as "open";
  const misspelt = (): unknown => one.publishSubscribe("there", { payload: Tick, mode });
  throwsCode(misspelt, "FLOE_OPTION_INVALID", { subject: /mode/, found: /opne/ });
  close();
});

floeTest("the modes open, create and open-or-create do what they say", (bench) => {
  const { one, other, close } = twoNodes(bench);
  const open = (node: Node, mode: "open" | "create" | "open-or-create") =>
    node.publishSubscribe("modes", { payload: Tick, mode });
  throwsCode(() => open(one, "open"), "FLOE_SERVICE_NOT_FOUND", { subject: /modes/ });
  const created = open(one, "create");
  throwsCode(() => open(one, "create"), "FLOE_SERVICE_EXISTS", { subject: /modes/ });
  throwsCode(() => open(other, "create"), "FLOE_SERVICE_EXISTS", { subject: /modes/ });
  open(one, "open").close();
  open(other, "open").close();
  open(other, "open-or-create").close();
  created.close();
  throwsCode(() => open(other, "open"), "FLOE_SERVICE_NOT_FOUND", { subject: /modes/ });
  open(other, "open-or-create").close();
  close();
});

floeTest("names of any text work, and different names are different services", (bench) => {
  const { one, other, close } = twoNodes(bench);
  const names = [
    ...["a", "A", "a b", "a/b", "a%2Fb", "/", "//", "..", ".", "../..", "../../etc", "~", "a~b"],
    ...["-rf", " ", "\n", "\t", '"', "'", "\\", "?*[]", "service.json", "links", ".created.x"],
    ...["ü", "é", "e\u0301", "日本語", "🚀", "\u202e", "\ufeff", "x".repeat(255), "é".repeat(127)],
    ...[`${"/".repeat(254)}a`, `${"/".repeat(254)}b`, `${"y".repeat(200)}1`, `${"y".repeat(200)}2`],
  ];
  const services = names.map((name) =>
    one.publishSubscribe(name, { payload: Tick, mode: "create" }),
  );
  const publishers = services.map((service) => service.publisher());
  assert.equal(
    bench.entries().filter((entry) => entry.startsWith("service.")).length,
    names.length,
  );
  for (const [index, name] of names.entries()) {
    assert.equal(services[index]!.name, name);
    using opened = other.publishSubscribe(name, { payload: Tick, mode: "open" });
    assert.equal(opened.name, name);
    using subscriber = opened.subscriber();
    assert.equal(
      publishers[index]!.send((tick) => void (tick.count = index)),
      1,
    );
    assert.equal(
      subscriber.poll(9, (tick) => assert.equal(tick.count, index)),
      1,
    );
  }
  for (const one of [...publishers, ...services]) one.close();
  close();
});

floeTest("names that cannot be are refused", (bench) => {
  using node = bench.node();
  for (const name of ["", "x".repeat(256), "é".repeat(128), "a\0b"]) {
    const open = (): unknown => node.publishSubscribe(name, { payload: Tick });
    throwsCode(open, "FLOE_NAME_INVALID", { subject: /service name/, wanted: /255/ });
  }
  const named = (name: string) => (): Node => Node.create({ name, domain: bench.domain });
  throwsCode(named("x".repeat(129)), "FLOE_NAME_INVALID", { subject: /node name/ });
  named("x".repeat(128))().close();
  for (const name of ["", "a/b", "..", ".hidden", "a b", "x".repeat(101), "ü"]) {
    const create = (): unknown => Node.create({ domain: { ...bench.domain, name } });
    throwsCode(create, "FLOE_NAME_INVALID", { subject: /domain name/ });
  }
});

floeTest("a service takes as many nodes, publishers and subscribers as it says", (bench) => {
  const limits = { maxNodes: 3, maxPublishers: 2, maxSubscribers: 4 };
  const nodes = [bench.node(), bench.node(), bench.node(), bench.node()];
  const services = nodes
    .slice(0, 3)
    .map((node) => node.publishSubscribe("limits", { payload: Tick, ...limits }));
  const fourth = (): unknown => nodes[3]!.publishSubscribe("limits", { payload: Tick });
  for (let round = 0; round < 3; round += 1) {
    throwsCode(fourth, "FLOE_LIMIT_REACHED", { subject: /limits/, found: /maxNodes/ });
    const publishers = [services[0]!.publisher(), services[1]!.publisher()];
    const subscribers = [0, 1, 2, 0].map((index) => services[index]!.subscriber());
    for (const service of services) {
      throwsCode(() => service.publisher(), "FLOE_LIMIT_REACHED", { found: /maxPublishers/ });
      throwsCode(() => service.subscriber(), "FLOE_LIMIT_REACHED", { found: /maxSubscribers/ });
    }
    publishers.pop()!.close();
    subscribers.shift()!.close();
    publishers.push(services[2]!.publisher());
    subscribers.push(services[2]!.subscriber());
    assert.equal(
      publishers[0]!.send((tick) => void (tick.count = 1)),
      4,
    );
    for (const port of [...publishers, ...subscribers]) port.close();
  }
  services.pop()!.close();
  using latecomer = nodes[3]!.publishSubscribe("limits", { payload: Tick });
  assert.equal(latecomer.quality.maxNodes, 3);
  for (const one of [...services, ...nodes]) one.close();
});

floeTest("large limits cost no memory until they are used", (bench) => {
  using node = bench.node();
  const quality = { maxPublishers: 64, maxSubscribers: 256, maxNodes: 512, bufferSize: 1024 };
  using service = node.publishSubscribe("large", { payload: rawBytes, ...quality });
  using subscriber = service.subscriber();
  using publisher = service.publisher();
  publisher.sendCopy(Uint8Array.of(1));
  assert.equal(
    subscriber.poll(1, () => {}),
    1,
  );
  assert.ok(bench.memoryBytes() < 4_000_000, `${bench.memoryBytes()} bytes in use`);
});
