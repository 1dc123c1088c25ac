/**
 * The examples, run in pairs as their READMEs say: what one sends the other prints, and Ctrl-C ends
 * both and leaves no file behind.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Root, RunningProgram } from "./running-program.ts";

const WATCHDOG = { timeout: 60_000 };

const EXAMPLES = [
  { name: "publish-subscribe", printed: /^pose \d+: x -?\d\.\d{3}, y -?\d\.\d{3} in map$/m },
  { name: "raw-bytes", printed: /^scan of \d+ bytes, all \d+$/m },
] as const;

for (const { name, printed } of EXAMPLES) {
  test(`the example ${name}`, WATCHDOG, async (context) => {
    const root = new Root();
    const subscriber = new RunningProgram(root, `examples/${name}/subscriber.js`);
    const publisher = new RunningProgram(root, `examples/${name}/publisher.js`);
    const programs = [subscriber, publisher];
    context.after(() => {
      for (const program of programs) program.kill();
      root.remove();
    });
    await subscriber.whenPrinted(printed);
    for (const program of programs) {
      program.signalGroup("SIGINT");
      const { code } = await program.whenEnded();
      assert.equal(code, 0, program.stderr);
      assert.equal(program.stderr, "");
    }
    assert.deepEqual(root.content(), ["default"]);
  });
}
