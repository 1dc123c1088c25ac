/**
 * Wait sets: exactly what has happened is told, again while nobody takes it, and for nothing when
 * nobody ever does; deadlines begin anew, intervals do not drift, signals end the waiting.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { type Node, type PublishSubscribe, struct, u32, type WaitEvent, WaitSet } from "floe";
import { rejectsCode, throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import { underSignals } from "../support/signals.ts";

const Tick = struct("Tick", { count: u32 });

function openTicks(node: Node, name = "ticks"): PublishSubscribe<typeof Tick> {
  return node.publishSubscribe(name, { payload: Tick });
}

function kindsOf(events: readonly WaitEvent[]): string[] {
  return events.map(({ kind }) => kind).sort();
}

/** Both ways to wait, as one function; the blocking one needs everything to be there already. */
const WAYS = {
  "in the event loop": (set: WaitSet, timeout: number) => set.wait({ timeout }),
  blocking: async (set: WaitSet, timeout: number) => set.waitSync({ timeout }),
} as const;

/** A pair of descriptors: what is written into the first can be read from the second. */
function openPipe(bench: Bench): { writeFd: number; readFd: number; close(): void } {
  const path = join(bench.root, "pipe");
  const made = spawnSync("mkfifo", [path]);
  assert.equal(made.status, 0);
  const { O_RDWR, O_NONBLOCK } = constants;
  const readFd = openSync(path, O_RDWR | O_NONBLOCK);
  const writeFd = openSync(path, O_RDWR | O_NONBLOCK);
  rmSync(path);
  const close = (): void => {
    closeSync(readFd);
    closeSync(writeFd);
  };
  return { writeFd, readFd, close };
}

floeTest("waiting for nothing is an error", async () => {
  using set = new WaitSet();
  await rejectsCode(set.wait(), "FLOE_NOTHING_ATTACHED");
  throwsCode(() => set.waitSync(), "FLOE_NOTHING_ATTACHED");
});

floeTest("a port can be attached once, until it is detached", (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using set = new WaitSet();
  const attachment = set.attach(subscriber);
  throwsCode(() => set.attach(subscriber), "FLOE_ALREADY_ATTACHED", { subject: /"ticks"/ });
  throwsCode(() => set.attachDeadline(subscriber, 5), "FLOE_ALREADY_ATTACHED");
  assert.equal(set.size, 1);
  attachment.detach();
  attachment.detach();
  assert.equal(set.size, 0);
  set.attachDeadline(subscriber, 5);
  assert.equal(set.size, 1);
});

floeTest("options are checked", (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using set = new WaitSet();
  throwsCode(() => set.attachDeadline(subscriber), "FLOE_OPTION_INVALID", { found: /none/ });
  throwsCode(() => set.attachDeadline(subscriber, -1), "FLOE_OPTION_INVALID");
  throwsCode(() => set.attachInterval(0), "FLOE_OPTION_INVALID");
  throwsCode(() => set.attachDescriptor(-1), "FLOE_SYSTEM");
  set.attach(subscriber);
  throwsCode(() => set.waitSync({ timeout: -1 }), "FLOE_OPTION_INVALID");
  const closed = ticks.subscriber();
  closed.close();
  throwsCode(() => set.attach(closed), "FLOE_CLOSED");
});

for (const [way, wait] of Object.entries(WAYS)) {
  floeTest(`exactly the ports that have something are told, ${way}`, async (bench) => {
    using node = bench.node();
    const services = ["a", "b", "c"].map((name) => openTicks(node, name));
    const subscribers = services.map((service) => service.subscriber());
    const publishers = services.map((service) => service.publisher());
    using set = new WaitSet();
    const attachments = subscribers.map((subscriber) => set.attach(subscriber));
    publishers[0]!.send((tick) => void (tick.count = 1));
    publishers[2]!.send((tick) => void (tick.count = 1));
    const first = await wait(set, 20_000);
    assert.deepEqual(first.map(({ attachment }) => attachments.indexOf(attachment)).sort(), [0, 2]);
    for (const subscriber of subscribers) subscriber.tryTake()?.release();
    publishers[1]!.send((tick) => void (tick.count = 1));
    const second = await wait(set, 20_000);
    assert.deepEqual(second, [{ kind: "ready", attachment: attachments[1] }]);
    for (const port of [...subscribers, ...publishers, ...services]) port.close();
  });

  floeTest(`nothing within the time gives no event, and not too early, ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = openTicks(node);
    using subscriber = ticks.subscriber();
    using set = new WaitSet();
    set.attach(subscriber);
    for (let round = 0; round < 3; round += 1) {
      const begunMs = performance.now();
      assert.deepEqual(await wait(set, 20), []);
      assert.ok(performance.now() - begunMs >= 19);
    }
  });

  floeTest(`what was not taken is told again, ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = openTicks(node);
    using subscriber = ticks.subscriber();
    using publisher = ticks.publisher();
    using set = new WaitSet();
    set.attach(subscriber);
    publisher.send((tick) => void (tick.count = 1));
    publisher.send((tick) => void (tick.count = 2));
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(kindsOf(await wait(set, 20_000)), ["ready"]);
      subscriber.tryTake()!.release();
    }
    assert.deepEqual(await wait(set, 5), []);
    publisher.send((tick) => void (tick.count = 3));
    for (let round = 0; round < 5; round += 1) {
      assert.deepEqual(kindsOf(await wait(set, 20_000)), ["ready"]);
    }
  });

  floeTest(`a missed deadline is told, and then the next one, ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = openTicks(node);
    using subscriber = ticks.subscriber();
    using set = new WaitSet();
    const begunMs = performance.now();
    const attachment = set.attachDeadline(subscriber, 10);
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await wait(set, 20_000), [
        { kind: "deadline-missed", attachment, deadSenders: [] },
      ]);
    }
    assert.ok(performance.now() - begunMs >= 30);
  });

  floeTest(`what comes late but before the look counts as an event, ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = openTicks(node);
    using subscriber = ticks.subscriber();
    using publisher = ticks.publisher();
    using set = new WaitSet();
    set.attachDeadline(subscriber, 1);
    const untilMs = performance.now() + 5;
    while (performance.now() < untilMs);
    publisher.send((tick) => void (tick.count = 1));
    assert.deepEqual(kindsOf(await wait(set, 20_000)), ["ready"]);
  });

  floeTest(`ticks fall on multiples of their interval, ${way}`, async () => {
    using set = new WaitSet();
    const begunMs = performance.now();
    const attachment = set.attachInterval(7);
    let passed = 0;
    while (passed < 10) {
      const [event, ...others] = await wait(set, 20_000);
      assert.deepEqual(others, []);
      assert.ok(event?.kind === "tick" && event.attachment === attachment);
      passed += event.passedCount;
      const elapsedMs = performance.now() - begunMs;
      assert.ok(elapsedMs >= passed * 7 - 0.01, `tick ${passed} came after ${elapsedMs} ms`);
      // A late look is told how many intervals it slept through: none is added, none is lost.
      assert.ok(elapsedMs - passed * 7 < 20_000);
    }
  });

  floeTest(`a foreign descriptor is told while it is ready, ${way}`, async (bench) => {
    const pipe = openPipe(bench);
    {
      using set = new WaitSet();
      const attachment = set.attachDescriptor(pipe.readFd);
      assert.deepEqual(await wait(set, 5), []);
      writeSync(pipe.writeFd, "xy");
      for (let round = 0; round < 2; round += 1) {
        const [event] = await wait(set, 20_000);
        assert.ok(event?.kind === "descriptor" && event.attachment === attachment);
        assert.deepEqual([event.isReadable, event.isWritable], [true, false]);
        readSync(pipe.readFd, Buffer.alloc(1));
      }
      assert.deepEqual(await wait(set, 5), []);
    }
    pipe.close();
  });
}

floeTest("a port that nobody drains costs no processor time, and news come at once", async (b) => {
  using node = b.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  using set = new WaitSet();
  set.attach(subscriber);
  publisher.send((tick) => void (tick.count = 1));
  let told = 0;
  const before = process.cpuUsage();
  const untilMs = performance.now() + 1000;
  while (performance.now() < untilMs) told += (await set.wait({ timeout: 500 })).length;
  const { user, system } = process.cpuUsage(before);
  // 1, 2, 4 ... 100 ms: some fifteen times in a second, where a loop would come to millions.
  assert.ok(told >= 5 && told <= 60, `told ${told} times`);
  b.t.diagnostic(`told ${told} times, ${(user + system) / 1000} ms of processor time in a second`);
  const begunMs = performance.now();
  const next = set.wait({ timeout: 20_000 });
  publisher.send((tick) => void (tick.count = 2));
  assert.deepEqual(kindsOf(await next), ["ready"]);
  b.t.diagnostic(`news after ${performance.now() - begunMs} ms`);
});

floeTest("things of all kinds are told beside each other", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using silent = openTicks(node, "silent");
  using subscriber = ticks.subscriber();
  using quiet = silent.subscriber();
  using publisher = ticks.publisher();
  const pipe = openPipe(bench);
  {
    using set = new WaitSet();
    set.attach(subscriber);
    set.attachDeadline(quiet, 2);
    set.attachInterval(2);
    set.attachDescriptor(pipe.readFd);
    publisher.send((tick) => void (tick.count = 1));
    writeSync(pipe.writeFd, "x");
    const untilMs = performance.now() + 5;
    while (performance.now() < untilMs);
    const told = new Set<string>();
    while (told.size < 4)
      for (const { kind } of await set.wait({ timeout: 20_000 })) told.add(kind);
    assert.deepEqual([...told].sort(), ["deadline-missed", "descriptor", "ready", "tick"]);
  }
  pipe.close();
});

floeTest("detaching while iterating leaves out what was told of it", async (bench) => {
  using node = bench.node();
  const services = ["a", "b", "c"].map((name) => openTicks(node, name));
  const subscribers = services.map((service) => service.subscriber());
  const publishers = services.map((service) => service.publisher());
  using set = new WaitSet();
  const attachments = subscribers.map((subscriber) => set.attach(subscriber));
  for (const publisher of publishers) publisher.send((tick) => void (tick.count = 1));
  const seen: number[] = [];
  for await (const { attachment } of set) {
    const index = attachments.indexOf(attachment);
    seen.push(index);
    subscribers[index]!.tryTake()?.release();
    // The first one that is told takes the others with it: then nothing is attached any more.
    for (const other of attachments) other.detach();
  }
  assert.equal(seen.length, 1);
  for (const port of [...subscribers, ...publishers, ...services]) port.close();
});

floeTest("closing ends the iteration, and a wait with FLOE_CLOSED", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  const looped = new WaitSet();
  looped.attach(subscriber);
  const loop = (async () => {
    for await (const _ of looped) assert.fail("nothing happened");
    return "over";
  })();
  await turn();
  looped.close();
  assert.equal(await loop, "over");
  const waited = new WaitSet();
  waited.attach(subscriber);
  const wait = waited.wait();
  await turn();
  waited.close();
  waited.close();
  await rejectsCode(wait, "FLOE_CLOSED");
  throwsCode(() => waited.attachInterval(1), "FLOE_CLOSED");
});

floeTest("closing a port takes it out of its wait set", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  const subscriber = ticks.subscriber();
  using set = new WaitSet();
  set.attach(subscriber);
  const wait = set.wait();
  await turn();
  subscriber.close();
  assert.deepEqual(await wait, []);
  assert.equal(set.size, 0);
});

floeTest("a port that is closed before the wait, or in the loop, is taken out", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using publisher = ticks.publisher();
  const early = ticks.subscriber();
  const late = ticks.subscriber();
  using set = new WaitSet();
  set.attach(early);
  set.attach(late);
  early.close();
  publisher.send((tick) => void (tick.count = 1));
  for await (const { kind } of set) {
    assert.equal(kind, "ready");
    assert.equal(set.size, 1);
    late.close();
  }
  assert.equal(set.size, 0);
  const other = ticks.subscriber();
  set.attach(other);
  other.close();
  assert.deepEqual(set.waitSync({ timeout: 20_000 }), []);
});

floeTest("a signal that has ended waiting ends later waits at once", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using set = new WaitSet({ signals: ["SIGHUP"] });
  set.attach(subscriber);
  const wait = set.wait({ timeout: 20_000 });
  await turn();
  process.kill(process.pid, "SIGHUP");
  assert.deepEqual(await wait, []);
  assert.equal(set.endedBy, "SIGHUP");
  assert.deepEqual(set.waitSync({ timeout: 20_000 }), []);
  assert.deepEqual(await set.wait({ timeout: 20_000 }), []);
});

for (const [way, wait] of Object.entries(WAYS)) {
  floeTest(`a look without waiting finds what has come meanwhile, ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = openTicks(node);
    using subscriber = ticks.subscriber();
    using publisher = ticks.publisher();
    using set = new WaitSet();
    set.attach(subscriber);
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await wait(set, 0), []);
      publisher.send((tick) => void (tick.count = round));
      assert.deepEqual(kindsOf(await wait(set, 0)), ["ready"]);
      subscriber.tryTake()!.release();
    }
  });

  floeTest(`a port that is always ready leaves the others their turn, ${way}`, async (bench) => {
    using node = bench.node();
    using busy = openTicks(node, "busy");
    using calm = openTicks(node, "calm");
    using busySubscriber = busy.subscriber();
    using calmSubscriber = calm.subscriber();
    using busyPublisher = busy.publisher();
    using calmPublisher = calm.publisher();
    using set = new WaitSet();
    set.attach(busySubscriber);
    const attachment = set.attach(calmSubscriber);
    const told: boolean[] = [];
    for (let round = 0; round < 1000 && !told.includes(true); round += 1) {
      busyPublisher.send((tick) => void (tick.count = round));
      if (round === 10) calmPublisher.send((tick) => void (tick.count = round));
      for (const event of await wait(set, 20_000)) told.push(event.attachment === attachment);
      busySubscriber.tryTake()?.release();
    }
    assert.ok(told.includes(true), "the calm one was never told");
  });

  floeTest(`giving a sample back makes the next message known, ${way}`, async (bench) => {
    using node = bench.node();
    using ticks = node.publishSubscribe("few", { payload: Tick, maxBorrowedSamples: 1 });
    using subscriber = ticks.subscriber();
    using publisher = ticks.publisher();
    using set = new WaitSet();
    set.attach(subscriber);
    publisher.send((tick) => void (tick.count = 1));
    publisher.send((tick) => void (tick.count = 2));
    assert.deepEqual(kindsOf(await wait(set, 20_000)), ["ready"]);
    const held = subscriber.tryTake()!;
    assert.deepEqual(await wait(set, 5), []);
    held.release();
    assert.deepEqual(kindsOf(await wait(set, 20_000)), ["ready"]);
  });
}

floeTest("what goes wrong with one attachment is told, and the others go on", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  const pipe = openPipe(bench);
  using set = new WaitSet();
  const broken = set.attachDescriptor(pipe.readFd);
  set.attach(subscriber);
  writeSync(pipe.writeFd, "x");
  assert.deepEqual(kindsOf(await set.wait({ timeout: 20_000 })), ["descriptor"]);
  pipe.close();
  await rejectsCode(set.wait({ timeout: 20_000 }), "FLOE_SYSTEM");
  publisher.send((tick) => void (tick.count = 1));
  assert.deepEqual(kindsOf(await set.wait({ timeout: 20_000 })), ["ready"]);
  broken.detach();
  subscriber.tryTake()!.release();
  assert.deepEqual(await set.wait({ timeout: 5 }), []);
});

floeTest("what a loop that was left had not handed out comes with the next wait", async (b) => {
  using node = b.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  using set = new WaitSet();
  set.attach(subscriber);
  set.attachInterval(1);
  publisher.send((tick) => void (tick.count = 1));
  const untilMs = performance.now() + 3;
  while (performance.now() < untilMs);
  const seen: string[] = [];
  for await (const { kind } of set) {
    seen.push(kind);
    break;
  }
  for (const { kind } of await set.wait({ timeout: 20_000 })) seen.push(kind);
  assert.deepEqual(seen.slice(0, 2).sort(), ["ready", "tick"]);
});

floeTest("a deadline counts from what was taken without having been told", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  using set = new WaitSet();
  set.attachDeadline(subscriber, 50);
  assert.deepEqual(await set.wait({ timeout: 0 }), []);
  const begunMs = performance.now();
  while (performance.now() < begunMs + 40);
  publisher.send((tick) => void (tick.count = 1));
  subscriber.tryTake()!.release();
  const takenMs = performance.now();
  let events: readonly WaitEvent[] = [];
  while (events.length === 0) events = await set.wait({ timeout: 20_000 });
  assert.deepEqual(kindsOf(events), ["deadline-missed"]);
  assert.ok(performance.now() - takenMs >= 30, "the deadline was that of before");
});

floeTest("an aborted wait rejects, and the next one works", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using publisher = ticks.publisher();
  using set = new WaitSet();
  set.attach(subscriber);
  const control = new AbortController();
  const wait = set.wait({ signal: control.signal });
  await turn();
  control.abort();
  await rejectsCode(wait, "FLOE_ABORTED");
  const next = set.wait({ timeout: 20_000 });
  publisher.send((tick) => void (tick.count = 1));
  assert.deepEqual(kindsOf(await next), ["ready"]);
});

floeTest("a signal ends the waiting, and the program's own handler runs as well", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using set = new WaitSet();
  set.attach(subscriber);
  let own = 0;
  const handler = (): void => void (own += 1);
  process.on("SIGTERM", handler);
  const loop = (async () => {
    for await (const _ of set) assert.fail("nothing happened");
  })();
  await turn();
  process.kill(process.pid, "SIGTERM");
  await loop;
  assert.equal(set.endedBy, "SIGTERM");
  assert.equal(own, 1);
  assert.deepEqual(process.listeners("SIGTERM"), [handler]);
  process.removeListener("SIGTERM", handler);
});

floeTest("a signal ends a blocking wait with FLOE_INTERRUPTED", async (bench) => {
  using node = bench.node();
  using ticks = openTicks(node);
  using subscriber = ticks.subscriber();
  using set = new WaitSet();
  set.attach(subscriber);
  await underSignals("SIGHUP", () => {
    throwsCode(() => set.waitSync({ timeout: 20_000 }), "FLOE_INTERRUPTED");
  });
});
