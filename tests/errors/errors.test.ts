/**
 * Every mistake has one error, with a stable code, and the error says what failed, what was wanted,
 * what was found and what to do. The table is complete: a code that is thrown stands in it.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, type ErrorCode } from "floe";
import { CHAPTERS } from "../faults/table.ts";
import { assertFloeError } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";
import { type Row, Stage } from "../support/stage.ts";
import { rowsOfOptions } from "./rows-of-options.ts";
import { rowsOfUse } from "./rows-of-use.ts";
import { rowsOfWaits } from "./rows-of-waits.ts";

const rows: readonly Row[] = [...rowsOfOptions, ...rowsOfUse, ...rowsOfWaits];

/** Codes that no row provokes, and why. */
const NOT_IN_TABLE: Partial<Record<ErrorCode, string>> = {
  FLOE_SERVICE_IN_FLUX: "needs a service that vanishes at each of many looks, for seconds",
};

for (const { mistake, code, expected, provoke, skip = false } of rows) {
  floeTest(
    `an error for ${mistake}`,
    async (bench) => {
      const stage = new Stage(bench);
      let thrown: unknown;
      try {
        await provoke(stage);
      } catch (error) {
        thrown = error;
      } finally {
        stage.close();
      }
      assert.notEqual(thrown, undefined, `nothing was thrown instead of ${code}`);
      assertFloeError(thrown, code, expected);
    },
    { mayLeaveFiles: true, skip },
  );
}

const sourceFolder = fileURLToPath(new URL("../../../packages/floe/src/", import.meta.url));

/** The codes that stand in the library's sources as literals, without their list itself. */
function codesInSources(): Set<string> {
  const codes = new Set<string>();
  for (const path of readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.endsWith(".test.ts") || path === "errors.ts") continue;
    const source = readFileSync(join(sourceFolder, path), "utf8");
    for (const [, code] of source.matchAll(/"(FLOE_[A-Z_]+)"/g)) codes.add(code!);
  }
  return codes;
}

test("each code is thrown somewhere, and each code that is thrown is known", () => {
  const found = codesInSources();
  const known = Object.keys(ERROR_CODES);
  assert.deepEqual(
    known.filter((code) => !found.has(code)),
    [],
    "codes that nothing throws",
  );
  const strangers = [...found].filter((code) => !known.includes(code));
  const variables = ["FLOE_ROOT", "FLOE_SHIM_PATH", "FLOE_MEMORY_KIND"];
  assert.deepEqual(
    strangers.filter((code) => !variables.includes(code)),
    [],
    "codes that are not in the list",
  );
});

test("each code has a row in this table or that of faults, or a reason why not", () => {
  const faults = CHAPTERS.flatMap((chapter) => chapter.faults);
  const provoked = new Set<string>(rows.map((row) => row.code));
  for (const { codes = [] } of faults) for (const code of codes) provoked.add(code);
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const reason = NOT_IN_TABLE[code];
    assert.notEqual(provoked.has(code), reason !== undefined, `${code}: ${reason ?? "no row"}`);
  }
});

test("no two rows are the same mistake", () => {
  const mistakes = rows.map((row) => row.mistake);
  assert.equal(new Set(mistakes).size, mistakes.length);
});
