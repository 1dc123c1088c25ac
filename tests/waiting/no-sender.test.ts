/**
 * Waits that require a sender: they end when nobody sends any more and nothing is left, they say
 * who was the last one and how it went, and they go on as long as there is another.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ErrorPeer, FloeError, type Node, struct, u32 } from "floe";
import { rejectsCode, throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { waitFor } from "../support/wait.ts";

const Tick = struct("Tick", { count: u32 });
const holdSendersUrl = new URL("./programs/hold-senders.js", import.meta.url);
const cleanUrl = new URL("./programs/clean.js", import.meta.url);
const REQUIRED = { requireSender: true, timeout: 20_000 } as const;

function openPorts(bench: Bench) {
  const node = bench.node();
  const ticks = node.publishSubscribe("ticks", { payload: Tick });
  const events = node.event("events");
  const subscriber = ticks.subscriber();
  const listener = events.listener();
  const close = (): void => {
    for (const one of [subscriber, listener, ticks, events, node]) one.close();
  };
  return { node, ticks, events, subscriber, listener, close };
}

type Ports = ReturnType<typeof openPorts>;

/** Each way of waiting, which resolves with the number that came. */
const WAYS: Readonly<Record<string, (ports: Ports) => Promise<number>>> = {
  "a message, in the event loop": async ({ subscriber }) => {
    using sample = await subscriber.take(REQUIRED);
    return sample.payload.count;
  },
  "a message, by a loop": async ({ subscriber }) => {
    for await (const { payload } of subscriber.iterate(REQUIRED)) return payload.count;
    throw new Error("the loop has ended");
  },
  "a message, blocked": async ({ subscriber }) => {
    using sample = subscriber.takeSync(REQUIRED);
    return sample!.payload.count;
  },
  "a notification, in the event loop": async ({ listener }) => {
    return (await listener.wait(REQUIRED))[0]!.eventId;
  },
  "a notification, by a loop": async ({ listener }) => {
    for await (const [first] of listener.iterate(REQUIRED)) return first!.eventId;
    throw new Error("the loop has ended");
  },
  "a notification, blocked": async ({ listener }) => listener.waitSync(REQUIRED)![0]!.eventId,
};

interface Sender {
  readonly child: Child;
  /** What an error must say of it, by what its port is called. */
  readonly peers: { readonly publisher: ErrorPeer; readonly notifier: ErrorPeer };
}

async function startSender(bench: Bench, name: string): Promise<Sender> {
  const child = bench.start(holdSendersUrl, { data: { name } });
  const { publisherId, notifierId, nodeId } = await child.next("ready");
  const common = {
    portName: name,
    nodeId: String(nodeId),
    nodeName: `node of ${name}`,
    processId: child.pid,
  };
  return {
    child,
    peers: {
      publisher: { ...common, portId: String(publisherId) },
      notifier: { ...common, portId: String(notifierId) },
    },
  };
}

async function assertSends({ child }: Sender, count: number): Promise<void> {
  child.tell({ say: "send", count });
  await child.next("sent");
}

/** Asserts how a wait ends, and of whom it tells. */
async function assertEnds(
  wait: Promise<unknown>,
  code: "FLOE_PEER_DIED" | "FLOE_NO_PEER",
  peer: ErrorPeer | undefined,
): Promise<void> {
  const error = await wait.then(
    () => assert.fail(`something came instead of ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(FloeError.is(error), String(error));
  assert.equal(error.code, code, error.message);
  if (code === "FLOE_PEER_DIED" || error.peer?.nodeName !== "") assert.deepEqual(error.peer, peer);
  else assert.equal(error.peer.portId, peer?.portId);
  for (const part of peer === undefined ? [] : [peer.portName, peer.portId, peer.nodeId]) {
    assert.ok(error.message.includes(part), error.message);
  }
}

for (const [way, receive] of Object.entries(WAYS)) {
  const kind = way.startsWith("a message") ? "publisher" : "notifier";

  floeTest(`waiting for ${way}: fails at once when there never was a sender`, async (bench) => {
    const ports = openPorts(bench);
    await assertEnds(receive(ports), "FLOE_NO_PEER", undefined);
    await assertEnds(receive(ports), "FLOE_NO_PEER", undefined);
    ports.close();
  });

  floeTest(`waiting for ${way}: what was sent comes before the death is told`, async (bench) => {
    const ports = openPorts(bench);
    const sender = await startSender(bench, "camera");
    await assertSends(sender, 7);
    sender.child.kill();
    await sender.child.ended;
    assert.equal(await receive(ports), 7);
    await assertEnds(receive(ports), "FLOE_PEER_DIED", sender.peers[kind]);
    await assertEnds(receive(ports), "FLOE_PEER_DIED", sender.peers[kind]);
    const next = await startSender(bench, "next");
    await assertSends(next, 8);
    next.child.tell({ say: "close" });
    await next.child.next("closed");
    assert.equal(await receive(ports), 8);
    await assertEnds(receive(ports), "FLOE_NO_PEER", next.peers[kind]);
    ports.close();
  });

  if (way.endsWith("blocked")) continue;

  floeTest(`waiting for ${way}: ends when the last sender dies, not before`, async (bench) => {
    const ports = openPorts(bench);
    const one = await startSender(bench, "one");
    const two = await startSender(bench, "two");
    let hasEnded = false;
    const wait = receive(ports);
    void wait
      .catch(() => {})
      .finally(() => {
        hasEnded = true;
      });
    one.child.kill();
    const senders = () =>
      kind === "publisher" ? ports.ticks.publishers() : ports.events.notifiers();
    const isOneThere = () => senders().some(({ name }) => name === "one");
    await waitFor("one to be cleaned up after", () => !isOneThere());
    assert.equal(hasEnded, false);
    await assertSends(two, 9);
    assert.equal(await wait, 9);
    const again = receive(ports);
    two.child.kill();
    await assertEnds(again, "FLOE_PEER_DIED", two.peers[kind]);
    ports.close();
  });

  floeTest(`waiting for ${way}: ends when the last sender closes`, async (bench) => {
    const ports = openPorts(bench);
    const sender = await startSender(bench, "camera");
    const wait = receive(ports);
    sender.child.tell({ say: "close" });
    await assertEnds(wait, "FLOE_NO_PEER", sender.peers[kind]);
    ports.close();
  });

  floeTest(`waiting for ${way}: a death is told that others cleaned up after`, async (bench) => {
    const ports = openPorts(bench);
    const sender = await startSender(bench, "camera");
    const wait = receive(ports);
    sender.child.kill();
    // This thread looks at nothing meanwhile, so another process finds the dead one first.
    const args = [fileURLToPath(cleanUrl), JSON.stringify({ domain: bench.domain })];
    let removed: string[] = [];
    while (!removed.includes(sender.peers[kind].nodeId)) {
      const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      removed = (JSON.parse(stdout) as { removedNodeIds: string[] }).removedNodeIds;
    }
    await assertEnds(wait, "FLOE_PEER_DIED", sender.peers[kind]);
    ports.close();
  });
}

floeTest(
  "who waits behind others learns that nobody sends, and they go on waiting",
  async (bench) => {
    const ports = openPorts(bench);
    const sender = await startSender(bench, "camera");
    const { subscriber, listener } = ports;
    const patient = [subscriber.take(), listener.wait()] as const;
    const required = [subscriber.take(REQUIRED), listener.wait(REQUIRED)] as const;
    sender.child.kill();
    await assertEnds(required[0], "FLOE_PEER_DIED", sender.peers.publisher);
    await assertEnds(required[1], "FLOE_PEER_DIED", sender.peers.notifier);
    await assertEnds(subscriber.take(REQUIRED), "FLOE_PEER_DIED", sender.peers.publisher);
    const next = await startSender(bench, "next");
    await assertSends(next, 5);
    using sample = await patient[0];
    assert.deepEqual([sample.payload.count, (await patient[1])[0]?.eventId], [5, 5]);
    sample.release();
    ports.close();
  },
);

function openSenders(node: Node) {
  const ticks = node.publishSubscribe("ticks", { payload: Tick });
  const events = node.event("events");
  const publisher = ticks.publisher({ name: "here" });
  const notifier = events.notifier({ name: "here" });
  return [publisher, notifier, ticks, events] as const;
}

floeTest("senders of the own node and of its process count as others do", async (bench) => {
  const ports = openPorts(bench);
  const other = bench.node("other");
  for (const node of [ports.node, other]) {
    const senders = openSenders(node);
    await rejectsCode(ports.subscriber.take({ ...REQUIRED, timeout: 1 }), "FLOE_TIMEOUT");
    assert.equal(ports.subscriber.takeSync({ ...REQUIRED, timeout: 0 }), undefined);
    assert.equal(ports.listener.waitSync({ ...REQUIRED, timeout: 1 }), undefined);
    const waits = [ports.subscriber.take(REQUIRED), ports.listener.wait(REQUIRED)];
    for (const port of senders) port.close();
    for (const wait of waits) await rejectsCode(wait, "FLOE_NO_PEER", { found: /"here".*closed/ });
    throwsCode(() => ports.subscriber.takeSync({ ...REQUIRED, timeout: 0 }), "FLOE_NO_PEER");
    throwsCode(() => ports.listener.waitSync({ ...REQUIRED, timeout: 0 }), "FLOE_NO_PEER");
  }
  other.close();
  ports.close();
});

floeTest("an iteration takes the options of its waits", async (bench) => {
  const ports = openPorts(bench);
  const senders = openSenders(ports.node);
  const [publisher] = senders;
  for (let count = 1; count <= 3; count += 1) publisher.send((tick) => void (tick.count = count));
  const seen: number[] = [];
  const aborter = new AbortController();
  const loop = async (): Promise<void> => {
    for await (const { payload } of ports.subscriber.iterate({ signal: aborter.signal })) {
      seen.push(payload.count);
      if (seen.length === 2) aborter.abort();
    }
  };
  await rejectsCode(loop(), "FLOE_ABORTED");
  assert.deepEqual(seen, [1, 2]);
  await rejectsCode(ports.listener.iterate({ timeout: 1 }).next(), "FLOE_TIMEOUT");
  for (const one of senders) one.close();
  ports.close();
});
