/**
 * Descriptors: the layout as TypeScript constants, a file for each structure.
 *
 * A descriptor opens with a picture of the structure and has nothing but numbers in it, so that it
 * can be read as documentation. Constants whose names end in `_WORD` are indexes into an
 * `Int32Array` over the structure.
 */

import { bitDiagram, structureDiagram } from "./diagrams.ts";
import {
  CONSTANTS,
  type FieldSpec,
  type NumberSpec,
  type Owner,
  STATES,
  STRUCTURES,
  type StructureSpec,
  SUBMISSION_SLOT,
} from "./layout.ts";

const LINE_WIDTH = 100;
const NOTICE = "Generated from spec/layout.ts by `npm run generate`; do not edit.";

function upperSnake(name: string): string {
  return name.replace(/([A-Z])/g, "_$1").toUpperCase();
}

function kebab(name: string): string {
  return name.replace(/([A-Z])/g, "-$1").toLowerCase();
}

/** A name as types and sets of values are called. */
export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Breaks a text into lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of text.split(" ")) {
    if (line !== "" && line.length + 1 + part.length > width) {
      lines.push(line);
      line = part;
    } else {
      line = line === "" ? part : `${line} ${part}`;
    }
  }
  return [...lines, line];
}

function comment(text: string, indent = ""): string[] {
  const single = `${indent}/** ${text} */`;
  if (single.length <= LINE_WIDTH) return [single];
  const body = wrap(text, LINE_WIDTH - indent.length - 3).map((line) => `${indent} * ${line}`);
  return [`${indent}/**`, ...body, `${indent} */`];
}

/** The opening comment of a file: paragraphs, and pictures between them. */
function opening(parts: readonly (string | readonly string[])[]): string[] {
  const lines = parts.flatMap((part) => {
    const body =
      typeof part === "string" ? wrap(part, LINE_WIDTH - 3) : ["```text", ...part, "```"];
    return ["", ...body];
  });
  return ["/**", ...lines.slice(1).map((line) => ` * ${line}`.trimEnd()), " */"];
}

/** How a number is written in sources and tables. */
export function numberText({ value, isHexadecimal }: NumberSpec): string {
  return isHexadecimal === true ? `0x${value.toString(16)}` : String(value);
}

/** How the writer of a field is called in a sentence. */
const WRITERS: Readonly<Record<Owner, string>> = {
  creator: "written by the creator",
  "control lock": "written under the control lock",
  node: "written by the node when it joins",
  port: "written by the port",
  publisher: "written by the publisher",
  subscriber: "written by the subscriber",
  "any sender": "written by any sender",
};

function placeOf({ kind, offsetBytes, owner }: FieldSpec): string {
  return `${kind} at byte ${offsetBytes}, ${WRITERS[owner]}`;
}

/** The size of the structure that another one begins with, or 0. */
export function beginningBytesOf(structure: StructureSpec): number {
  return STRUCTURES.find(({ name }) => name === structure.beginsWith)?.sizeBytes ?? 0;
}

function structureDescriptor(structure: StructureSpec): string {
  const prefix = upperSnake(structure.name);
  const lines = [
    ...opening([
      `${pascal(structure.name)}: ${structure.meaning}`,
      structureDiagram(structure, beginningBytesOf(structure)),
      "A row is a word, most significant bit first, with its offset in bytes. Names that end in " +
        "_WORD are indexes into an Int32Array over the structure.",
      NOTICE,
    ]),
    "",
    "/** Size of the structure, in bytes. */",
    `export const ${prefix}_BYTES = ${structure.sizeBytes};`,
  ];
  for (const field of structure.fields) {
    lines.push(
      "",
      ...comment(`${field.meaning.replace(/\.$/, "")} (${placeOf(field)}).`),
      `export const ${prefix}_${upperSnake(field.name)}_WORD = ${field.offsetBytes / 4};`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function valuesDescriptor(): string {
  const lines = opening([
    "Values: numbers of the format that belong to no single structure, and the states of words.",
    "The word of a submission slot; a completion entry is the same with a tag of 0:",
    bitDiagram(SUBMISSION_SLOT),
    NOTICE,
  ]);
  for (const [name, constant] of Object.entries(CONSTANTS)) {
    const declaration = `export const ${upperSnake(name)} = ${numberText(constant)};`;
    lines.push("", ...comment(constant.meaning), declaration);
  }
  for (const state of STATES) {
    lines.push("", ...comment(state.meaning), `export const ${pascal(state.name)} = {`);
    for (const [name, { value, meaning }] of Object.entries(state.values)) {
      lines.push(...comment(meaning, "  "), `  ${name}: ${value},`);
    }
    lines.push("} as const;");
  }
  return `${lines.join("\n")}\n`;
}

/** The descriptors: path from the root of the repository, and text. */
export function descriptorFiles(): Map<string, string> {
  const directory = "packages/floe/src/layout";
  const files = new Map<string, string>();
  for (const structure of STRUCTURES) {
    files.set(`${directory}/${kebab(structure.name)}.ts`, structureDescriptor(structure));
  }
  files.set(`${directory}/values.ts`, valuesDescriptor());
  return files;
}
