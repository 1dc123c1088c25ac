/**
 * Documentation: every file opens with a paragraph, every folder is explained, every public export
 * has a sentence, and links lead somewhere.
 */
import { resolveRelative } from "./references.ts";
import { folderOf, isTestFile, lineAt, type SourceFile, type Violation } from "./source-file.ts";

/** Files that do not open with a doc comment of at least one sentence. */
export function filesWithoutOpening(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => /\.(ts|mjs|c|h|rs)$/.test(path))
    .filter(({ path, text }) => !opensWithParagraph(path, text))
    .map(({ path }) => ({ path, line: 1, message: "no opening paragraph" }));
}

function opensWithParagraph(path: string, text: string): boolean {
  const afterShebang = text.replace(/^#!.*\n/, "");
  if (path.endsWith(".rs")) return /^\s*\/\/! \S/.test(afterShebang);
  const comment = /^\s*\/\*\*?([\s\S]*?)\*\//.exec(afterShebang);
  if (comment === null) return false;
  if (path.endsWith("s") && !/^\s*\/\*\*/.test(afterShebang)) return false;
  return /\w+\W+\w+/.test(comment[1]!);
}

/** A folder's own explanation: a README, or the file that speaks for the others. */
const EXPLAINING_FILES = ["README.md", "mod.ts", "main.ts", "main.c", "src/main.rs"];

/**
 * Folders of code that nothing explains, and explanations of folders that are gone. A folder is
 * explained by one of {@link EXPLAINING_FILES}, by its only file, or by a row of the map of folders
 * in ARCHITECTURE.md, where `*` stands for any name. A topic of `tests/` explains itself: each of
 * its files says what it proves.
 */
export function foldersWithoutOpening(
  files: readonly SourceFile[],
  architecture: SourceFile,
): Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  const codePaths = files.map(({ path }) => path).filter((path) => /\.(ts|mjs|c|h)$/.test(path));
  const folders = new Set(codePaths.map(folderOf).filter((folder) => folder !== ""));
  const map = [...architecture.text.matchAll(/^\| `([^`]+)\/` \| [^|]{10,} \|$/gm)].map(
    (match) => ({
      folder: match[1]!,
      line: lineAt(architecture.text, match.index),
      pattern: new RegExp(`^${match[1]!.replaceAll("*", "[^/]+")}$`),
    }),
  );
  const unexplained = [...folders]
    .filter((folder) => !map.some(({ pattern }) => pattern.test(folder)))
    .filter((folder) => !EXPLAINING_FILES.some((name) => paths.has(`${folder}/${name}`)))
    .filter((folder) => {
      const own = codePaths.filter((path) => folderOf(path) === folder);
      return own.length > 1 && !(folder.startsWith("tests/") && own.some(isTestFile));
    })
    .map((folder) => ({ path: folder, line: 1, message: "a folder that nothing explains" }));
  const gone = map
    .filter(({ pattern }) => ![...folders].some((folder) => pattern.test(folder)))
    .map(({ folder, line }) => ({
      path: architecture.path,
      line,
      message: `the map names a folder without code: ${folder}`,
    }));
  return [...unexplained, ...gone];
}

/** The sources that a package's `exports` lead to. */
export function entriesOf(manifest: SourceFile): string[] {
  const { exports } = JSON.parse(manifest.text) as { readonly exports?: unknown };
  const names = [...JSON.stringify(exports ?? {}).matchAll(/"\.\/dist\/([^"]+)\.js"/g)];
  const folder = folderOf(manifest.path);
  return [...new Set(names.map((match) => `${folder}/src/${match[1]}.ts`))];
}

/** Exports that can be reached from `entries` and have no doc comment where they are declared. */
export function exportsWithoutDocs(
  files: readonly SourceFile[],
  entries: readonly string[],
): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const violations: Violation[] = [];
  const visit = (path: string, name: string): void => {
    const file = byPath.get(path);
    if (file === undefined || seen.has(`${path}#${name}`)) return;
    seen.add(`${path}#${name}`);
    violations.push(...undocumentedDeclarations(file, name));
    for (const step of reExports(file)) {
      if (name !== "*" && step.as !== "*" && step.as !== name) continue;
      visit(step.path, step.as === "*" ? name : step.name);
    }
  };
  for (const entry of entries) visit(entry, "*");
  return violations;
}

const DECLARATION =
  /^(export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(const|let|function\*?|class|interface|type)\s+([\w$]+)/gm;

/** Declarations of `name` (or, for "*", all exported ones) without a doc comment before them. */
function undocumentedDeclarations(file: SourceFile, name: string): Violation[] {
  const violations: Violation[] = [];
  let previous = "";
  for (const match of file.code.matchAll(DECLARATION)) {
    const [, exported, kind, found] = match;
    if (name === "*" ? exported === undefined : found !== name) continue;
    const isOverload = kind === "function" && previous === found;
    previous = kind === "function" ? found! : "";
    if (isOverload || hasDocBefore(file.text, match.index)) continue;
    const line = lineAt(file.text, match.index);
    violations.push({ path: file.path, line, message: `a public export without docs: ${found}` });
  }
  return violations;
}

function hasDocBefore(text: string, offset: number): boolean {
  const before = text.slice(0, offset).trimEnd();
  if (!before.endsWith("*/")) return false;
  return before.startsWith("/**", before.lastIndexOf("/*")) && !isOpening(text, before);
}

/** Whether the comment that ends `before` is the file's opening paragraph and nothing else. */
function isOpening(text: string, before: string): boolean {
  return text.slice(0, before.lastIndexOf("/*")).trim() === "";
}

interface ReExport {
  readonly path: string;
  /** Name in the other file; "*" for all. */
  readonly name: string;
  /** Name under which it is passed on; "*" for all. */
  readonly as: string;
}

function reExports(file: SourceFile): ReExport[] {
  const byOffset = new Map(file.strings.map(({ offset, value }) => [offset, value]));
  const steps: ReExport[] = [];
  const pattern = /\bexport\s+(?:type\s+)?(\*|\{[^}]*\})(?:\s*from\s*(?=["']))?/g;
  for (const match of file.code.matchAll(pattern)) {
    const specifier = byOffset.get(match.index + match[0].length);
    const path = specifier === undefined ? file.path : resolveRelative(file.path, specifier);
    if (path === undefined) continue;
    if (match[1] === "*") steps.push({ path, name: "*", as: "*" });
    else steps.push(...namedSteps(match[1]!, path));
  }
  return steps;
}

function namedSteps(list: string, path: string): ReExport[] {
  return list
    .replace(/[{}]/g, "")
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .filter((part) => part !== "")
    .map((part) => {
      const [name, as] = part.split(/\s+as\s+/) as [string, string | undefined];
      return { path, name, as: as ?? name };
    });
}

/** Relative links of documents that lead nowhere; `exists` is asked about paths from the root. */
export function deadLinks(
  files: readonly SourceFile[],
  exists: (path: string) => boolean,
): Violation[] {
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
        .filter((match) => !/^[a-z]+:/.test(match[1]!))
        .filter((match) => !exists(resolveRelative(path, `./${match[1]}`)!))
        .map((match) => ({
          path,
          line: lineAt(text, match.index),
          message: `a link that leads nowhere: ${match[1]}`,
        })),
    );
}
