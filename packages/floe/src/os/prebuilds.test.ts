/** Tests of the committed binaries: that they are what their source says, and need no library. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Entry {
  readonly compiler: string;
  readonly linker: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

const prebuildsPath = fileURLToPath(new URL("../../prebuilds", import.meta.url));
const builderPath = fileURLToPath(new URL("../../native/build.mjs", import.meta.url));
const names = ["linux-x64.node", "linux-arm64.node"];

const directory = mkdtempSync(join(tmpdir(), "floe-prebuilds-"));
after(() => rmSync(directory, { recursive: true }));
before(() => spawnSync(process.execPath, [builderPath, directory]));

function manifestIn(path: string): Readonly<Record<string, Entry>> {
  if (!readdirSync(path).includes("manifest.json")) return {};
  return JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
}

for (const name of names) {
  test(`${name} is the file that the manifest describes`, () => {
    const bytes = readFileSync(join(prebuildsPath, name));
    const { sizeBytes, sha256 } = manifestIn(prebuildsPath)[name]!;
    assert.equal(bytes.length, sizeBytes);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256);
  });

  test(`${name} is built again to the same bytes by the reference compiler`, (t) => {
    const reference = manifestIn(prebuildsPath)[name]!;
    const built = manifestIn(directory)[name];
    if (built === undefined) return t.skip(`there is no compiler for ${name} here`);
    for (const tool of ["compiler", "linker"] as const) {
      if (built[tool] === reference[tool]) continue;
      return t.skip(`the ${tool} is ${built[tool]}, the reference is ${reference[tool]}`);
    }
    assert.equal(
      built.sha256,
      reference.sha256,
      "run `npm run build:native` and commit the result",
    );
  });

  test(`${name} needs no library and contains no path`, (t) => {
    const path = join(prebuildsPath, name);
    assert.doesNotMatch(readFileSync(path, "latin1"), /\/(work|home|root|usr|tmp)\//);
    if (spawnSync("readelf", ["--version"]).status !== 0) return t.skip("there is no readelf");
    const dynamic = execFileSync("readelf", ["-dW", path], { encoding: "utf8" });
    assert.match(dynamic, /Dynamic section/);
    assert.doesNotMatch(dynamic, /NEEDED/);
  });
}
