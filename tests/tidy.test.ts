/**
 * The house is tidy: rules that a reviewer would otherwise have to repeat, each as a test.
 *
 * A rule is a pure function from files to violations, and is tried twice: on a small bad example,
 * which it must report (a rule that cannot fail is worth nothing), and on the repository, which
 * must be clean. A failure lists `path:line: message`. That Atomics belong to `sync/` holds for the
 * library alone: tests stage races of their own, and benchmarks measure bare Atomics as a floor.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  deadLinks,
  entriesOf,
  exportsWithoutDocs,
  filesWithoutOpening,
  foldersWithoutOpening,
} from "./tidy/documentation.ts";
import { bannedWords, longFunctions, longLines } from "./tidy/form.ts";
import { arrowsUp, importCircles, LAYERS } from "./tidy/layers.ts";
import {
  atomicsOutsideSync,
  exportedPathsOf,
  foreignInsides,
  importsWithoutExtension,
  unusedFiles,
  wallClocks,
} from "./tidy/references.ts";
import { ROOT, readRepository } from "./tidy/repository.ts";
import { isTestFile, type SourceFile, sourceFile, type Violation } from "./tidy/source-file.ts";

const repository = readRepository();
const manifests = repository.filter(({ path }) => /^packages\/[^/]+\/package\.json$/.test(path));
const library = "packages/floe/src";

function find(path: string): SourceFile {
  const file = repository.find((candidate) => candidate.path === path);
  assert.ok(file !== undefined, `there is no ${path}`);
  return file;
}

function assertTidy(violations: readonly Violation[]): void {
  const list = violations.map(({ path, line, message }) => `${path}:${line}: ${message}`);
  assert.ok(list.length === 0, `\n${list.join("\n")}\n`);
}

/** The rule must report exactly these lines of the example. */
function assertFinds(violations: readonly Violation[], expected: readonly string[]): void {
  assert.deepEqual(
    violations.map(({ path, line }) => `${path}:${line}`),
    expected,
  );
}

test("no arrow points up between the layers of the library", () => {
  const bad = sourceFile(`${library}/os/files.ts`, '/** A. */\nimport { a } from "../node.ts";\n');
  const strange = sourceFile(`${library}/new/a.ts`, "");
  const types = sourceFile(
    `${library}/memory/a.ts`,
    'import type { A } from "../sync/words.ts";\nimport { b } from "../sync/words.ts";\n',
  );
  const named = sourceFile(`${library}/schema/a.ts`, 'import { peek } from "#words";\n');
  assertFinds(arrowsUp([bad, strange, types, named]), [
    `${library}/os/files.ts:2`,
    `${library}/new/a.ts:1`,
    `${library}/memory/a.ts:2`,
    `${library}/schema/a.ts:1`,
  ]);
  assertTidy(arrowsUp(repository));
});

test("the table of layers has no arrow up in itself", () => {
  const order = Object.keys(LAYERS);
  for (const [layer, used] of Object.entries(LAYERS)) {
    for (const name of used) {
      const index = order.indexOf(name.replace("(types)", ""));
      assert.ok(index !== -1 && index < order.indexOf(layer), `${layer} uses ${name}`);
    }
  }
});

test("no imports go round in a circle at run time", () => {
  const one = sourceFile("a/one.ts", 'import { two } from "./two.ts";\n');
  const two = sourceFile(
    "a/two.ts",
    'import type { A } from "./one.ts";\nexport * from "./one.ts";',
  );
  assertFinds(importCircles([one, two]), ["a/two.ts:2"]);
  assertTidy(importCircles(repository));
});

test("only sync/ touches Atomics", () => {
  const bad = sourceFile(
    `${library}/ports/a.ts`,
    `// Atomics in a comment\nconst a = \`Atomics \${Atomics.load(words, 0)}\`;\nAtomics.wait();\n`,
  );
  const good = sourceFile(`${library}/sync/a.ts`, "Atomics.load(words, 0);\n");
  assertFinds(atomicsOutsideSync([bad, good]), [
    `${library}/ports/a.ts:2`,
    `${library}/ports/a.ts:3`,
  ]);
  assertTidy(atomicsOutsideSync(repository));
});

test("the library never looks at the wall clock", () => {
  const bad = sourceFile(
    `${library}/ports/a.ts`,
    '// Date\nconst now = Date.now();\nnew Date("Date");\nperformance.timeOrigin;\n',
  );
  const good = sourceFile(`${library}/ports/b.ts`, 'performance.now();\nconst a = "Date";\n');
  assertFinds(
    wallClocks([bad, good]),
    [2, 3, 4].map((line) => `${bad.path}:${line}`),
  );
  assertTidy(wallClocks(repository));
});

test("nobody imports another package's inside", () => {
  const exported = new Set(["floe", "floe/structures"]);
  const out = sourceFile(`${library}/a.ts`, 'import "../../../spec/layout.ts";\n');
  const into = sourceFile("tests/a.ts", 'import { a } from "../packages/floe/src/mod.ts";\n');
  const deep = sourceFile(
    "tests/b.ts",
    'import "floe/structures";\nawait import("floe/dist/a.js");',
  );
  assertFinds(foreignInsides([out, into, deep], exported), [
    `${library}/a.ts:1`,
    "tests/a.ts:1",
    "tests/b.ts:2",
  ]);
  assertTidy(foreignInsides(repository, new Set(manifests.flatMap(exportedPathsOf))));
});

test("relative imports name TypeScript files", () => {
  const bad = sourceFile("a.ts", 'import "./b.js";\nimport "./c";\nimport "./d.ts";\n');
  assertFinds(importsWithoutExtension([bad]), ["a.ts:1", "a.ts:2"]);
  assertTidy(importsWithoutExtension(repository));
});

test("every file is used", () => {
  const files = [
    sourceFile("packages/a/package.json", '{ "exports": { ".": "./dist/mod.js" } }'),
    sourceFile("packages/a/src/mod.ts", 'export * from "./used.ts";'),
    sourceFile("packages/a/src/used.ts", ""),
    sourceFile("packages/a/src/tested.ts", ""),
    sourceFile("packages/a/src/tested.test.ts", 'import "./tested.ts";\n'),
    sourceFile("tests/helper.ts", ""),
    sourceFile("tests/forgotten.ts", ""),
    sourceFile("tests/a.test.ts", 'new URL("./helper.js", import.meta.url)'),
  ];
  assertFinds(unusedFiles(files), ["packages/a/src/tested.ts:1", "tests/forgotten.ts:1"]);
  assertTidy(unusedFiles(repository));
});

test("every public export has a doc comment", () => {
  const files = [
    sourceFile("src/mod.ts", '/** Opening. */\nexport { a, type B as C } from "./inner.ts";\n'),
    sourceFile(
      "src/inner.ts",
      "/** Opening paragraph. */\nexport const a = 1;\ninterface B {}\nexport { B };\n" +
        "export const hidden = 2;\n/** Good. */\nexport type D = 1;\n",
    ),
    sourceFile("src/star.ts", '/** Opening. */\nexport * from "./inner.ts";\n'),
  ];
  assertFinds(exportsWithoutDocs(files, ["src/mod.ts"]), ["src/inner.ts:2", "src/inner.ts:3"]);
  assert.equal(exportsWithoutDocs(files, ["src/star.ts"]).length, 3);
  assertTidy(exportsWithoutDocs(repository, manifests.flatMap(entriesOf)));
});

test("every file opens with a paragraph", () => {
  const bad = sourceFile("a.ts", "import x;\n/** Too late. */\n");
  const plain = sourceFile("b.ts", "/* Not a doc comment. */\n");
  const good = sourceFile("c.ts", "/** A good one. */\n");
  assertFinds(filesWithoutOpening([bad, plain, good]), ["a.ts:1", "b.ts:1"]);
  assertTidy(filesWithoutOpening(repository));
});

test("every folder is explained, in itself or in the map of ARCHITECTURE.md", () => {
  const map = sourceFile(
    "ARCHITECTURE.md",
    "| `b/` | Enough words here. |\n| `gone/` | As before. |\n",
  );
  const files = ["a/1.ts", "a/2.ts", "b/1.ts", "b/2.ts", "c/1.ts", "d/1.ts", "d/mod.ts"].map(
    (path) => sourceFile(path, ""),
  );
  assertFinds(foldersWithoutOpening(files, map), ["a:1", "ARCHITECTURE.md:2"]);
  assertTidy(foldersWithoutOpening(repository, find("ARCHITECTURE.md")));
});

test("links in documents lead to files", () => {
  const bad = sourceFile("docs/a.md", "[good](../b.md#part) [web](https://a.b/c)\n[bad](b.md)\n");
  assertFinds(
    deadLinks([bad], (path) => path === "b.md"),
    ["docs/a.md:2"],
  );
  assertTidy(deadLinks(repository, (path) => existsSync(join(ROOT, path))));
});

test("no line is longer than 100 columns", () => {
  const word = "x".repeat(99);
  assertFinds(longLines([sourceFile("a.ts", `// a b ${word}\n// ${word}\n`)]), ["a.ts:1"]);
  assertTidy(longLines(repository.filter(({ path }) => !path.startsWith("spec/layout"))));
});

test("no function of the library is longer than 70 lines", () => {
  const body = "  call();\n".repeat(70);
  const bad = sourceFile(
    "a.ts",
    `class A {\n  method(a: { b: 1 }): void | { c: 1 } {\n${body}  }\n}\n` +
      `const f = () => {\n${body}};\nif (a) {\n${body}}\nconst text = "}";\n`,
  );
  assertFinds(longFunctions([bad]), ["a.ts:2", "a.ts:75"]);
  const sources = repository.filter(({ path }) => /^packages\/[^/]+\/src\//.test(path));
  assertTidy(longFunctions(sources.filter(({ path }) => !isTestFile(path))));
});

test("no note to oneself and no path of one machine is left", () => {
  const note = ["TO", "DO"].join("");
  const path = ["", "work", "main"].join("/");
  const bad = sourceFile("a.md", `fine\n${note}: later\nsee ${path}\n`);
  assertFinds(bannedWords([bad]), ["a.md:2", "a.md:3"]);
  assertTidy(bannedWords(repository));
});

test("the lock file names no registry but the public one", () => {
  const lock = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const urls = [...lock.matchAll(/"resolved": "(\w+:[^"]+)"/g)].map((match) => match[1]!);
  const isForeign = (url: string): boolean => !url.startsWith("https://registry.npmjs.org/");
  assert.deepEqual(urls.filter(isForeign), []);
});
