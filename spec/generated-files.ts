/**
 * The generator: from the layout's data to source text, one function per kind of output.
 */

import { CONSTANTS, STATES, STRUCTURES, type StructureSpec } from "./layout.ts";

function upperSnake(name: string): string {
  return name.replace(/([A-Z])/g, "_$1").toUpperCase();
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function kebab(name: string): string {
  return name.replace(/([A-Z])/g, "-$1").toLowerCase();
}

const NOTICE = "Generated from spec/layout.ts by `npm run generate`; do not edit.";

function structureDescriptor(structure: StructureSpec): string {
  const prefix = upperSnake(structure.name);
  const lines = [
    "/**",
    ` * ${pascal(structure.name)}: ${structure.meaning}`,
    " *",
    ` * ${NOTICE}`,
    " */",
    "",
    `/** Size of the structure, in bytes. */`,
    `export const ${prefix}_BYTES = ${structure.sizeBytes};`,
  ];
  for (const field of structure.fields) {
    lines.push(
      "",
      `/** ${field.meaning} A ${field.kind} at byte ${field.offsetBytes}, as an index of words. */`,
      `export const ${prefix}_${upperSnake(field.name)}_WORD = ${field.offsetBytes / 4};`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function valuesDescriptor(): string {
  const lines = [
    "/**",
    " * Values: numbers of the format that belong to no single structure, and the states of words.",
    " *",
    ` * ${NOTICE}`,
    " */",
  ];
  for (const [name, { value, meaning }] of Object.entries(CONSTANTS)) {
    lines.push("", `/** ${meaning} */`, `export const ${upperSnake(name)} = ${value};`);
  }
  for (const state of STATES) {
    lines.push("", `/** ${state.meaning} */`, `export const ${pascal(state.name)} = {`);
    for (const [name, { value, meaning }] of Object.entries(state.values)) {
      lines.push(`  /** ${meaning} */`, `  ${name}: ${value},`);
    }
    lines.push("} as const;");
  }
  return `${lines.join("\n")}\n`;
}

/** Every generated file: its path from the root of the repository, and its text. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const structure of STRUCTURES) {
    files.set(`packages/floe/src/layout/${kebab(structure.name)}.ts`, structureDescriptor(structure));
  }
  files.set("packages/floe/src/layout/values.ts", valuesDescriptor());
  return files;
}
