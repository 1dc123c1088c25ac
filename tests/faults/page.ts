/**
 * Page: the tables of `docs/faults.md`, made from the rows. Everything outside the marks is prose.
 */
import type { Chapter } from "./fault.ts";

/** Where the page lies; this file runs as build/tests/faults/page.js. */
export const PAGE_URL: URL = new URL("../../../docs/faults.md", import.meta.url);

const BEGIN = "<!-- Made from tests/faults/: run `npm run generate:faults`. -->";
const END = "<!-- End of what is made. -->";

/** The page with its tables as they should be. */
export function pageOf(page: string, chapters: readonly Chapter[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error("the marks are missing in docs/faults.md");
  const before = page.slice(0, begin + BEGIN.length);
  return `${before}\n\n${chapters.map(chapterOf).join("\n")}\n${page.slice(end)}`;
}

function chapterOf({ title, text, faults }: Chapter): string {
  // Faults with which floe deals alike share a line.
  const lines: Map<string, string[]> = new Map();
  for (const { fault, outcome, codes = [] } of faults) {
    const errors = codes.map((code) => `\`${code}\``).join(", ");
    const rest = `${cell(outcome)} | ${errors}`;
    lines.set(rest, [...(lines.get(rest) ?? []), cell(fault)]);
  }
  const rows = [...lines].map(([rest, faults]) => `| ${faults.join("<br>")} | ${rest} |\n`);
  const head = "| fault | what floe does | errors |\n| --- | --- | --- |\n";
  return `## ${title}\n\n${text}\n\n${head}${rows.join("")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
