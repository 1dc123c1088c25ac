/**
 * Hands a listener's descriptor to a program in C, which waits for it in its own event loop.
 *
 * `listener.fileDescriptor` is a FIFO that is readable while notifications wait. It can be given to
 * epoll, select or any other event loop, and a child can inherit it, as here: as its descriptor 3.
 * The child sees that there is something; what it is, the listener tells.
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Node } from "floe";

const NOTIFICATIONS = 5;
const INHERITED_FD = 3;

const source = fileURLToPath(
  new URL("../../../examples/event-descriptor/watch.c", import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), "floe-watch-"));
const program = join(folder, "watch");
spawnSync("cc", ["-Wall", "-O2", "-o", program, source], { stdio: "inherit" });

using node = Node.create({ name: "event descriptor" });
using events = node.event("example/descriptor");
using listener = events.listener();
using notifier = events.notifier();

const { fileDescriptor } = listener;
const child = spawn(program, [`${INHERITED_FD}`, `${NOTIFICATIONS}`], {
  stdio: ["ignore", "pipe", "inherit", fileDescriptor],
});
child.on("error", () => {
  console.error("This example needs a C compiler: the command cc.");
  process.exitCode = 1;
});

let eventId = 1;
notifier.notify(eventId);
for await (const line of createInterface({ input: child.stdout! })) {
  const found = listener.tryWait().map((activation) => `event ${activation.eventId}`);
  console.log(`${line}: ${found.join(", ")}`);
  eventId += 1;
  if (eventId <= NOTIFICATIONS) notifier.notify(eventId);
}
rmSync(folder, { recursive: true });
