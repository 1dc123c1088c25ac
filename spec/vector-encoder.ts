/**
 * Vector encoder: from the words of a golden vector to the bytes of its image.
 *
 * It takes every offset from `spec/layout.ts` by name and shares no code with the library, so that
 * an image and the library can only agree when both follow the format. It writes through a
 * `DataView`, where the order of bytes is stated at every access.
 */

import {
  type FieldSpec,
  KIND_BYTES,
  STATES,
  STRUCTURES,
  type StructureSpec,
  SUBMISSION_SLOT,
} from "./layout.ts";
import type {
  DataSegmentRow,
  EventArea,
  FieldValues,
  LinkContent,
  SlotContent,
  VectorCase,
} from "./vector-cases.ts";

const LITTLE_ENDIAN = true;

function structureNamed(name: string): StructureSpec {
  const structure = STRUCTURES.find((candidate) => candidate.name === name);
  if (structure === undefined) throw new Error(`no structure "${name}"`);
  return structure;
}

/** The set of values by whose names a field is written, or undefined. */
function stateSetOf(structureName: string, fieldName: string): string | undefined {
  if (fieldName === "segmentKind") return "segmentKind";
  if (fieldName !== "state") return undefined;
  return structureName === "serviceHeader" ? "serviceState" : "entryState";
}

function numberOf(structureName: string, field: FieldSpec, value: string | number): number {
  if (typeof value === "number") return value;
  if (value.startsWith("0x")) return Number(value);
  const set = STATES.find(({ name }) => name === stateSetOf(structureName, field.name));
  const found = set?.values[value];
  if (found === undefined) throw new Error(`${structureName}.${field.name}: no value "${value}"`);
  return found.value;
}

function writeField(
  view: DataView,
  structureName: string,
  field: FieldSpec,
  offsetBytes: number,
  value: string | number,
): void {
  if (field.kind === "id128") {
    for (let index = 0; index < KIND_BYTES.id128 / 4; index += 1) {
      const digits = String(value).slice(index * 8, index * 8 + 8);
      view.setUint32(offsetBytes + index * 4, Number.parseInt(digits, 16), LITTLE_ENDIAN);
    }
    return;
  }
  if (field.kind === "text64") {
    const text = new TextEncoder().encode(String(value));
    new Uint8Array(view.buffer).set(text, view.byteOffset + offsetBytes);
    return;
  }
  const number = numberOf(structureName, field, value);
  if (field.kind === "u64") view.setBigUint64(offsetBytes, BigInt(number), LITTLE_ENDIAN);
  else view.setUint32(offsetBytes, number, LITTLE_ENDIAN);
}

function writeStructure(
  view: DataView,
  structureName: string,
  offsetBytes: number,
  values: FieldValues,
): void {
  const { fields } = structureNamed(structureName);
  for (const [name, value] of Object.entries(values)) {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`${structureName} has no field "${name}"`);
    writeField(view, structureName, field, offsetBytes + field.offsetBytes, value);
  }
}

function slotWord(slot: SlotContent): number {
  const values = [slot.tag, slot.segment, slot.chunkIndex];
  let word = 0;
  for (const [part, { bits }] of SUBMISSION_SLOT.entries()) word = word * 2 ** bits + values[part]!;
  return word;
}

function numberIn(values: FieldValues, name: string): number {
  const value = values[name];
  if (typeof value !== "number") throw new Error(`the case has no number "${name}"`);
  return value;
}

function writeTable(
  view: DataView,
  structureName: string,
  tableOffset: number,
  entries: readonly FieldValues[],
): void {
  const { sizeBytes } = structureNamed(structureName);
  for (const [index, entry] of entries.entries()) {
    writeStructure(view, structureName, tableOffset + index * sizeBytes, entry);
  }
}

function writeDataSegmentRow(view: DataView, tableOffset: number, row: DataSegmentRow): void {
  const { sizeBytes } = structureNamed("dataSegmentEntry");
  const { publisherRow, number, ...values } = row;
  const entryIndex = publisherRow * 2 ** SUBMISSION_SLOT[1]!.bits + number;
  writeStructure(view, "dataSegmentEntry", tableOffset + entryIndex * sizeBytes, values);
}

function writeLink(view: DataView, header: FieldValues, link: LinkContent): void {
  const index = link.publisherRow * numberIn(header, "maxSubscribers") + link.subscriberColumn;
  const offset = numberIn(header, "linkMatrixOffset") + index * numberIn(header, "linkBytes");
  writeStructure(view, "link", offset, link.words);
  const slotsOffset = offset + structureNamed("link").sizeBytes;
  for (const [slotIndex, slot] of link.slots.entries()) {
    if (slot === "empty") continue;
    const slotOffset = slotsOffset + slotIndex * numberIn(header, "slotStrideBytes");
    view.setUint32(slotOffset, slotWord(slot), LITTLE_ENDIAN);
  }
  const completionsOffset = offset + numberIn(header, "linkCompletionOffsetBytes");
  for (const [entryIndex, entry] of link.completions.entries()) {
    if (entry === "never written") continue;
    view.setUint32(
      completionsOffset + entryIndex * 4,
      slotWord({ tag: 0, ...entry }),
      LITTLE_ENDIAN,
    );
  }
}

function writeEventArea(view: DataView, header: FieldValues, area: EventArea): void {
  const offset =
    numberIn(header, "eventAreasOffset") + area.listener * numberIn(header, "eventAreaBytes");
  const countsOffset = offset + numberIn(header, "eventCountsOffsetBytes");
  for (const { eventId, count } of area.counts) {
    // Bits are numbered from the least significant of the first byte on.
    const byte = offset + Math.floor(eventId / 8);
    view.setUint8(byte, view.getUint8(byte) + 2 ** (eventId % 8));
    view.setBigUint64(countsOffset + eventId * KIND_BYTES.u64, BigInt(count), LITTLE_ENDIAN);
  }
}

function writePublishSubscribe(view: DataView, header: FieldValues, vectorCase: VectorCase): void {
  const { publishers = [], subscribers = [], dataSegments = [], links = [] } = vectorCase;
  writeStructure(view, "publishSubscribeHeader", 0, header);
  writeTable(view, "portEntry", numberIn(header, "publisherTableOffset"), publishers);
  writeTable(view, "portEntry", numberIn(header, "subscriberTableOffset"), subscribers);
  for (const row of dataSegments) {
    writeDataSegmentRow(view, numberIn(header, "dataSegmentTableOffset"), row);
  }
  for (const link of links) writeLink(view, header, link);
}

function writeEvent(view: DataView, header: FieldValues, vectorCase: VectorCase): void {
  const { notifiers = [], listeners = [], eventAreas = [] } = vectorCase;
  writeStructure(view, "eventHeader", 0, header);
  writeTable(view, "portEntry", numberIn(header, "notifierTableOffset"), notifiers);
  writeTable(view, "portEntry", numberIn(header, "listenerTableOffset"), listeners);
  for (const area of eventAreas) writeEventArea(view, header, area);
}

function writeChunks(view: DataView, bytes: Uint8Array, vectorCase: VectorCase): void {
  const { dataSegmentHeader, chunks = [] } = vectorCase;
  for (const { chunkIndex, payloadText, ...values } of chunks) {
    const strideBytes = numberIn(dataSegmentHeader!, "chunkStrideBytes");
    const offset = structureNamed("dataSegmentHeader").sizeBytes + chunkIndex * strideBytes;
    writeStructure(view, "chunkHeader", offset, values);
    const payload = new TextEncoder().encode(payloadText);
    bytes.set(payload, offset + structureNamed("chunkHeader").sizeBytes);
  }
}

/** The bytes of a golden vector's image. */
export function encodeCase(vectorCase: VectorCase): Uint8Array {
  const bytes = new Uint8Array(vectorCase.imageBytes);
  const view = new DataView(bytes.buffer);
  writeStructure(view, "segmentHeader", 0, vectorCase.segmentHeader);
  if (vectorCase.serviceHeader !== undefined) {
    const { serviceHeader, nodes = [] } = vectorCase;
    writeStructure(view, "serviceHeader", 0, serviceHeader);
    writeTable(view, "nodeEntry", numberIn(serviceHeader, "nodeTableOffset"), nodes);
  }
  const { publishSubscribeHeader, eventHeader } = vectorCase;
  if (publishSubscribeHeader !== undefined) {
    writePublishSubscribe(view, publishSubscribeHeader, vectorCase);
  }
  if (eventHeader !== undefined) writeEvent(view, eventHeader, vectorCase);
  if (vectorCase.dataSegmentHeader !== undefined) {
    writeStructure(view, "dataSegmentHeader", 0, vectorCase.dataSegmentHeader);
    writeChunks(view, bytes, vectorCase);
  }
  return bytes;
}
