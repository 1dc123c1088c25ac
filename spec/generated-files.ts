/**
 * The generator: every file that is made from the layout, in memory.
 *
 * Nothing is written here, so that a test can compare what would be generated with what is in the
 * repository. A layout with a mistake in it generates nothing.
 */

import { layoutComplaints } from "./checks.ts";
import { descriptorFiles } from "./descriptors.ts";
import { withGeneratedParts } from "./tables.ts";
import { VECTOR_CASES } from "./vector-cases.ts";
import { encodeCase } from "./vector-encoder.ts";

/** The document whose tables are generated; the prose around them is kept. */
export const DOCUMENT_PATH = "spec/memory-layout.md";

/** JSON as the formatter of this repository leaves it: lists of plain values stand in one line. */
function jsonText(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => jsonText(item, inner));
    const oneLine = `[${items.join(", ")}]`;
    const isPlain = value.every((item) => typeof item !== "object");
    if (isPlain && inner.length + oneLine.length < 80) return oneLine;
    return `[\n${items.map((item) => inner + item).join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${inner}${JSON.stringify(name)}: ${jsonText(member, inner)}`,
  );
  return `{\n${members.join(",\n")}\n${indent}}`;
}

/**
 * Every generated file: its path from the root of the repository, and its content. `readText` reads
 * a file of the repository. Throws when the layout contradicts itself.
 */
export function generatedFiles(
  readText: (path: string) => string,
): Map<string, string | Uint8Array> {
  const complaints = layoutComplaints();
  if (complaints.length > 0) throw new Error(`spec/layout.ts:\n${complaints.join("\n")}`);
  const files = new Map<string, string | Uint8Array>(descriptorFiles());
  files.set(DOCUMENT_PATH, withGeneratedParts(readText(DOCUMENT_PATH)));
  for (const vectorCase of VECTOR_CASES) {
    const path = `spec/vectors/${vectorCase.image.replace(/\.bin$/, "")}`;
    files.set(`${path}.bin`, encodeCase(vectorCase));
    files.set(`${path}.json`, `${jsonText(vectorCase)}\n`);
  }
  return files;
}
