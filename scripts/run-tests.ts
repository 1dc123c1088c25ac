/**
 * `npm test [-- text...]`: runs the compiled tests of the whole repository.
 *
 * Node 20 does not expand patterns after `--test`, so this program finds the files itself. It runs
 * only those whose TypeScript source still exists: a compiled test that outlived its source would
 * go on reporting about code that nobody can read. With arguments it runs the files whose path
 * contains one of them.
 *
 * The tests get an empty root directory in shared memory of their own, so that they can neither
 * meet nor disturb programs that use floe on the same machine, and what they leave is removed.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { capabilities } from "floe";

/** More files at a time make tests of two processes wait for each other's cores. */
const CONCURRENCY_MAX = 4;

/** No file of tests may take longer; most take seconds, the emulator a few minutes. */
const FILE_TIMEOUT_MS = 900_000;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A compiled test and the source that it was made from, relative to the repository's root. */
interface CompiledTest {
  readonly path: string;
  readonly sourcePath: string;
}

function compiledTestsBelow(outputFolder: string, sourceFolder: string): CompiledTest[] {
  if (!existsSync(join(root, outputFolder))) return [];
  return readdirSync(join(root, outputFolder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.js") && !path.includes("node_modules"))
    .map((path) => ({
      path: join(outputFolder, path),
      sourcePath: join(sourceFolder, path.replace(/\.js$/, ".ts")),
    }));
}

function allCompiledTests(): CompiledTest[] {
  const packages = readdirSync(join(root, "packages"));
  return [
    ...packages.flatMap((name) =>
      compiledTestsBelow(join("packages", name, "dist"), join("packages", name, "src")),
    ),
    ...compiledTestsBelow("build", "."),
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function memoryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

function describePlatform(): string {
  const { platform, arch, libc, kernel, memoryKind, error } = capabilities();
  const memory = error === undefined ? `memory as ${memoryKind}` : error.message;
  return `Node ${process.version}, ${platform} ${arch}, ${libc}, kernel ${kernel}, ${memory}`;
}

function run(files: readonly string[]): void {
  const floeRoot = mkdtempSync(join(memoryFolder(), "floe-test-"));
  const child = spawn(
    process.execPath,
    [
      "--test",
      "--test-reporter=spec",
      `--test-concurrency=${Math.min(availableParallelism(), CONCURRENCY_MAX)}`,
      `--test-timeout=${FILE_TIMEOUT_MS}`,
      ...files,
    ],
    { cwd: root, stdio: "inherit", env: { ...process.env, FLOE_ROOT: floeRoot } },
  );
  // The child gets the terminal's signals as well; this process stays to tidy up after it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("close", (code) => {
    rmSync(floeRoot, { recursive: true, force: true });
    process.exitCode = code ?? 1;
  });
}

const filters = process.argv.slice(2);
const compiled = allCompiledTests();
const current = compiled.filter(({ sourcePath }) => existsSync(join(root, sourcePath)));
const chosen = current.filter(
  ({ sourcePath }) =>
    filters.length === 0 || filters.some((text) => relative(".", sourcePath).includes(text)),
);

console.log(describePlatform());
const staleCount = compiled.length - current.length;
const stale = staleCount === 0 ? "" : `, ${staleCount} compiled ones without a source left out`;
console.log(`${chosen.length} of ${current.length} files of tests${stale}\n`);
if (chosen.length === 0) {
  console.error(`No file of tests matches ${filters.join(" ") || "anything: run npm run build"}.`);
  process.exitCode = 1;
} else {
  run(chosen.map(({ path }) => path));
}
