/**
 * Source files as the rules see them: text, code without comments and strings, and imports.
 *
 * A compiler's parser would be exact, but the compiler that this project uses has no stable
 * interface to it, and the rules need little: where code ends and text begins. So one pass over the
 * characters blanks comments, the contents of strings and regular expressions; what is left has the
 * same length and the same lines, and simple patterns can be trusted on it.
 */

/** What a rule found: shown as `path:line: message`. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A string in the code: where its first quote stands, and what is between the quotes. */
export interface StringLiteral {
  readonly offset: number;
  readonly value: string;
}

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Whether it vanishes when types are stripped: `import type` or `export type`. */
  readonly isTypeOnly: boolean;
}

/** A file of the repository. */
export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the contents of strings blanked; same length, same lines. */
  readonly code: string;
  readonly strings: readonly StringLiteral[];
  readonly imports: readonly Import[];
}

/** Reads a file's text into the form that the rules use. */
export function sourceFile(path: string, text: string): SourceFile {
  const isScript = /\.(ts|mts|mjs|js)$/.test(path);
  const { code, strings } = isScript ? scan(text) : { code: text, strings: plainStrings(text) };
  const imports = isScript ? findImports(code, strings) : [];
  return { path, text, code, strings, imports };
}

/** The line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf("\n"); index !== -1 && index < offset; ) {
    line += 1;
    index = text.indexOf("\n", index + 1);
  }
  return line;
}

/** The folder of a path; "" for files in the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** Whether a file holds tests, or helpers that are only for tests beside it. */
export function isTestFile(path: string): boolean {
  return /\.test\.[a-z]+$/.test(path);
}

function plainStrings(text: string): StringLiteral[] {
  return [...text.matchAll(/"([^"\n]*)"/g)].map((match) => ({
    offset: match.index,
    value: match[1]!,
  }));
}

const IMPORT_PATTERN =
  /\b(?:(?:import|export)(\s+type)?\b[^;"'`=()]*?\bfrom\s*|import\s*\(\s*|import\s*)(?=["'])/g;

function findImports(code: string, strings: readonly StringLiteral[]): Import[] {
  const byOffset = new Map(strings.map(({ offset, value }) => [offset, value]));
  const imports: Import[] = [];
  for (const match of code.matchAll(IMPORT_PATTERN)) {
    const specifier = byOffset.get(match.index + match[0].length);
    if (specifier === undefined) continue;
    const isTypeOnly = match[1] !== undefined;
    imports.push({ specifier, line: lineAt(code, match.index), isTypeOnly });
  }
  return imports;
}

/** After these a slash begins a regular expression; after anything else it divides. */
const BEFORE_EXPRESSION = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|await))\s*$/;

class Scanner {
  readonly #text: string;
  readonly #code: string[];
  readonly strings: StringLiteral[] = [];
  #offset = 0;
  /** Depth of braces at which each open `${` ends. */
  readonly #templateDepths: number[] = [];
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    // By UTF-16 units, as offsets are.
    this.#code = text.split("");
  }

  scan(): string {
    while (this.#offset < this.#text.length) this.#step();
    return this.#code.join("");
  }

  #step(): void {
    const character = this.#text[this.#offset]!;
    const pair = character + (this.#text[this.#offset + 1] ?? "");
    if (pair === "//") this.#blankTo(this.#find("\n", 2), 0);
    else if (pair === "/*") this.#blankTo(this.#find("*/", 2) + 2, 0);
    else if (character === '"' || character === "'") this.#string(character);
    else if (character === "`") this.#template();
    else if (character === "/" && this.#startsExpression()) this.#regularExpression();
    else if (character === "{") this.#openBrace();
    else if (character === "}") this.#closeBrace();
    else this.#offset += 1;
  }

  #openBrace(): void {
    this.#depth += 1;
    this.#offset += 1;
  }

  #closeBrace(): void {
    const endsTemplateCode = this.#templateDepths.at(-1) === this.#depth;
    this.#depth -= 1;
    if (endsTemplateCode) {
      this.#templateDepths.pop();
      this.#template();
    } else {
      this.#offset += 1;
    }
  }

  #find(what: string, after: number): number {
    const found = this.#text.indexOf(what, this.#offset + after);
    return found === -1 ? this.#text.length : found;
  }

  /** Blanks up to `end`, but for `kept` characters at the beginning. */
  #blankTo(end: number, kept: number): void {
    for (let index = this.#offset + kept; index < end && index < this.#text.length; index += 1) {
      if (this.#text[index] !== "\n") this.#code[index] = " ";
    }
    this.#offset = Math.min(end, this.#text.length);
  }

  #string(quote: string): void {
    let end = this.#offset + 1;
    while (end < this.#text.length && this.#text[end] !== quote && this.#text[end] !== "\n") {
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const value = this.#text.slice(this.#offset + 1, end);
    this.strings.push({ offset: this.#offset, value });
    this.#blankTo(end, 1);
    this.#offset += 1;
  }

  /** Blanks a template, from its backtick or the end of code in it, to its end or further code. */
  #template(): void {
    let end = this.#offset + 1;
    while (end < this.#text.length && this.#text[end] !== "`") {
      if (this.#text.startsWith("${", end)) {
        this.#blankTo(end, 1);
        this.#offset = end + 2;
        this.#depth += 1;
        this.#templateDepths.push(this.#depth);
        return;
      }
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const value = this.#text.slice(this.#offset + 1, end);
    this.strings.push({ offset: this.#offset, value });
    this.#blankTo(end, 1);
    this.#offset += 1;
  }

  #startsExpression(): boolean {
    const before = this.#code.slice(Math.max(0, this.#offset - 40), this.#offset).join("");
    return BEFORE_EXPRESSION.test(before);
  }

  #regularExpression(): void {
    let end = this.#offset + 1;
    let isInClass = false;
    for (; end < this.#text.length && this.#text[end] !== "\n"; end += 1) {
      const character = this.#text[end];
      if (character === "\\") end += 1;
      else if (character === "[") isInClass = true;
      else if (character === "]") isInClass = false;
      else if (character === "/" && !isInClass) break;
    }
    this.#blankTo(end, 1);
    this.#offset += 1;
  }
}

function scan(text: string): { readonly code: string; readonly strings: readonly StringLiteral[] } {
  const scanner = new Scanner(text);
  return { code: scanner.scan(), strings: scanner.strings };
}
