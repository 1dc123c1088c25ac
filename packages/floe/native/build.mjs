/**
 * Builds the native shim with a plain C compiler: `node native/build.mjs [output directory]`.
 *
 * The host's architecture is built with `cc` (or `$CC`), the other one when its cross compiler is
 * installed. The flags make the binary reproducible: no build id, no symbols, no compiler ident, no
 * paths. `manifest.json` records which compiler and linker made which bytes, so that a test can
 * rebuild and compare; an architecture that cannot be built here keeps its entry. It is plain
 * JavaScript because it must run where nothing is built yet: it is the remedy that the loader
 * names, also in an installed package, where Node's own headers stand in for `node-api-headers`.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const nativeDirectory = dirname(fileURLToPath(import.meta.url));
const outputDirectory = resolve(process.argv[2] ?? join(nativeDirectory, "../prebuilds"));

const CROSS_COMPILERS = { x64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" };

const COMPILE_FLAGS = [
  ...["-std=c11", "-Wall", "-Wextra", "-Werror", "-Os", "-fPIC", "-shared"],
  // No libc, and nothing that the compiler would call one for.
  ...["-ffreestanding", "-nostdlib", "-fno-stack-protector", "-fno-builtin"],
  // Nothing that differs between distributions' defaults or machines.
  ...["-fno-ident", "-fno-plt", "-fvisibility=hidden", "-fno-asynchronous-unwind-tables"],
  ...["-fno-unwind-tables", "-U_FORTIFY_SOURCE", "-g0", "-fno-lto"],
];

// Function addresses are made read-only after loading (relro, now); on arm64, where a page may have
// 64 KiB, the linker pads the file with zeroes for that. The file stays loaded (nodelete): Node
// closes it at the end of the last thread that uses it, and V8 frees that thread's memory later.
const LINK_FLAGS = [
  ...["--build-id=none", "--strip-all", "--hash-style=gnu", "-znoexecstack", "-zrelro", "-znow"],
  ...["-znoseparate-code", "-znodelete"],
].map((flag) => `-Wl,${flag}`);

const ARCHITECTURE_FLAGS = {
  x64: ["-march=x86-64", "-mtune=generic", "-fcf-protection=none"],
  arm64: ["-march=armv8-a", "-mbranch-protection=none", "-mno-outline-atomics"],
};

function headersDirectory() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node-api-headers/package.json");
    return join(dirname(manifest), "include");
  } catch {
    return resolve(process.execPath, "../../include/node");
  }
}

/** The first line that a tool says about itself, or undefined if there is no such tool. */
function versionOf(compiler, ...options) {
  try {
    const output = execFileSync(compiler, options, { stdio: ["ignore", "pipe", "ignore"] });
    return output
      .toString()
      .split("\n")[0]
      .replace(/^\S*\//, "")
      .trim();
  } catch {
    return undefined;
  }
}

function compilerFor(arch) {
  const candidates = [CROSS_COMPILERS[arch]];
  if (arch === process.arch) candidates.unshift(process.env.CC ?? "cc");
  return candidates.find((compiler) => versionOf(compiler, "--version") !== undefined);
}

function build(arch, compiler) {
  const name = `linux-${arch}.node`;
  // Renamed into place: overwriting a binary that a process has loaded would crash that process.
  const temporary = join(outputDirectory, `${name}.${process.pid}`);
  const flags = [...COMPILE_FLAGS, ...LINK_FLAGS, ...ARCHITECTURE_FLAGS[arch]];
  const inputs = ["-I", headersDirectory(), "shim.c", "-o", temporary];
  execFileSync(compiler, [...flags, ...inputs], { cwd: nativeDirectory, stdio: "inherit" });
  renameSync(temporary, join(outputDirectory, name));
  const bytes = readFileSync(join(outputDirectory, name));
  // A compiler says who it is by the name it was called by ("cc (Debian ..."); that is left out.
  const version = (text) => text?.replace(/^\S+ /, "");
  const entry = {
    compiler: version(versionOf(compiler, "--version")),
    linker: version(versionOf(compiler, "-Wl,--version", "-shared")),
    sizeBytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  console.log(`${name}: ${entry.sizeBytes} bytes, ${entry.compiler}`);
  return [name, entry];
}

mkdirSync(outputDirectory, { recursive: true });
const manifestPath = join(outputDirectory, "manifest.json");
const known = existsSync(manifestPath) ? JSON.parse(readFileSync(manifestPath, "utf8")) : {};
const built = [];
for (const arch of Object.keys(CROSS_COMPILERS)) {
  const compiler = compilerFor(arch);
  if (compiler !== undefined) built.push(build(arch, compiler));
  else console.log(`linux-${arch}.node: not built, no ${CROSS_COMPILERS[arch]} here`);
}
writeFileSync(
  manifestPath,
  `${JSON.stringify({ ...known, ...Object.fromEntries(built) }, undefined, 2)}\n`,
);
if (!built.some(([name]) => name === `linux-${process.arch}.node`)) {
  console.error(`No shim for ${process.platform} ${process.arch}: install a C compiler as \`cc\`.`);
  process.exitCode = 1;
}
