/**
 * References: which file leads to which, and whether it may.
 *
 * Imports are one way to use a file; starting it as a program, loading it or compiling it are
 * others, and all of them name the file in a string. So a string that resolves to a file counts as
 * its use, also in package.json, and a compiled name (`dist/x.js`, `build/x.js`) means its source.
 */
import { folderOf, isTestFile, lineAt, type SourceFile, type Violation } from "./source-file.ts";

/** The path that a relative specifier means, from the root; undefined for packages. */
export function resolveRelative(fromPath: string, specifier: string): string | undefined {
  if (!/^\.\.?(\/|$)/.test(specifier)) return undefined;
  return normalize(`${folderOf(fromPath)}/${specifier}`);
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

function packageFolderOf(path: string): string | undefined {
  return /^packages\/[^/]+/.exec(path)?.[0];
}

/** Relative imports across a package's border, and deep paths that a package does not export. */
export function foreignInsides(
  files: readonly SourceFile[],
  exportedPaths: ReadonlySet<string>,
): Violation[] {
  const packageNames = [...exportedPaths].filter((path) => !path.includes("/"));
  const violations: Violation[] = [];
  for (const { path, imports } of files) {
    for (const { specifier, line } of imports) {
      const target = resolveRelative(path, specifier);
      if (target !== undefined && packageFolderOf(target) !== packageFolderOf(path)) {
        const message = `a relative import across a package's border: ${specifier}`;
        violations.push({ path, line, message });
      }
      const isOfOurs = packageNames.some((name) => specifier.startsWith(`${name}/`));
      if (isOfOurs && !exportedPaths.has(specifier)) {
        violations.push({ path, line, message: `not exported by its package: ${specifier}` });
      }
    }
  }
  return violations;
}

/** What programs may import from a package: "floe", "floe/structures" and so on. */
export function exportedPathsOf(manifest: SourceFile): string[] {
  const { name, exports } = JSON.parse(manifest.text) as {
    readonly name: string;
    readonly exports?: Readonly<Record<string, unknown>>;
  };
  return Object.keys(exports ?? {}).map((key) => name + key.slice(1));
}

/** Relative imports that do not name a TypeScript file by its own name. */
export function importsWithoutExtension(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => path.endsWith(".ts"))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => /^\.\.?\//.test(specifier))
        .filter(({ specifier }) => !/\.(ts|json)$/.test(specifier))
        .map(({ specifier, line }) => ({
          path,
          line,
          message: `a relative import must end in .ts: ${specifier}`,
        })),
    );
}

/** Programs that are started by the name of their folder, or that readers start. */
const STARTED_BY_NAME = [/^benchmarks\/peers\/[^/]+\/main\.(ts|c)$/, /^examples\//];

const CODE_FILE = /\.(ts|mts|mjs|js|c|h)$/;

/**
 * Files of code that nothing leads to. In packages the way must begin in package.json, because code
 * that only its own tests use is dead; elsewhere it may also begin in a file of tests.
 */
export function unusedFiles(files: readonly SourceFile[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const manifests = files.filter(({ path }) => /(^|\/)package\.json$/.test(path));
  const programs = files.filter(({ path }) => STARTED_BY_NAME.some((name) => name.test(path)));
  const tests = files.filter(({ path }) => isTestFile(path));
  const production = reachable(byPath, [...manifests, ...programs]);
  const everything = reachable(byPath, [...manifests, ...programs, ...tests]);
  return files
    .filter(({ path }) => CODE_FILE.test(path))
    .filter(({ path }) => {
      const mustBeProduction = packageFolderOf(path) !== undefined && !isTestFile(path);
      return !(mustBeProduction ? production : everything).has(path);
    })
    .map(({ path }) => {
      const isTested = everything.has(path);
      return { path, line: 1, message: isTested ? "used by tests only" : "used by nothing" };
    });
}

function reachable(
  byPath: ReadonlyMap<string, SourceFile>,
  entries: readonly SourceFile[],
): Set<string> {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file.path)) continue;
    reached.add(file.path);
    for (const name of namesIn(file)) {
      for (const candidate of pathsMeantBy(file.path, name)) {
        const next = byPath.get(candidate);
        if (next !== undefined) waiting.push(next);
      }
    }
  }
  return reached;
}

function namesIn(file: SourceFile): string[] {
  const names = file.strings.map(({ value }) => value);
  return names.flatMap((name) => name.split(" ")).filter((name) => /\.[a-z]+$/.test(name));
}

function pathsMeantBy(fromPath: string, name: string): string[] {
  const source = name
    .replace(/(^|\/)dist\//, "$1src/")
    .replace(/^build\//, "")
    .replace(/\.js$/, ".ts");
  return [source, name].flatMap((path) => [
    normalize(`${folderOf(fromPath)}/${path}`),
    normalize(path),
  ]);
}

/** Uses of the wall clock in the library: it can be set, and then every wait would be wrong. */
export function wallClocks(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => /^packages\/[^/]+\/src\//.test(path) && !isTestFile(path))
    .flatMap(({ path, code }) =>
      [...code.matchAll(/\bDate\b|\btimeOrigin\b/g)].map((match) => ({
        path,
        line: lineAt(code, match.index),
        message: "the wall clock can be set; use performance.now or monotonicTick",
      })),
    );
}

/** Uses of `Atomics` in the library outside `sync/`, but for tests. */
export function atomicsOutsideSync(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => /^packages\/[^/]+\/src\/(?!sync\/)/.test(path) && !isTestFile(path))
    .flatMap(({ path, code }) =>
      [...code.matchAll(/\bAtomics\b/g)].map((match) => ({
        path,
        line: lineAt(code, match.index),
        message: "Atomics belong to sync/; use #words",
      })),
    );
}
