/**
 * The demo, run as a user runs it: it compares both transports, finds no wrong byte, and however it
 * ends, it leaves no process and no file behind.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { isAlive, Root, RunningProgram } from "./running-program.ts";

const WATCHDOG = { timeout: 90_000 };
const FIRST_TURN = /\d s {2}floe/;

interface Stream {
  readonly received: number;
  readonly perSecond: number;
  readonly checksumFailures: number;
  readonly latency: { readonly p50Ms: number; readonly maxMs: number } | null;
}

interface Consumer {
  readonly cpuMs: number;
  readonly frames: Stream;
  readonly poses: Stream;
}

interface Document {
  readonly checksumFailures: number;
  readonly transports: Record<
    "floe" | "socket",
    {
      readonly camera: { readonly framesSent: number; readonly posesSent: number };
      readonly consumers: { readonly early: Consumer; readonly late: Consumer };
    }
  >;
}

function start(context: TestContext, args: readonly string[]) {
  const root = new Root();
  const demo = new RunningProgram(root, "demo/main.js", args);
  context.after(() => {
    demo.kill();
    root.remove();
  });
  return { root, demo };
}

function assertGood(stream: Stream, name: string): void {
  assert.ok(stream.received > 0, `${name}: nothing received`);
  assert.ok(stream.perSecond > 0, `${name}: no rate`);
  assert.equal(stream.checksumFailures, 0, name);
  assert.ok(stream.latency !== null && stream.latency.p50Ms > 0, `${name}: no latency`);
}

test("the demo compares both transports and finds no wrong byte", WATCHDOG, async (context) => {
  const { root, demo } = start(context, ["--seconds", "2", "--json"]);
  const { code } = await demo.whenEnded();
  assert.equal(code, 0, demo.stderr);
  const document = JSON.parse(demo.stdout) as Document;
  assert.equal(document.checksumFailures, 0);
  for (const transport of ["floe", "socket"] as const) {
    const { camera, consumers } = document.transports[transport];
    assert.ok(camera.framesSent > 0 && camera.posesSent > 0, `${transport}: nothing sent`);
    for (const which of ["early", "late"] as const) {
      const { frames, poses, cpuMs } = consumers[which];
      assertGood(frames, `${transport}, ${which}, frames`);
      assertGood(poses, `${transport}, ${which}, poses`);
      assert.ok(cpuMs > 0);
    }
    const { early, late } = consumers;
    assert.ok(late.frames.received < early.frames.received, `${transport}: nobody was late`);
  }
  assert.deepEqual(root.content(), []);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`after ${signal} nothing is left`, WATCHDOG, async (context) => {
    const { root, demo } = start(context, ["--seconds", "600"]);
    await demo.whenPrinted(FIRST_TURN);
    const children = demo.children();
    assert.equal(children.length, 4);
    assert.notDeepEqual(root.content(), []);
    demo.signalGroup(signal);
    const { code } = await demo.whenEnded();
    assert.equal(code, signal === "SIGINT" ? 130 : 143, demo.stderr);
    assert.deepEqual(children.filter(isAlive), []);
    assert.deepEqual(root.content(), []);
    assert.match(demo.stderr, new RegExp(`Interrupted by ${signal}`));
  });
}

test("when a child dies the demo says so and tidies up", WATCHDOG, async (context) => {
  const { root, demo } = start(context, ["--seconds", "600"]);
  await demo.whenPrinted(FIRST_TURN);
  const children = demo.children();
  process.kill(children[0]!, "SIGKILL");
  const { code } = await demo.whenEnded();
  assert.equal(code, 1);
  assert.match(demo.stderr, /^The floe camera ended unexpectedly, by SIGKILL\.$/m);
  assert.deepEqual(children.filter(isAlive), []);
  assert.deepEqual(root.content(), []);
});

test("the children of a demo that was killed end by themselves", WATCHDOG, async (context) => {
  const { root, demo } = start(context, ["--seconds", "600"]);
  await demo.whenPrinted(FIRST_TURN);
  demo.process.kill("SIGKILL");
  // The children hold its standard error open, so its end is theirs too.
  await demo.whenEnded();
  assert.deepEqual(
    root.content().filter((path) => !/^floe-demo-\d+(\/demo)?$/.test(path)),
    [],
  );
});

for (const [args, complaint] of [
  [["--seconds", "soon"], /--seconds: wanted a number from 1 to 3600, found "soon"/],
  [["--second"], /Unknown option '--second'/],
  [["now"], /Unexpected argument 'now'/],
] as const) {
  test(`${args.join(" ")} is refused`, WATCHDOG, async (context) => {
    const { demo } = start(context, args);
    const { code } = await demo.whenEnded();
    assert.equal(code, 2);
    assert.equal(demo.stdout, "");
    assert.match(demo.stderr, complaint);
  });
}
