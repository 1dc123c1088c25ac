/**
 * Senders that die at the worst moment: what they have sent is received all the same, in every way
 * of waiting, though nobody rang.
 */
import assert from "node:assert/strict";
import { struct, u32, WaitSet } from "floe";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import type { DyingAssignment } from "./programs.ts";

const Tick = struct("Tick", { count: u32 });
const dieRingingUrl = new URL("./programs/die-ringing.js", import.meta.url);
const holdNotifierUrl = new URL("./programs/hold-notifier.js", import.meta.url);

const TIMEOUT_MS = 20_000;

/** The end of a child of ours would wake us by a signal; that of its child does not, for a time. */
const MUFFLED = ["sh", "-c", '"$0" "$@"; code=$?; sleep 1; exit $code'];

/** How a shell says that a program was killed by SIGKILL. */
const KILLED_CODE = 128 + 9;

async function startDying(bench: Bench, sends: DyingAssignment["sends"]): Promise<Child> {
  const child = bench.start(dieRingingUrl, { data: { sends }, wrapper: MUFFLED });
  await child.next("ready");
  return child;
}

function openPorts(bench: Bench) {
  const node = bench.node();
  const ticks = node.publishSubscribe("ticks", { payload: Tick });
  const events = node.event("events");
  const subscriber = ticks.subscriber();
  const listener = events.listener();
  const set = new WaitSet();
  const close = (): void => {
    for (const one of [set, subscriber, listener, ticks, events, node]) one.close();
  };
  return { subscriber, listener, set, close };
}

type Ports = ReturnType<typeof openPorts>;

/** Ways to get a message or a notification, each with what comes: 7. */
const WAYS: Readonly<
  Record<string, (ports: Ports, sends: DyingAssignment["sends"]) => Promise<number>>
> = {
  "in the event loop": async ({ subscriber, listener }, sends) => {
    if (sends === "notification") return (await listener.wait({ timeout: TIMEOUT_MS }))[0]!.eventId;
    using sample = await subscriber.take({ timeout: TIMEOUT_MS });
    return sample.payload.count;
  },
  "by a loop": async ({ subscriber, listener }, sends) => {
    if (sends === "notification") for await (const [first] of listener) return first!.eventId;
    for await (const { payload } of subscriber) return payload.count;
    throw new Error("the loop has ended");
  },
  blocked: async ({ subscriber, listener }, sends) => {
    if (sends === "notification") return listener.waitSync({ timeout: TIMEOUT_MS })![0]!.eventId;
    using sample = subscriber.takeSync({ timeout: TIMEOUT_MS });
    return sample!.payload.count;
  },
  "by a wait set": async (ports, sends) => {
    const port = sends === "message" ? ports.subscriber : ports.listener;
    ports.set.attach(port);
    assert.equal((await ports.set.wait({ timeout: TIMEOUT_MS })).length, 1);
    return takeNow(ports, sends);
  },
  "by a wait set, blocked": async (ports, sends) => {
    const port = sends === "message" ? ports.subscriber : ports.listener;
    ports.set.attach(port);
    assert.equal(ports.set.waitSync({ timeout: TIMEOUT_MS }).length, 1);
    return takeNow(ports, sends);
  },
};

function takeNow({ subscriber, listener }: Ports, sends: DyingAssignment["sends"]): number {
  if (sends === "notification") return listener.tryWait()[0]!.eventId;
  using sample = subscriber.tryTake();
  return sample!.payload.count;
}

for (const sends of ["message", "notification"] as const) {
  for (const [way, receive] of Object.entries(WAYS)) {
    floeTest(
      `a ${sends} of a sender that died before it rang is received: ${way}`,
      async (bench) => {
        const ports = openPorts(bench);
        const child = await startDying(bench, sends);
        child.tell({ say: "go" });
        const begunMs = performance.now();
        assert.equal(await receive(ports, sends), 7);
        bench.t.diagnostic(`received after ${(performance.now() - begunMs).toFixed(1)} ms`);
        assert.equal((await child.ended).code, KILLED_CODE, "it did not have to ring");
        ports.close();
      },
    );
  }
}

floeTest("a killed notifier is told of to a wait set that blocks, with its name", async (bench) => {
  using node = bench.node();
  using events = node.event("health", { deadline: 10_000, deadEventId: 3 });
  using listener = events.listener();
  using set = new WaitSet();
  set.attachDeadline(listener);
  const child = bench.start(holdNotifierUrl);
  await child.next("ready");
  assert.deepEqual(set.waitSync({ timeout: TIMEOUT_MS }).length, 1);
  assert.deepEqual(listener.tryWait(), [{ eventId: 0, count: 1 }]);
  child.kill();
  const begunMs = performance.now();
  assert.equal(set.waitSync({ timeout: TIMEOUT_MS })[0]?.kind, "ready");
  bench.t.diagnostic(`told after ${performance.now() - begunMs} ms`);
  assert.deepEqual(listener.tryWait(), [{ eventId: 3, count: 1 }]);
  assert.deepEqual(
    listener.findDeadNotifiers().map(({ name }) => name),
    ["the one that dies"],
  );
});
