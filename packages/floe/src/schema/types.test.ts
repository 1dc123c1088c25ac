/**
 * Tests of the inferred types. Most of the work is done by the compiler: a wrong type here fails
 * the build, and so does an error that `@ts-expect-error` expects and that does not come.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyStructType,
  array,
  bool,
  bytes,
  f64,
  i64,
  isStructType,
  type ReaderOf,
  type StructType,
  struct,
  text,
  u64AsNumber,
  type ValueOf,
  type WriterOf,
} from "./mod.ts";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_proof: Equal<A, B>): void {}

const Point = struct("Point", { x: f64, y: f64 });
const Pose = struct("Pose", {
  frame: text(8),
  big: i64,
  n: u64AsNumber,
  ok: bool,
  blob: bytes(4),
  cov: array(f64, 3),
  flags: array(bool, 3),
  origin: Point,
  corners: array(Point, 2),
});
type PoseReader = ReaderOf<typeof Pose>;
type PoseWriter = WriterOf<typeof Pose>;
type PoseValue = ValueOf<typeof Pose>;

test("the types of fields follow from the definition", () => {
  same<PoseReader["frame"], string>(true);
  same<PoseReader["big"], bigint>(true);
  same<PoseReader["n"], number>(true);
  same<PoseReader["ok"], boolean>(true);
  same<PoseWriter["blob"], Uint8Array>(true);
  same<ReturnType<PoseReader["cov"]["at"]>, number>(true);
  same<ReturnType<PoseReader["flags"]["at"]>, boolean>(true);
  same<ReturnType<PoseWriter["corners"]["at"]>["x"], number>(true);
  same<PoseValue["corners"][number], ValueOf<typeof Point>>(true);
  same<PoseValue["origin"]["x"], number>(true);
  same<PoseValue["flags"], boolean[]>(true);
  same<keyof ValueOf<typeof Point>, "x" | "y">(true);
  // @ts-expect-error there is no such field
  same<PoseReader["nothing"], number>(true);
});

test("a function can take any struct type and keep its type", () => {
  function open<Type extends AnyStructType>(type: Type): Type {
    return type;
  }
  function make<Fields extends typeof Point.definition>(type: StructType<Fields>): number {
    return type.sizeBytes;
  }
  same<ReaderOf<ReturnType<typeof open<typeof Point>>>, ReaderOf<typeof Point>>(true);
  assert.equal(make(Point), 16);
  const value: unknown = open(Pose);
  assert.ok(isStructType(value));
  const wide: StructType = value;
  assert.equal(wide.createReader() instanceof Object, true);
  const asAny: AnyStructType = Pose;
  assert.equal(asAny.name, "Pose");
});

test("wrong uses do not compile", () => {
  const writer = Pose.createWriter();
  const reader = Pose.createReader();
  const uses = [
    // @ts-expect-error a number is no text
    () => (writer.frame = 1),
    // @ts-expect-error a number is no bigint
    () => (writer.big = 1),
    // @ts-expect-error an unknown field
    () => writer.assign({ typo: 1 }),
    // @ts-expect-error a nested field of the wrong type
    () => writer.assign({ origin: { x: "1" } }),
    // @ts-expect-error a readonly field
    () => (reader.n = 1),
    // @ts-expect-error an accessor of another struct
    () => Point.bind(reader, new DataView(new ArrayBuffer(16)), 0),
    // @ts-expect-error arrays of texts are not supported
    () => array(text(3), 2),
    // @ts-expect-error not a kind
    () => struct("Bad", { x: 5 }),
  ];
  for (const use of uses.slice(0, 7)) assert.equal(typeof use, "function");
  assert.equal(uses.length, 8);
});
