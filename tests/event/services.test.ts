/**
 * Event services: how they are opened, created and kept, and what they show of their ports.
 */
import assert from "node:assert/strict";
import { Node, rawBytes } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";

floeTest("a service that does not exist is created, with the usual limits", (bench) => {
  using node = bench.node();
  using events = node.event("camera/health");
  assert.equal(events.name, "camera/health");
  const limits = { eventIdMax: 255, maxNotifiers: 16, maxListeners: 16, maxNodes: 64 };
  assert.deepEqual(events.limits, limits);
  const notices = { createdEventId: null, droppedEventId: null, deadEventId: null };
  assert.deepEqual(events.notices, { deadline: null, ...notices });
});

floeTest("a service cannot be created twice, and can be after the first is gone", (bench) => {
  using one = bench.node();
  using other = bench.node();
  {
    using _first = one.event("twice", { mode: "create" });
    throwsCode(() => other.event("twice", { mode: "create" }), "FLOE_SERVICE_EXISTS");
    throwsCode(() => one.event("twice", { mode: "create" }), "FLOE_SERVICE_EXISTS");
  }
  using _again = other.event("twice", { mode: "create" });
});

floeTest("opening fails when there is no service, and succeeds when there is one", (bench) => {
  using one = bench.node();
  using other = bench.node();
  throwsCode(() => other.event("there", { mode: "open" }), "FLOE_SERVICE_NOT_FOUND");
  using _created = one.event("there");
  using opened = other.event("there", { mode: "open" });
  assert.equal(opened.name, "there");
});

floeTest("an opener adopts every setting that it leaves out", (bench) => {
  using one = bench.node();
  using other = bench.node();
  const options = {
    eventIdMax: 7,
    maxNotifiers: 2,
    maxListeners: 3,
    maxNodes: 4,
    deadline: 500,
    createdEventId: 1,
    droppedEventId: 2,
    deadEventId: 7,
  };
  using created = one.event("adopted", options);
  using opened = other.event("adopted");
  assert.deepEqual(opened.limits, created.limits);
  assert.deepEqual({ ...opened.limits, ...opened.notices }, options);
});

floeTest("an opener gets at least the limits that it states, or an error", (bench) => {
  using one = bench.node();
  using other = bench.node();
  const limits = { eventIdMax: 9, maxNotifiers: 4, maxListeners: 4, maxNodes: 4 };
  using _created = one.event("limits", limits);
  for (const [name, value] of Object.entries(limits)) {
    const expected = { wanted: new RegExp(`${name}.*${value + 1}`), found: new RegExp(name) };
    const open = (most: number) => other.event("limits", { [name]: most });
    throwsCode(() => open(value + 1), "FLOE_SERVICE_INCOMPATIBLE", expected);
    open(value).close();
    open(value - 1).close();
  }
});

floeTest("an opener gets exactly the deadline and notices that it states, or an error", (bench) => {
  using one = bench.node();
  using other = bench.node();
  const notices = { deadline: 100, createdEventId: 1, droppedEventId: 2, deadEventId: 3 };
  using _with = one.event("with", notices);
  using _without = one.event("without", {
    deadline: null,
    createdEventId: null,
    droppedEventId: null,
    deadEventId: null,
  });
  for (const [name, value] of Object.entries(notices)) {
    other.event("with", { [name]: value }).close();
    other.event("without", { [name]: null }).close();
    const off = { wanted: new RegExp(`${name} off`), found: new RegExp(`${name} ${value}`) };
    throwsCode(() => other.event("with", { [name]: null }), "FLOE_SERVICE_INCOMPATIBLE", off);
    const on = { wanted: new RegExp(`${name} ${value}`), found: new RegExp(`${name} off`) };
    throwsCode(() => other.event("without", { [name]: value }), "FLOE_SERVICE_INCOMPATIBLE", on);
  }
});

floeTest("limits and notices out of range are refused, not corrected", (bench) => {
  using node = bench.node();
  for (const name of ["maxNotifiers", "maxListeners", "maxNodes"]) {
    const expected = { subject: new RegExp(name), found: /^0$/ };
    throwsCode(() => node.event("wrong", { [name]: 0 }), "FLOE_OPTION_INVALID", expected);
  }
  throwsCode(() => node.event("wrong", { deadline: 0 }), "FLOE_OPTION_INVALID");
  throwsCode(() => node.event("wrong", { deadline: 1.5 }), "FLOE_OPTION_INVALID");
  const beyond = { eventIdMax: 4, deadEventId: 5 };
  throwsCode(() => node.event("wrong", beyond), "FLOE_OPTION_INVALID", { wanted: /eventIdMax 4/ });
  throwsCode(() => node.event("wrong", { createdEventId: -1 }), "FLOE_OPTION_INVALID");
});

floeTest("as many ports and nodes as the limits allow are there, and no more", (bench) => {
  using node = bench.node();
  using other = bench.node();
  using events = node.event("full", { maxNotifiers: 2, maxListeners: 2, maxNodes: 1 });
  throwsCode(() => other.event("full"), "FLOE_LIMIT_REACHED", { found: /maxNodes/ });
  for (let round = 0; round < 3; round += 1) {
    const ports = [events.notifier(), events.notifier(), events.listener(), events.listener()];
    throwsCode(() => events.notifier(), "FLOE_LIMIT_REACHED", { found: /maxNotifiers/ });
    throwsCode(() => events.listener(), "FLOE_LIMIT_REACHED", { found: /maxListeners/ });
    for (const port of ports) port.close();
  }
});

floeTest("a node opens a service without limit, and leaves it once", (bench) => {
  using node = bench.node();
  const handles = Array.from({ length: 100 }, () => node.event("often", { maxNodes: 1 }));
  using listener = handles[3]!.listener();
  using notifier = handles[99]!.notifier();
  for (const handle of handles) handle.close();
  assert.equal(notifier.notify(), 1);
  assert.equal(listener.tryWait().length, 1);
});

floeTest("ports are listed with who they are, and are gone when they are closed", (bench) => {
  using one = bench.node();
  using other = bench.node();
  using events = one.event("listed");
  using elsewhere = other.event("listed");
  assert.deepEqual([events.notifiers(), events.listeners()], [[], []]);
  const notifiers = [events.notifier({ name: "a" }), elsewhere.notifier({ name: "b" })];
  const listeners = [elsewhere.listener({ name: "c" }), events.listener()];
  const summary = (ports: { id: string; name: string; nodeId: string }[]) =>
    ports.map(({ id, name, nodeId }) => ({ id, name, nodeId }));
  assert.deepEqual(summary(elsewhere.notifiers()), [
    { id: notifiers[0]!.id, name: "a", nodeId: one.id },
    { id: notifiers[1]!.id, name: "b", nodeId: other.id },
  ]);
  assert.deepEqual(summary(events.listeners()), [
    { id: listeners[0]!.id, name: "c", nodeId: other.id },
    { id: listeners[1]!.id, name: "", nodeId: one.id },
  ]);
  for (const port of [...notifiers, ...listeners]) port.close();
  assert.deepEqual([events.notifiers(), events.listeners()], [[], []]);
});

floeTest("ids of ports are unique, and names empty unless they are given", (bench) => {
  using node = bench.node();
  using events = node.event("ids");
  const ports = Array.from({ length: 8 }, () => [events.notifier(), events.listener()]).flat();
  assert.equal(new Set(ports.map(({ id }) => id)).size, 16);
  assert.ok(ports.every(({ name }) => name === ""));
  using named = events.listener({ name: "n".repeat(64) });
  assert.equal(named.name, "n".repeat(64));
  throwsCode(() => events.notifier({ name: "n".repeat(65) }), "FLOE_NAME_INVALID");
  for (const port of ports) port.close();
});

floeTest("a service lives as long as a port of it, and can be opened meanwhile", (bench) => {
  using other = bench.node();
  for (const kind of ["notifier", "listener"] as const) {
    const node = Node.create({ domain: bench.domain });
    const events = node.event("kept", { eventIdMax: 11 });
    const port = events[kind]();
    events.close();
    node.close();
    throwsCode(() => other.event("kept", { mode: "create" }), "FLOE_SERVICE_EXISTS");
    {
      using opened = other.event("kept", { mode: "open" });
      assert.equal(opened.limits.eventIdMax, 11);
    }
    port.close();
    throwsCode(() => other.event("kept", { mode: "open" }), "FLOE_SERVICE_NOT_FOUND");
  }
});

floeTest("a service of events and one of messages may have the same name", (bench) => {
  using node = bench.node();
  using _messages = node.publishSubscribe("same", { payload: rawBytes });
  using _events = node.event("same");
  assert.equal(bench.entries().filter((name) => name.endsWith(".same")).length, 2);
});
