/**
 * The package as users get it: packed, installed into an empty project without network, and used.
 *
 * What works in a checkout may be missing from the tarball, or only resolve because the workspace
 * is around it. So everything here happens in a temporary folder with a home and an npm cache of
 * its own; the checkout lends nothing but its compiler and the types of Node. The examples of the
 * READMEs are compiled and run here too, because they are the first thing that anybody tries.
 */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const TIMEOUT_MS = 120_000;

/** More than this would mean that something strange was packed. */
const TARBALL_BYTES_MAX = 500_000;

const root = fileURLToPath(new URL("../../../", import.meta.url));
const packageFolder = join(root, "packages/floe");
const folder = mkdtempSync(join(tmpdir(), "floe-packaging-"));
const project = join(folder, "project");
const installed = join(project, "node_modules/floe");

/** What `npm pack --json` tells. */
interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let packed: Packed;
let packedPaths: readonly string[];

/** The environment of a user who has never heard of this workspace. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_TEST_CONTEXT$|NODE_OPTIONS$|FLOE_)/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: join(folder, "home"),
    npm_config_cache: join(folder, "cache"),
    npm_config_userconfig: join(folder, "home/.npmrc"),
    FLOE_ROOT: join(process.env.FLOE_ROOT ?? folder, "packaging"),
    ...(process.env.FLOE_MEMORY_KIND && { FLOE_MEMORY_KIND: process.env.FLOE_MEMORY_KIND }),
  };
}

function run(file: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const options = { cwd, encoding: "utf8", timeout: TIMEOUT_MS, env: cleanEnvironment() } as const;
  const result = spawnSync(file, args, options);
  const told = `${file} ${args.join(" ")}\n${result.error ?? ""}\n${result.stdout}${result.stderr}`;
  assert.equal(result.status, 0, told);
  return result;
}

function runProgram(name: string, text: string): string {
  writeFileSync(join(project, name), text);
  return run(process.execPath, [name], project).stdout;
}

/** Compiles a TypeScript consumer of the package; the compiler speaks on stdout. */
function compile(name: string, text: string): void {
  writeFileSync(join(project, name), text);
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const typeRoots = join(root, "node_modules/@types");
  const options = [
    ...["--module", "nodenext", "--target", "es2022", "--strict", "--exactOptionalPropertyTypes"],
    ...["--lib", "es2023,esnext.disposable", "--types", "node", "--typeRoots", typeRoots],
  ];
  run(process.execPath, [compiler, ...options, name], project);
}

before(() => {
  for (const path of [project, join(folder, "home"), join(folder, "cache")]) mkdirSync(path);
  const arguments_ = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = run("npm", arguments_, packageFolder);
  const answer = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
  packed = Object.values(answer)[0]!;
  packedPaths = packed.files.map(({ path }) => path).sort();
  const manifest = { name: "consumer", private: true, type: "module" };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const tarball = join(folder, packed.filename);
  run("npm", ["install", "--ignore-scripts", "--offline", "--no-audit", tarball], project);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("the tarball contains the library and both binaries, and no tests", (t) => {
  const { size, unpackedSize } = packed;
  t.diagnostic(`${packedPaths.length} files, ${size} bytes packed, ${unpackedSize} unpacked`);
  const wanted = [
    ...["package.json", "README.md", "dist/mod.js", "dist/mod.d.ts", "src/mod.ts"],
    ...["dist/sync/words.js", "dist/structures/mod.js", "native/shim.c", "native/build.mjs"],
    ...["prebuilds/linux-x64.node", "prebuilds/linux-arm64.node"],
  ];
  const missing = wanted.filter((path) => !packedPaths.includes(path));
  assert.deepEqual(missing, []);
  const strange = packedPaths.filter((path) => /\.test\.|tsbuildinfo|node_modules/.test(path));
  assert.deepEqual(strange, []);
  assert.ok(size < TARBALL_BYTES_MAX, `${size} bytes`);
});

test("every compiled file of the tarball has its source there", () => {
  const orphans = packedPaths.filter((path) => {
    const source = path.replace(/^dist\//, "src/").replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    return path.startsWith("dist/") && !packedPaths.includes(source);
  });
  assert.deepEqual(orphans, [], "remove packages/floe/dist and build again");
});

test("installing runs no script and needs no other package", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const name of ["dependencies", "optionalDependencies", "bundleDependencies"]) {
    assert.equal(manifest[name], undefined, name);
  }
  for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
    assert.equal(manifest.scripts?.[name], undefined, name);
  }
  // npm compiles a package that has this file, whatever its scripts say.
  assert.equal(existsSync(join(installed, "binding.gyp")), false);
  const neighbours = readdirSync(join(project, "node_modules"));
  assert.deepEqual(
    neighbours.filter((name) => !name.startsWith(".")),
    ["floe"],
  );
});

test("the package and its structures can be imported", () => {
  const text = `
    import { Node } from "floe";
    import { SubmissionSender } from "floe/structures";
    console.log(typeof Node.create, typeof SubmissionSender);`;
  assert.equal(runProgram("imports.mjs", text), "function function\n");
});

test("what is not exported cannot be imported", () => {
  const text = `
    const outcome = await import("floe/dist/node.js").catch((error) => error.code);
    console.log(outcome);`;
  assert.equal(runProgram("inside.mjs", text), "ERR_PACKAGE_PATH_NOT_EXPORTED\n");
});

test("CommonJS can require the package", (t) => {
  const { require_module: hasRequireModule } = process.features as { require_module?: boolean };
  if (hasRequireModule !== true) return t.skip(`Node ${process.version} cannot require modules`);
  const text = `
    const { Node } = require("floe");
    const { SubmissionSender } = require("floe/structures");
    console.log(typeof Node.create, typeof SubmissionSender);`;
  assert.equal(runProgram("requires.cjs", text), "function function\n");
});

test("an installed package sends and receives", () => {
  const text = `
    import { Node, rawBytes } from "floe";
    const node = Node.create();
    const service = node.publishSubscribe("packaging", { payload: rawBytes });
    const subscriber = service.subscriber();
    const publisher = service.publisher();
    subscriber.publisherCount;
    console.log(publisher.sendCopy(Buffer.from("ice")));
    subscriber.poll(1, (bytes) => console.log(Buffer.from(bytes).toString()));
    for (const owner of [publisher, subscriber, service, node]) owner.close();`;
  assert.equal(runProgram("messages.mjs", text), "1\nice\n");
});

test("the types resolve and say what they should", () => {
  const text = `
    import { f64, type FloeError, Node, struct, text, type StructSubscriber } from "floe";
    import { SubmissionSender } from "floe/structures";
    const Pose = struct("Pose", { x: f64, frame: text(32) });
    using node = Node.create({ name: "types" });
    using service = node.publishSubscribe("types", { payload: Pose, bufferSize: 4 });
    using subscriber: StructSubscriber<typeof Pose> = service.subscriber();
    subscriber.poll(1, (pose, { missed }) => {
      const sum: number = pose.x + missed;
      const frame: string = pose.frame;
      // @ts-expect-error Received messages are read-only.
      pose.x = 1;
      return void [sum, frame];
    });
    // @ts-expect-error There is no such option.
    node.publishSubscribe("types", { payload: Pose, bufferSise: 4 });
    export type { FloeError };
    export { SubmissionSender };`;
  compile("types.ts", text);
});

for (const readme of ["README.md", "packages/floe/README.md"]) {
  test(`the examples in ${readme} compile and run`, () => {
    const examples = [
      ...readFileSync(join(root, readme), "utf8").matchAll(/```ts\n([\s\S]*?)```/g),
    ];
    assert.ok(examples.length > 0, "there is no example");
    for (const [index, example] of examples.entries()) {
      const name = `example-${dirname(readme).replace(/\W/g, "-")}-${index}`;
      compile(`${name}.ts`, example[1]!);
      run(process.execPath, [`${name}.js`], project);
    }
  });
}
