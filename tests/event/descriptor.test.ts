/**
 * The descriptor of a listener: readable while notifications wait, in this process and in others,
 * and gone with its listener.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";
import { resourcesHeld } from "../support/resources.ts";
import type { Assignment } from "./programs.ts";

const notifyUrl = new URL("./programs/notify.js", import.meta.url);
const watchSource = fileURLToPath(
  new URL("../../../examples/event-descriptor/watch.c", import.meta.url),
);

/** Whether a descriptor can be read, as poll(2) tells a shell; nothing is read from it. */
function isReadable(fd: number): boolean {
  const { status } = spawnSync("bash", ["-c", "read -t 0 <&3"], {
    stdio: ["ignore", "ignore", "ignore", fd],
  });
  return status === 0;
}

const noBash = spawnSync("bash", ["--version"]).status === 0 ? false : "there is no bash";
const noCompiler = spawnSync("cc", ["--version"]).status === 0 ? false : "there is no cc";

floeTest(
  "a listener's descriptor is readable while notifications wait, and only then",
  (bench) => {
    using node = bench.node();
    using events = node.event("readable");
    using listener = events.listener();
    using notifier = events.notifier();
    notifier.notify(1);
    // What was notified before the descriptor was made counts as well.
    const { fileDescriptor } = listener;
    assert.equal(isReadable(fileDescriptor), true);
    assert.deepEqual(listener.tryWait(), [{ eventId: 1, count: 1 }]);
    assert.equal(isReadable(fileDescriptor), false);
    for (let turn = 0; turn < 100; turn += 1) notifier.notify(turn);
    assert.equal(isReadable(fileDescriptor), true);
    assert.equal(
      listener.poll(() => {}),
      100,
    );
    assert.equal(isReadable(fileDescriptor), false);
    notifier.notifyListener(notifier.listeners()[0]!);
    assert.equal(isReadable(fileDescriptor), true);
    assert.equal(listener.waitSync()!.length, 1);
    assert.equal(isReadable(fileDescriptor), false);
  },
  { skip: noBash },
);

floeTest("more notifications than the FIFO holds are all counted", (bench) => {
  using node = bench.node();
  using events = node.event("full");
  using listener = events.listener();
  using notifier = events.notifier();
  assert.ok(listener.fileDescriptor > 2);
  for (let turn = 0; turn < 100_000; turn += 1) notifier.notify();
  assert.deepEqual(listener.tryWait(), [{ eventId: 0, count: 100_000 }]);
  assert.deepEqual(listener.tryWait(), []);
});

floeTest("a descriptor is one, is made at the first use, and goes with its listener", (bench) => {
  using node = bench.node();
  using events = node.event("one");
  using notifier = events.notifier();
  // Opens what a process opens once.
  notifier.notify();
  const before = resourcesHeld(bench.root);
  const fifos = () => readdirSync(join(bench.directory, `node.${node.id}`)).length;
  const files = fifos();
  for (let turn = 0; turn < 20; turn += 1) {
    const listener = events.listener();
    assert.equal(fifos(), files);
    const { fileDescriptor } = listener;
    assert.equal(listener.fileDescriptor, fileDescriptor);
    assert.equal(fifos(), files + 1);
    notifier.notify();
    listener.close();
    throwsCode(() => listener.fileDescriptor, "FLOE_CLOSED");
    assert.equal(notifier.notify(), 0);
    assert.equal(fifos(), files);
  }
  assert.deepEqual(resourcesHeld(bench.root), before);
});

floeTest("a wait in the event loop and a descriptor go together", async (bench) => {
  using node = bench.node();
  using events = node.event("both");
  using listener = events.listener();
  using notifier = events.notifier();
  const { fileDescriptor } = listener;
  for (let eventId = 0; eventId < 20; eventId += 1) {
    const waiting = listener.wait({ timeout: 30_000 });
    notifier.notify(eventId);
    assert.deepEqual(await waiting, [{ eventId, count: 1 }]);
  }
  if (noBash === false) assert.equal(isReadable(fileDescriptor), false);
});

floeTest(
  "a child that inherits the descriptor sees the notifications of another process",
  async (bench) => {
    const program = join(bench.root, "watch");
    const compiled = spawnSync("cc", ["-Wall", "-Werror", "-o", program, watchSource]);
    assert.equal(compiled.status, 0, String(compiled.stderr));
    using node = bench.node();
    using events = node.event("inherited", { deadEventId: 99 });
    using listener = events.listener();
    const sender = bench.start(notifyUrl, { data: { service: "inherited" } satisfies Assignment });
    await sender.next("joined");
    const watcher = spawn(program, ["3", "6"], {
      stdio: ["ignore", "pipe", "inherit", listener.fileDescriptor],
    });
    bench.t.after(() => watcher.kill("SIGKILL"));
    const found: number[] = [];
    sender.tell({ say: "notify", eventIds: [0] });
    for await (const line of createInterface({ input: watcher.stdout! })) {
      assert.match(line, /^notified after \d+ ticks of 100 ms$/);
      for (const { eventId } of listener.tryWait()) found.push(eventId);
      if (found.length < 5) sender.tell({ say: "notify", eventIds: [found.length] });
      // The dead event, too, makes the descriptor readable.
      else if (found.length === 5) {
        sender.kill();
        await sender.ended;
        assert.equal(listener.findDeadNotifiers().length, 1);
      }
    }
    assert.deepEqual(found, [0, 1, 2, 3, 4, 99]);
    assert.equal(existsSync(program), true);
  },
  { skip: noCompiler },
);
