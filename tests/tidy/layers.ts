/**
 * Layers: who may import whom inside the library. Arrows point down only.
 *
 * The table is the architecture. Each row names a layer of `packages/floe/src`, a folder or a file
 * there, and the layers that it may use; a name followed by `(types)` may be used in types only. A
 * layer that does not stand here fails the test: add a row, and a line to ARCHITECTURE.md, when you
 * add a folder. Tests keep to their layer's row, so that a layer can be tested without those above.
 */
import { resolveRelative } from "./references.ts";
import { isTestFile, type SourceFile, type Violation } from "./source-file.ts";

/** Layers from the bottom to the top, each with the layers that it may use. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "errors.ts": [],
  layout: [],
  crash: [],
  sync: ["crash"],
  os: ["crash", "errors.ts"],
  schema: ["errors.ts"],
  structures: ["sync", "layout"],
  memory: ["os", "layout", "errors.ts", "sync(types)"],
  registry: ["memory", "os", "sync", "layout", "schema", "structures", "errors.ts"],
  wait: ["registry", "structures", "memory", "os", "sync", "layout", "errors.ts"],
  ports: [
    "wait",
    "registry",
    "structures",
    "memory",
    "schema",
    "os",
    "sync",
    "layout",
    "errors.ts",
  ],
  patterns: ["ports", "wait", "registry", "memory", "schema", "errors.ts"],
  "peers.ts": ["registry", "memory", "errors.ts"],
  "node.ts": ["peers.ts", "patterns", "ports", "registry", "memory", "schema", "errors.ts"],
  "mod.ts": [
    "node.ts",
    "peers.ts",
    "patterns",
    "ports",
    "wait",
    "registry",
    "schema",
    "memory",
    "os",
    "errors.ts",
  ],
  "internal.ts": [
    "wait",
    "registry",
    "structures",
    "memory",
    "os",
    "layout",
    "schema",
    "errors.ts",
  ],
};

const LIBRARY = "packages/floe/src/";

/** What the names with `#` in package.json mean, as far as layers go. */
const IMPORT_NAMES: Readonly<Record<string, string>> = {
  "#words": "sync",
  "#crash-points": "crash",
};

function layerOf(path: string): string {
  return path.slice(LIBRARY.length).split("/")[0]!;
}

/** Imports in the library that the table does not allow. */
export function arrowsUp(
  files: readonly SourceFile[],
  layers: Readonly<Record<string, readonly string[]>> = LAYERS,
): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    if (!file.path.startsWith(LIBRARY)) continue;
    const layer = layerOf(file.path);
    const allowed = layers[layer];
    if (allowed === undefined) {
      const isTopTest = isTestFile(file.path) && !file.path.slice(LIBRARY.length).includes("/");
      if (isTopTest) continue;
      violations.push({ path: file.path, line: 1, message: `no layer "${layer}" in the table` });
      continue;
    }
    for (const { specifier, line, isTypeOnly } of file.imports) {
      const target = resolveRelative(file.path, specifier);
      const used = target?.startsWith(LIBRARY) ? layerOf(target) : IMPORT_NAMES[specifier];
      if (used === undefined || used === layer || allowed.includes(used)) continue;
      if (isTypeOnly && allowed.includes(`${used}(types)`)) continue;
      const message = `${layer} may not import ${used}: ${specifier}`;
      violations.push({ path: file.path, line, message });
    }
  }
  return violations;
}

/** Circles of imports that exist at run time, each reported at the import that closes it. */
export function importCircles(files: readonly SourceFile[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const violations: Violation[] = [];
  const finished = new Set<string>();
  const visit = (file: SourceFile, trail: readonly string[]): void => {
    for (const { specifier, line, isTypeOnly } of file.imports) {
      const target = isTypeOnly ? undefined : resolveRelative(file.path, specifier);
      if (target === undefined || finished.has(target)) continue;
      const start = trail.indexOf(target);
      const next = byPath.get(target);
      if (start !== -1) {
        const circle = [...trail.slice(start), target].join(" -> ");
        violations.push({ path: file.path, line, message: `a circle: ${circle}` });
      } else if (next !== undefined) visit(next, [...trail, target]);
    }
    finished.add(file.path);
  };
  for (const file of files) if (!finished.has(file.path)) visit(file, [file.path]);
  return violations;
}
