/**
 * Form: how long lines and functions may be, and words that do not belong in what we publish.
 */
import { lineAt, type SourceFile, type Violation } from "./source-file.ts";

/** Two files fit side by side on a screen, and a function on one. */
export const COLUMNS_MAX = 100;
export const FUNCTION_LINES_MAX = 70;

/** Lines that are longer than {@link COLUMNS_MAX} for another reason than a single long word. */
export function longLines(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => /\.(ts|mjs|c|h|rs)$/.test(path))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .map((line, index) => ({ path, line: index + 1, columns: [...line].length, text: line }))
        .filter(({ columns, text }) => columns > COLUMNS_MAX && !/^\s*(\S+\s+)?\S+$/.test(text))
        .map(({ path, line, columns }) => ({ path, line, message: `${columns} columns` })),
    );
}

const CONTROL = /^(?:\}\s*)?(?:else|if|for|while|switch|do|try|catch|finally)\b/;
const TYPE_OR_CLASS = /\b(?:class|interface|enum|namespace|module)\s+\w[^()]*$/;
const FUNCTION_HEAD = /(?:=>|\)\s*(?::[^=]*)?)$/;
/** A brace after one of these begins an object or its type, in the middle of a statement. */
const LITERAL_HEAD = /(?:[|&<:,(=?]|\b(?:return|import|export|type))$/;

/** Functions that are longer than {@link FUNCTION_LINES_MAX}, from head to closing brace. */
export function longFunctions(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => /\.(ts|mjs)$/.test(path))
    .flatMap((file) =>
      functionsOf(file.code)
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ line, lines }) => ({
          path: file.path,
          line,
          message: `a function of ${lines} lines`,
        })),
    );
}

interface OpenBrace {
  /** Where the function begins, if it is one's. */
  readonly functionStart?: number;
  /** Where the statement began that goes on after a literal. */
  readonly resumedStart?: number;
}

function functionsOf(code: string): { readonly line: number; readonly lines: number }[] {
  const functions: { line: number; lines: number }[] = [];
  const open: OpenBrace[] = [];
  let statementStart = 0;
  for (const { 0: character, index: offset } of code.matchAll(/[{};]/g)) {
    const closed = character === "}" ? open.pop() : undefined;
    if (closed?.functionStart !== undefined) {
      const line = lineAt(code, closed.functionStart);
      functions.push({ line, lines: lineAt(code, offset) - line + 1 });
    }
    if (character === "{") open.push(openBrace(code, statementStart, offset));
    statementStart = closed?.resumedStart ?? offset + 1;
  }
  return functions;
}

function openBrace(code: string, statementStart: number, offset: number): OpenBrace {
  const head = code.slice(statementStart, offset).trim();
  if (LITERAL_HEAD.test(head)) return { resumedStart: statementStart };
  if (!FUNCTION_HEAD.test(head) || CONTROL.test(head) || TYPE_OR_CLASS.test(head)) return {};
  return { functionStart: statementStart + code.slice(statementStart, offset).search(/\S/) };
}

/** Notes to oneself, and paths that exist on one machine only. Written so as not to find itself. */
const BANNED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/g, why: "an unfinished thought: finish or file it" },
  {
    pattern: /(?<![\w.)$}])\/(?:home|Users|work|root)\/\w[\w.-]*/g,
    why: "a path of one machine",
  },
];

/** Words that must not stand in any file. */
export function bannedWords(files: readonly SourceFile[]): Violation[] {
  return files.flatMap(({ path, text }) =>
    BANNED.flatMap(({ pattern, why }) =>
      [...text.matchAll(pattern)].map((match) => ({
        path,
        line: lineAt(text, match.index),
        message: `${match[0]}: ${why}`,
      })),
    ),
  );
}
