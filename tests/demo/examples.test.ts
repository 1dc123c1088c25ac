/**
 * The examples, run in pairs as their READMEs say: what one sends the other prints, and Ctrl-C ends
 * both and leaves no file behind.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Root, RunningProgram } from "./running-program.ts";

const WATCHDOG = { timeout: 60_000 };

const messages = { receiver: "subscriber", sender: "publisher" };

const EXAMPLES = [
  {
    name: "publish-subscribe",
    ...messages,
    printed: [/^pose \d+: x -?\d\.\d{3}, y -?\d\.\d{3} in map$/m],
  },
  { name: "raw-bytes", ...messages, printed: [/^scan of \d+ bytes, all \d+$/m] },
  {
    name: "event",
    receiver: "listener",
    sender: "notifier",
    printed: [/^door:.* knocked \d times/m, /^door:.* closed \d times/m],
  },
  {
    name: "health-monitoring",
    receiver: "monitor",
    sender: "worker",
    printed: [/^started: 1 workers now$/m, /^silent: nothing for \d{3} ms of 1 workers$/m],
  },
  {
    name: "event-multiplexing",
    receiver: "monitor",
    sender: "robot",
    printed: [/^battery: \d+\.\d\d V$/m, /^[1-9]\d* heartbeats so far$/m],
  },
  {
    name: "peers",
    receiver: "watch",
    sender: "worker",
    printed: [/^joined: worker \d+$/m, /^first reading: \d+$/m],
  },
] as const;

for (const { name, receiver: receiverName, sender: senderName, printed } of EXAMPLES) {
  test(`the example ${name}`, WATCHDOG, async (context) => {
    const root = new Root();
    const receiver = new RunningProgram(root, `examples/${name}/${receiverName}.js`);
    const programs = [receiver];
    context.after(() => {
      for (const program of programs) program.kill();
      root.remove();
    });
    await receiver.whenPrinted(/Ctrl-C/);
    programs.unshift(new RunningProgram(root, `examples/${name}/${senderName}.js`));
    for (const pattern of printed) await receiver.whenPrinted(pattern);
    for (const program of programs) {
      program.signalGroup("SIGINT");
      const { code } = await program.whenEnded();
      assert.equal(code, 0, program.stderr);
      assert.equal(program.stderr, "");
    }
    assert.deepEqual(root.content(), ["default"]);
  });
}

/** What is started, and what is printed of a sender before and after it was killed. */
const KILLED = [
  {
    name: "event",
    receiver: "listener",
    sender: "notifier",
    before: /installed 1 times/,
    after: () => [/died 1 times/],
  },
  {
    name: "health-monitoring",
    receiver: "monitor",
    sender: "worker",
    before: /^started/m,
    after: (pid: number | undefined) => [RegExp(`^died: worker ${pid}$`, "m")],
  },
  {
    name: "peers",
    receiver: "watch",
    sender: "worker",
    before: /^first reading/m,
    after: (pid: number | undefined) => [
      RegExp(`^died: worker ${pid}, process ${pid}$`, "m"),
      RegExp(`^no more readings: worker ${pid} died$`, "m"),
    ],
  },
] as const;

for (const { name, receiver: receiverName, sender: senderName, before, after } of KILLED) {
  test(`the example ${name} tells of a sender that was killed`, WATCHDOG, async (context) => {
    const root = new Root();
    const receiver = new RunningProgram(root, `examples/${name}/${receiverName}.js`);
    context.after(() => {
      receiver.kill();
      root.remove();
    });
    await receiver.whenPrinted(/Ctrl-C/);
    const sender = new RunningProgram(root, `examples/${name}/${senderName}.js`);
    await receiver.whenPrinted(before);
    sender.kill();
    await sender.whenEnded();
    const { pid } = sender.process;
    for (const pattern of after(pid)) await receiver.whenPrinted(pattern);
    receiver.signalGroup("SIGINT");
    assert.equal((await receiver.whenEnded()).code, 0, receiver.stderr);
  });
}

const compiler = spawnSync("cc", ["--version"]).status === 0 ? false : "there is no cc";

test("the example event-descriptor", { ...WATCHDOG, skip: compiler }, async (context) => {
  const root = new Root();
  const program = new RunningProgram(root, "examples/event-descriptor/main.js");
  context.after(() => {
    program.kill();
    root.remove();
  });
  const { code } = await program.whenEnded();
  assert.equal(code, 0, program.stderr);
  const lines = program.stdout.trim().split("\n");
  assert.equal(lines.length, 5, program.stdout);
  for (const [index, line] of lines.entries()) {
    assert.match(line, RegExp(`^notified after \\d+ ticks of 100 ms: event ${index + 1}$`));
  }
  assert.deepEqual(root.content(), ["default"]);
});
