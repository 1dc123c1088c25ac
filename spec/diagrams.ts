/**
 * Diagrams: a structure drawn in characters, as in the standards of the internet.
 *
 * A row is a word of 32 bits, its most significant bit on the left, and the number beside it is the
 * word's offset in bytes. Memory is little-endian: the rightmost byte of a row comes first in
 * memory. A field of several words takes several rows, the one at the lowest address on top.
 */

import { type BitFieldSpec, type FieldSpec, KIND_BYTES, type StructureSpec } from "./layout.ts";

const ROW_WIDTH = 63;
const LABEL_WIDTH = 6;
const INDENT = " ".repeat(LABEL_WIDTH);
const RULE = `${INDENT} +${"-".repeat(ROW_WIDTH)}+`;
const TICKED_RULE = `${INDENT} +${"---------------+".repeat(4)}`;
const BITS = `${INDENT}  31           24 23           16 15            8 7             0`;

function centred(text: string, width: number): string {
  const before = Math.floor((width - text.length) / 2);
  return `${" ".repeat(before)}${text}`.padEnd(width);
}

function row(offsetBytes: number, text: string, edge: "|" | "~"): string {
  return `${String(offsetBytes).padStart(LABEL_WIDTH)} ${edge}${centred(text, ROW_WIDTH)}${edge}`;
}

/** What stands in each of a field's words, from the lowest address on. */
function wordLabels({ name, kind }: FieldSpec): string[] {
  if (kind === "u64") return [`${name}, low half`, `${name}, high half`];
  if (kind === "id128") {
    return [127, 95, 63, 31].map((bit) => `${name}, bits ${bit} to ${bit - 31}`);
  }
  return [kind === "text64" ? `${name}, ${KIND_BYTES[kind]} bytes` : name];
}

/** Draws a structure, a line an element. */
export function structureDiagram(structure: StructureSpec, beginningBytes: number): string[] {
  const lines = [BITS, TICKED_RULE];
  let endBytes = 0;
  if (structure.beginsWith !== undefined) {
    lines.push(row(0, `${structure.beginsWith}, ${beginningBytes} bytes`, "~"), RULE);
    endBytes = beginningBytes;
  }
  const skipTo = (offsetBytes: number): void => {
    const gapBytes = offsetBytes - endBytes;
    if (gapBytes > 0) lines.push(row(endBytes, `${gapBytes} bytes, reserved: 0`, "~"), RULE);
  };
  for (const field of structure.fields) {
    skipTo(field.offsetBytes);
    const edge = field.kind === "text64" ? "~" : "|";
    for (const [index, label] of wordLabels(field).entries()) {
      lines.push(row(field.offsetBytes + 4 * index, label, edge));
    }
    lines.push(RULE);
    endBytes = field.offsetBytes + KIND_BYTES[field.kind];
  }
  skipTo(structure.sizeBytes);
  return lines.map((line) => line.trimEnd());
}

/** Draws the bits of a word, two characters a bit. */
export function bitDiagram(parts: readonly BitFieldSpec[]): string[] {
  let tens = " ";
  let ones = " ";
  for (let bit = 31; bit >= 0; bit -= 1) {
    tens += `${bit % 10 === 0 || bit === 31 ? Math.floor(bit / 10) : " "} `;
    ones += `${bit % 10} `;
  }
  const rule = `+${"-+".repeat(32)}`;
  const cells = parts.map(({ name, bits }) => `${centred(name, bits * 2 - 1)}|`).join("");
  return [tens, ones, rule, `|${cells}`, rule].map((line) => line.trimEnd());
}
