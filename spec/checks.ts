/**
 * Checks of the layout: what must hold of the numbers in `spec/layout.ts`.
 *
 * Each check answers with complaints in words; the generator refuses to write anything while there
 * is one, and the tests run them too. A mistake in a table of offsets is easy to make and hard to
 * see in running processes, where it shows as a rare corruption or as a slow cache line.
 */

import {
  CONSTANTS,
  type FieldSpec,
  KIND_ALIGNMENT_BYTES,
  KIND_BYTES,
  STATES,
  STRUCTURES,
  type StateSpec,
  type StructureSpec,
  SUBMISSION_SLOT,
} from "./layout.ts";

const WORD_BITS = 32;
const CONTENDED_BYTES = CONSTANTS.contendedBytes!.value;

function endOf(field: FieldSpec): number {
  return field.offsetBytes + KIND_BYTES[field.kind];
}

function misplacedFields(structure: StructureSpec, all: readonly StructureSpec[]): string[] {
  const complaints: string[] = [];
  const beginning = all.find(({ name }) => name === structure.beginsWith);
  let endBytes = beginning?.sizeBytes ?? 0;
  let before = beginning?.name ?? "the beginning";
  const names = new Set<string>();
  for (const field of structure.fields) {
    const where = `${structure.name}.${field.name}`;
    if (names.has(field.name)) complaints.push(`${where}: there are two fields of this name`);
    names.add(field.name);
    if (field.offsetBytes % KIND_ALIGNMENT_BYTES[field.kind] !== 0) {
      complaints.push(`${where}: byte ${field.offsetBytes} does not align a ${field.kind}`);
    }
    if (field.offsetBytes < endBytes) {
      complaints.push(`${where}: overlaps or stands before ${before}`);
    }
    endBytes = endOf(field);
    before = field.name;
  }
  if (endBytes > structure.sizeBytes) {
    complaints.push(`${structure.name}.${before}: ends behind byte ${structure.sizeBytes}`);
  }
  if (structure.sizeBytes % 16 !== 0) {
    complaints.push(`${structure.name}: ${structure.sizeBytes} bytes do not align the next one`);
  }
  return complaints;
}

function crowdedWords(structure: StructureSpec): string[] {
  const complaints: string[] = [];
  const words = structure.fields.filter(({ kind }) => kind === "word");
  for (const word of words) {
    for (const other of words) {
      const distanceBytes = other.offsetBytes - word.offsetBytes;
      if (word.owner === other.owner || distanceBytes < 0) continue;
      if (distanceBytes >= CONTENDED_BYTES) continue;
      complaints.push(
        `${structure.name}: ${word.name} and ${other.name} have different owners and stand only ` +
          `${distanceBytes} bytes apart`,
      );
    }
  }
  const repeatsCrowded =
    structure.isRepeated === true &&
    words.length > 0 &&
    structure.sizeBytes % CONTENDED_BYTES !== 0;
  if (repeatsCrowded && structure.mayShareLines === undefined) {
    complaints.push(`${structure.name}: words of neighbours share ${CONTENDED_BYTES} bytes`);
  }
  if (!repeatsCrowded && structure.mayShareLines !== undefined) {
    complaints.push(`${structure.name}: mayShareLines is stated but not needed`);
  }
  return complaints;
}

function repeatedValues(state: StateSpec): string[] {
  const values = Object.values(state.values).map(({ value }) => value);
  return new Set(values).size === values.length
    ? []
    : [`${state.name}: two names have the same value`];
}

function constantsThatDisagree(): string[] {
  const complaints: string[] = [];
  const bits = SUBMISSION_SLOT.reduce((sum, part) => sum + part.bits, 0);
  if (bits !== WORD_BITS) complaints.push(`submission slot: has ${bits} bits`);
  const sizes: readonly (readonly [string, string])[] = [
    ["linkSlotsOffsetBytes", "link"],
    ["dataSegmentFirstChunkBytes", "dataSegmentHeader"],
    ["pageBytes", "publishSubscribeHeader"],
    ["pageBytes", "eventHeader"],
  ];
  for (const [constant, structure] of sizes) {
    const sizeBytes = STRUCTURES.find(({ name }) => name === structure)?.sizeBytes;
    if (CONSTANTS[constant]?.value === sizeBytes) continue;
    complaints.push(`${constant}: is not the size of ${structure}, ${sizeBytes} bytes`);
  }
  return complaints;
}

/** Everything that is wrong with structures, in words; nothing when all is well. */
export function structureComplaints(structures: readonly StructureSpec[]): string[] {
  return structures.flatMap((structure) => [
    ...misplacedFields(structure, structures),
    ...crowdedWords(structure),
  ]);
}

/** Everything that is wrong with states, in words; nothing when all is well. */
export function stateComplaints(states: readonly StateSpec[]): string[] {
  return states.flatMap(repeatedValues);
}

/** Everything that is wrong with the layout, in words; nothing when all is well. */
export function layoutComplaints(): string[] {
  return [
    ...structureComplaints(STRUCTURES),
    ...stateComplaints(STATES),
    ...constantsThatDisagree(),
  ];
}
