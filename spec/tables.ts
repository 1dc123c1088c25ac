/**
 * Tables: the generated parts of `spec/memory-layout.md`.
 *
 * A part stands between two comments, `<!-- generated: name -->` and `<!-- end -->`; what is around
 * them is prose, written by hand. A part that the document does not ask for is an error, so that
 * nothing of the layout can be forgotten there.
 */

import { beginningBytesOf, numberText, pascal } from "./descriptors.ts";
import { bitDiagram, structureDiagram } from "./diagrams.ts";
import {
  CONSTANTS,
  STATES,
  STRUCTURES,
  type StateSpec,
  type StructureSpec,
  SUBMISSION_SLOT,
} from "./layout.ts";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function picture(lines: readonly string[]): string[] {
  return ["```text", ...lines, "```", ""];
}

function structurePart(structure: StructureSpec): string[] {
  const rows = structure.fields.map(({ name, kind, offsetBytes, owner, meaning }) => [
    String(offsetBytes),
    `\`${name}\``,
    kind,
    owner,
    meaning,
  ]);
  return [
    `**${pascal(structure.name)}**, ${structure.sizeBytes} bytes. ${structure.meaning}`,
    "",
    ...picture(structureDiagram(structure, beginningBytesOf(structure))),
    ...table(["Byte", "Field", "Type", "Written by", "Meaning"], rows),
  ];
}

function statePart(state: StateSpec): string[] {
  const rows = Object.entries(state.values).map(([name, number]) => [
    numberText(number),
    `\`${name}\``,
    number.meaning,
  ]);
  return [
    `**${pascal(state.name)}**: ${state.meaning}`,
    "",
    ...table(["Value", "Name", "Meaning"], rows),
  ];
}

function constantsPart(): string[] {
  const rows = Object.entries(CONSTANTS).map(([name, number]) => [
    `\`${name}\``,
    numberText(number),
    number.meaning,
  ]);
  return table(["Constant", "Value", "Meaning"], rows);
}

function slotPart(): string[] {
  const rows: string[][] = [];
  let high = 31;
  for (const { name, bits, meaning } of SUBMISSION_SLOT) {
    rows.push([`${high} to ${high - bits + 1}`, name, meaning]);
    high -= bits;
  }
  return [...picture(bitDiagram(SUBMISSION_SLOT)), ...table(["Bits", "Part", "Meaning"], rows)];
}

function parts(): Map<string, string[]> {
  const all = new Map<string, string[]>();
  all.set("constants", constantsPart());
  all.set("submissionSlot", slotPart());
  for (const structure of STRUCTURES) all.set(structure.name, structurePart(structure));
  for (const state of STATES) all.set(state.name, statePart(state));
  return all;
}

/** The document with its generated parts made anew. */
export function withGeneratedParts(document: string): string {
  const unused = parts();
  const filled = document.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, begin: string, name: string, end: string) => {
      const part = unused.get(name);
      if (part === undefined) throw new Error(`no generated part "${name}", or asked for twice`);
      unused.delete(name);
      return `${begin}\n${part.join("\n")}\n\n${end}`;
    },
  );
  if (unused.size > 0) throw new Error(`not asked for: ${[...unused.keys()].join(", ")}`);
  return filled;
}
