/**
 * Tests of what a struct type promises: fields in place, in both directions, and errors by code.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, FloeError } from "../errors.ts";
import {
  array,
  bool,
  bytes,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  i64AsNumber,
  isStructType,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  u64AsNumber,
} from "./mod.ts";

const Point = struct("Point", { x: f64, y: f64 });
const Pose = struct("Pose", {
  stamp: f64,
  frame: text(8),
  seq: u32,
  big: u64,
  n: u64AsNumber,
  m: i64AsNumber,
  cov: array(f64, 3),
  origin: Point,
  corners: array(Point, 4),
  blob: bytes(4),
  ok: bool,
});

const poseValue = {
  stamp: 1.5,
  frame: "mäp",
  seq: 7,
  big: 2n ** 64n - 1n,
  n: Number.MAX_SAFE_INTEGER,
  m: Number.MIN_SAFE_INTEGER,
  cov: [1, 2, 3],
  origin: { x: 4, y: 5 },
  corners: [0, 1, 2, 3].map((x) => ({ x, y: -x })),
  blob: new Uint8Array([1, 2, 3, 4]),
  ok: true,
};

function fails(code: ErrorCode, ...words: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(FloeError.is(error), String(error));
    assert.equal(error.code, code);
    for (const word of words) assert.ok(error.message.includes(word), `${word}: ${error.message}`);
    return true;
  };
}

function bound(offsetBytes = 0, memory = new SharedArrayBuffer(Pose.sizeBytes + offsetBytes)) {
  const view = new DataView(memory);
  const writer = Pose.createWriter();
  const reader = Pose.createReader();
  Pose.bind(writer, view, offsetBytes);
  Pose.bind(reader, view, offsetBytes);
  return { view, writer, reader };
}

test("every kind of field reads what was written, at aligned and odd offsets", () => {
  for (const offsetBytes of [0, 8, 13]) {
    const { writer, reader } = bound(offsetBytes);
    writer.assign(poseValue);
    assert.deepEqual(reader.toObject(), poseValue);
    assert.deepEqual(writer.toObject(), poseValue);
    assert.equal(reader.frame, "mäp");
    assert.equal(reader.origin.x, 4);
    assert.equal(reader.cov.at(2), 3);
    assert.deepEqual([...reader.cov], [1, 2, 3]);
    assert.equal(reader.corners.at(3).y, -3);
    assert.deepEqual(
      [...reader.corners].map((corner) => corner.x),
      [0, 1, 2, 3],
    );
    assert.deepEqual([reader.cov.length, reader.corners.length], [3, 4]);
  }
});

test("a writer changes single fields, nested fields and elements in place", () => {
  const { writer, reader } = bound();
  writer.assign(poseValue);
  writer.seq = 8;
  writer.origin.y = 6;
  writer.origin.assign({ x: 9 });
  writer.cov.set(0, -1);
  writer.corners.at(1).x = 11;
  writer.corners.set(2, { y: 12 });
  assert.deepEqual(reader.toObject(), {
    ...poseValue,
    seq: 8,
    origin: { x: 9, y: 6 },
    cov: [-1, 2, 3],
    corners: [
      { x: 0, y: -0 },
      { x: 11, y: -1 },
      { x: 2, y: 12 },
      { x: 3, y: -3 },
    ],
  });
});

test("assign copies from another accessor, also below", () => {
  const first = bound();
  const second = bound();
  first.writer.assign(poseValue);
  second.writer.assign(first.reader);
  assert.deepEqual(second.reader.toObject(), poseValue);
  second.writer.cov.assign([7, 8, 9]);
  first.writer.cov.assign(second.reader.cov);
  first.writer.corners.assign(second.writer.corners);
  assert.equal(first.reader.cov.at(1), 8);
});

test("the numbers lie little-endian at the offsets that the layout says", () => {
  const { view, writer } = bound();
  writer.assign(poseValue);
  const offsetOf = (name: string) =>
    Pose.fields.find((field) => field.name === name)?.offsetBytes ?? -1;
  assert.equal(view.getFloat64(offsetOf("stamp"), true), 1.5);
  assert.equal(view.getUint32(offsetOf("frame"), true), 4);
  assert.equal(view.getUint8(offsetOf("frame") + 4), 0x6d);
  assert.equal(view.getBigUint64(offsetOf("n"), true), 2n ** 53n - 1n);
  assert.equal(view.getBigInt64(offsetOf("m"), true), -(2n ** 53n - 1n));
  assert.equal(view.getUint8(offsetOf("ok")), 1);
});

test("the read side has no setters and assignment to it throws", () => {
  const { reader, writer } = bound();
  assert.throws(() => {
    // @ts-expect-error the read side is readonly
    reader.seq = 1;
  }, TypeError);
  assert.throws(() => {
    // @ts-expect-error also in nested structs
    reader.origin.x = 1;
  }, TypeError);
  // @ts-expect-error arrays of the read side have no set
  assert.equal(reader.cov.set, undefined);
  // @ts-expect-error the read side has no assign
  assert.equal(reader.assign, undefined);
  assert.throws(() => {
    // @ts-expect-error a nested struct is not replaced, its fields are assigned
    writer.origin = { x: 1, y: 2 };
  }, TypeError);
});

test("nested accessors are the same objects at every access and after a move", () => {
  const { reader, view } = bound(8);
  const { origin, cov, corners } = reader;
  const corner = corners.at(2);
  Pose.bind(reader, view, 0);
  assert.equal(reader.origin, origin);
  assert.equal(reader.cov, cov);
  assert.equal(reader.corners, corners);
  assert.equal(reader.corners.at(2), corner);
  assert.notEqual(reader.corners.at(1), corner);
});

test("a released or never bound accessor throws, also below, until it is bound again", () => {
  const { reader, writer, view } = bound();
  const { origin, cov, corners } = writer;
  const corner = corners.at(0);
  Pose.release(reader);
  Pose.release(writer);
  const released = fails("FLOE_RELEASED", "Pose");
  const uses: (() => unknown)[] = [
    () => reader.stamp,
    () => reader.frame,
    () => reader.origin,
    () => reader.toObject(),
    () => origin.x,
    () => {
      origin.x = 1;
    },
    () => {
      writer.ok = true;
    },
    () => cov.at(0),
    () => cov.set(0, 1),
    () => corners.at(0),
    () => corner.y,
    () => Pose.createReader().seq,
  ];
  for (const use of uses) assert.throws(use, released);
  Pose.bind(reader, view, 0);
  assert.equal(reader.stamp, 0);
});

test("values that do not fit are refused with the field's name and nothing is written", () => {
  const Numbers = struct("Numbers", { i8, u8, i16, u16, i32, u32, f32, f64, i64, u64, bool });
  const writer = Numbers.createWriter();
  const memory = new Uint8Array(Numbers.sizeBytes).fill(0xaa);
  Numbers.bind(writer, new DataView(memory.buffer), 0);
  const before = memory.slice();
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    i8: [-129, 128, 0.5, Number.NaN, "1", 1n, undefined, Symbol("1")],
    u8: [-1, 256, 0.5, null, true],
    i16: [-32769, 32768, {}],
    u16: [-1, 65536, "5"],
    i32: [-(2 ** 31) - 1, 2 ** 31, Number.POSITIVE_INFINITY],
    u32: [-1, 2 ** 32, "a"],
    f32: ["1", 1n, undefined],
    f64: ["1", 1n, null],
    i64: [2n ** 63n, -(2n ** 63n) - 1n, 1],
    u64: [2n ** 64n, -1n, "1"],
    bool: [0, 1, "true", undefined],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        () => {
          (writer as unknown as Record<string, unknown>)[name] = value;
        },
        fails("FLOE_VALUE_INVALID", `Numbers.${name}`),
      );
    }
  }
  assert.deepEqual(memory, before);
});

test("integers as numbers refuse what is not a safe integer, on writing and on reading", () => {
  const { reader, writer, view } = bound();
  const refused = fails("FLOE_VALUE_INVALID", "Pose.n");
  for (const value of [2 ** 53, -1, 0.5, Number.NaN]) {
    assert.throws(() => {
      writer.n = value;
    }, refused);
  }
  assert.throws(
    () => {
      writer.m = -(2 ** 53);
    },
    fails("FLOE_VALUE_INVALID", "Pose.m"),
  );
  const offsetBytes = Pose.fields.find((field) => field.name === "n")?.offsetBytes ?? 0;
  for (const stored of [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    view.setBigUint64(offsetBytes, stored, true);
    assert.throws(() => reader.n, refused);
  }
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    writer.n = value;
    assert.equal(reader.n, value);
    writer.m = -value;
    assert.equal(reader.m, -value + 0);
  }
});

test("text that is too long names capacity and length and leaves the old text", () => {
  const { reader, writer } = bound();
  writer.frame = "old";
  for (const value of ["123456789", "ääääa", "x".repeat(100_000)]) {
    const lengthBytes = Buffer.byteLength(value);
    assert.throws(
      () => {
        writer.frame = value;
      },
      fails("FLOE_VALUE_INVALID", "Pose.frame", "8 bytes", `${lengthBytes} bytes`),
    );
    assert.equal(reader.frame, "old");
  }
  for (const value of ["", "12345678", "ääää", "a\0b", "\u{1f600}\u{1f600}"]) {
    writer.frame = value;
    assert.equal(reader.frame, value);
  }
  writer.frame = "\ud800";
  assert.equal(reader.frame, "\ufffd");
});

test("long text takes the same way, and a stored length above the capacity is refused", () => {
  const Note = struct("Note", { body: text(1000) });
  const view = new DataView(new SharedArrayBuffer(Note.sizeBytes + 4));
  const writer = Note.createWriter();
  Note.bind(writer, view, 4);
  for (const value of ["x".repeat(1000), "ä".repeat(500), "short"]) {
    writer.body = value;
    assert.equal(writer.body, value);
  }
  for (const lengthBytes of [1001, 2 ** 31, 2 ** 32 - 1]) {
    view.setUint32(4, lengthBytes, true);
    assert.throws(() => writer.body, fails("FLOE_VALUE_INVALID", "1000", String(lengthBytes)));
  }
});

test("bytes are copied both ways and must have the exact size", () => {
  const { reader, writer } = bound();
  const source = new Uint8Array([1, 2, 3, 4]);
  writer.blob = source;
  source.fill(9);
  const copy = reader.blob;
  copy.fill(7);
  assert.deepEqual(reader.blob, new Uint8Array([1, 2, 3, 4]));
  for (const lengthBytes of [0, 3, 5]) {
    assert.throws(
      () => {
        writer.blob = new Uint8Array(lengthBytes);
      },
      fails("FLOE_VALUE_INVALID", "exactly 4", String(lengthBytes)),
    );
  }
});

test("indices and lengths outside are refused", () => {
  const { reader, writer } = bound();
  for (const index of [-1, 3, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => reader.cov.at(index), fails("FLOE_VALUE_INVALID", "Pose.cov"));
    assert.throws(() => writer.cov.set(index, 1), fails("FLOE_VALUE_INVALID", "Pose.cov"));
  }
  assert.throws(() => reader.corners.at(4), fails("FLOE_VALUE_INVALID", "Pose.corners"));
  assert.throws(() => writer.cov.assign([1, 2]), fails("FLOE_VALUE_INVALID", "3 elements"));
  assert.throws(() => writer.corners.assign([]), fails("FLOE_VALUE_INVALID", "4 elements"));
  const unknown = { typo: 1 } as object;
  assert.throws(() => writer.assign(unknown), fails("FLOE_VALUE_INVALID", "typo"));
});

test("binding outside the view or to another struct's accessor is refused", () => {
  const { reader, view } = bound();
  for (const offsetBytes of [1, -1, Number.NaN, 2 ** 40]) {
    assert.throws(() => Pose.bind(reader, view, offsetBytes), fails("FLOE_OPTION_INVALID"));
  }
  assert.throws(
    () => Pose.bind(reader, new DataView(new ArrayBuffer(4)), 0),
    fails("FLOE_OPTION_INVALID", "Pose"),
  );
  assert.equal(reader.stamp, 0);
  const other = Point.createReader() as unknown as typeof reader;
  assert.throws(() => Pose.release(other), fails("FLOE_OPTION_INVALID", "Pose"));
});

test("memory beyond 4 GiB is reached", (t) => {
  let memory: ArrayBuffer;
  try {
    memory = new ArrayBuffer(2 ** 32 + 4096);
  } catch (error) {
    t.skip(`this machine gives no buffer of over 4 GiB: ${error}`);
    return;
  }
  const view = new DataView(memory);
  const writer = Pose.createWriter();
  Pose.bind(writer, view, 2 ** 32 + 8);
  writer.assign(poseValue);
  assert.deepEqual(writer.toObject(), poseValue);
  assert.equal(view.getFloat64(2 ** 32 + 8, true), 1.5);
  assert.equal(view.getFloat64(8, true), 0);
  const reader = Pose.createReader();
  const gibBytes = 2 ** 30;
  for (const offsetBytes of [gibBytes - 8, gibBytes, gibBytes + 8, 2 ** 31 - 16, 2 ** 32 - 1]) {
    Pose.bind(writer, view, offsetBytes);
    writer.seq = offsetBytes;
    Pose.bind(reader, view, 0);
    assert.equal(reader.seq, 0);
    Pose.bind(reader, view, offsetBytes);
    assert.equal(reader.seq, offsetBytes);
    assert.equal(view.getUint32(offsetBytes + 20, true), offsetBytes);
  }
  const lastBytes = memory.byteLength - Pose.sizeBytes;
  Pose.bind(reader, view, lastBytes);
  assert.equal(reader.ok, false);
  const beyond = fails("FLOE_OPTION_INVALID");
  assert.throws(() => Pose.bind(reader, view, lastBytes + 1), beyond);
  assert.equal(reader.ok, false);
});

test("struct types are recognized, and nothing else is", () => {
  assert.ok(isStructType(Pose));
  for (const value of [undefined, null, 1, "Pose", {}, f64, text(3), () => Pose]) {
    assert.equal(isStructType(value), false);
  }
});

test("an accessor shows no properties of its own, and fields when walked", () => {
  const reader = Point.createReader();
  assert.deepEqual(Object.keys(reader), []);
  const names: string[] = [];
  for (const name in reader) names.push(name);
  assert.deepEqual(names, ["x", "y"]);
});
