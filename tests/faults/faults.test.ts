/**
 * The table of faults: whatever goes wrong around floe ends in a typed error or in a recovery, and
 * never in a crash, a hang, a lost message or something left behind. `docs/faults.md` shows it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { floeTest } from "../support/bench.ts";
import { PAGE_URL, pageOf } from "./page.ts";
import { Scene } from "./scene.ts";
import { CHAPTERS } from "./table.ts";

for (const { title, faults } of CHAPTERS) {
  for (const { fault, prove, codes = [], skip, mayLeaveFiles = false } of faults) {
    floeTest(
      `${title}: ${fault}`,
      async (bench) => {
        const scene = new Scene(bench);
        try {
          await prove(scene);
          await scene.finish();
        } finally {
          scene.close();
        }
        assert.deepEqual([...scene.codes].sort(), [...codes].sort(), "the codes that were met");
      },
      { mayLeaveFiles, skip: skip?.() ?? false },
    );
  }
}

test("the page of faults says what the table says", () => {
  const page = readFileSync(PAGE_URL, "utf8");
  assert.ok(page === pageOf(page, CHAPTERS), "run `npm run generate:faults`");
});

test("no two faults are the same", () => {
  const names = CHAPTERS.flatMap(({ title, faults }) => faults.map((row) => title + row.fault));
  assert.equal(new Set(names).size, names.length);
});
