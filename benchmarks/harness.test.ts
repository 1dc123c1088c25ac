/**
 * Tests of the benchmark itself: a wrong median or a flipped ratio would be believed for years.
 *
 * The last test runs the real harness with the one subject that needs nothing but Node.
 */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { Nursery, Scratch } from "./children.ts";
import { Harness, type Row } from "./harness.ts";
import { parseCpuList, placeProcesses } from "./machine.ts";
import { FULL_EFFORT, planCases, QUICK_EFFORT, workloadOf } from "./plan.ts";
import {
  decodeArguments,
  encodeArguments,
  MEASURES,
  type ProgramArguments,
  WAYS,
  WHATS,
} from "./protocol.ts";
import { formatFigure, formatMarkdown, formatPayload, formatTable, ratiosOf } from "./report.ts";
import { median, quantileOfSorted, summarize } from "./statistics.ts";
import { SUBJECTS } from "./subjects.ts";

test("statistics: median, quantile and summary", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([10, 9, 1, 2]), 5.5);
  // As numbers, not as text: "10" sorts before "9".
  assert.deepEqual(summarize([10, 9, 100]), { median: 10, min: 9, max: 100 });
  const hundred = Array.from({ length: 100 }, (_, index) => index);
  assert.equal(quantileOfSorted(hundred, 0.99), 99);
  assert.equal(quantileOfSorted([7], 0.99), 7);
  assert.throws(() => median([]), /no values/);
});

test("protocol: arguments survive the command line, nonsense does not", () => {
  const run: ProgramArguments = {
    role: "initiator",
    measure: "latency",
    way: "any",
    what: "publish-subscribe",
    payloadBytes: 65_536,
    touchedBytes: 4_096,
    rounds: 320,
    blockRounds: 32,
    warmupRounds: 7,
    pauseNs: 9,
    bufferSize: 2,
    directory: "/dev/shm/somewhere",
  };
  assert.deepEqual(decodeArguments(encodeArguments(run)), run);
  const words = encodeArguments(run);
  assert.throws(() => decodeArguments(words.with(0, "bystander")), /unknown role/);
  assert.throws(() => decodeArguments(words.with(1, "startup")), /unknown measure/);
  assert.throws(() => decodeArguments(words.with(2, "polling")), /unknown way/);
  assert.throws(() => decodeArguments(words.with(3, "")), /unknown what/);
  assert.throws(() => decodeArguments(words.with(6, "-1")), /not a count/);
  assert.throws(() => decodeArguments(words.slice(1)), /expected 12/);
});

test("plan: every workload is runnable, blocks divide rounds, big payloads are bounded", () => {
  for (const oneCase of planCases(MEASURES, SUBJECTS)) {
    for (const effort of [FULL_EFFORT, QUICK_EFFORT]) {
      const work = workloadOf(oneCase, effort);
      assert.ok(work.rounds >= 1 && work.warmupRounds >= 1, JSON.stringify(work));
      if (work.measure !== "struct") assert.equal(work.rounds % work.blockRounds, 0);
      assert.ok(work.touchedBytes <= 4_096 && work.touchedBytes % 16 === 0);
      // Counters are 32-bit words; twice the rounds must not run out of numbers.
      assert.ok(work.warmupRounds + 2 * work.rounds < 2 ** 31);
    }
  }
});

test("plan: the subjects of one measure and payload stand side by side", () => {
  const keys = planCases(["latency"], SUBJECTS).map((oneCase) => oneCase.payloadBytes);
  assert.deepEqual(
    keys,
    keys.toSorted((a, b) => a - b),
  );
});

test("plan: a wake is asked of those who declare it, one round trip at a time", () => {
  const cases = planCases(["wake"], SUBJECTS);
  for (const subject of SUBJECTS) {
    const own = cases.filter((oneCase) => oneCase.subject === subject);
    assert.equal(own.length, subject.wakes?.length ?? 0, subject.name);
    assert.equal(subject.measures.includes("wake"), own.length > 0, subject.name);
  }
  for (const oneCase of cases) {
    const workload = workloadOf(oneCase, FULL_EFFORT);
    const { way, what, payloadBytes, blockRounds } = workload;
    assert.deepEqual({ way, what }, oneCase.wake);
    assert.equal(payloadBytes, what === "event" ? 0 : 64);
    assert.equal(blockRounds, 1);
    assert.ok(workload.pauseNs > 0);
    assert.equal(oneCase.subject.cores("wake"), "split");
  }
  const asked = new Set(cases.map(({ wake }) => `${wake!.what} ${wake!.way}`));
  assert.equal(asked.size, WAYS.length * WHATS.length);
});

test("machine: the kernel's lists of CPUs", () => {
  assert.deepEqual(parseCpuList("0-2,5"), [0, 1, 2, 5]);
  assert.deepEqual(parseCpuList("3"), [3]);
  assert.deepEqual(parseCpuList(""), []);
});

function row(
  subject: Row["subject"],
  value: number,
  unit: string,
  measure: Row["measure"] = "latency",
): Row {
  const summary = { median: value, min: value, max: value };
  return { measure, subject, payloadBytes: 64, unit, ...summary, repetitions: 3 };
}

test("report: a ratio names its winner, whichever way the unit runs", () => {
  const rows = [
    row("floe", 200, "ns"),
    row("iceoryx2", 100, "ns"),
    row("zeromq", 40_000, "ns"),
    row("worker", 204, "ns"),
    row("floe", 5e6, "messages/s", "throughput"),
    row("node-net", 1e7, "messages/s", "throughput"),
    row("worker", 1e6, "messages/s", "throughput"),
  ];
  const verdicts = ratiosOf(rows).map(({ peer, ratio, verdict }) => [peer, ratio, verdict]);
  assert.deepEqual(verdicts, [
    ["iceoryx2", 2, "iceoryx2 wins, 2.00 times"],
    ["zeromq", 0.005, "floe wins, 200 times"],
    ["worker", 200 / 204, "tie (within 5 %)"],
    ["node-net", 0.5, "node-net wins, 2.00 times"],
    ["worker", 5, "floe wins, 5.00 times"],
  ]);
});

test("report: a wake is compared with the same wake only", () => {
  const wake = { measure: "wake", what: "event" } as const;
  const rows = [
    { ...row("floe", 200, "ns"), ...wake, way: "blocking" } as const,
    { ...row("iceoryx2", 400, "ns"), ...wake, way: "blocking" } as const,
    { ...row("c-floor", 100, "ns"), ...wake, way: "event-loop" } as const,
  ];
  const verdicts = ratiosOf(rows).map(({ measure, peer, verdict }) => [measure, peer, verdict]);
  assert.deepEqual(verdicts, [["wake, event, blocking", "iceoryx2", "floe wins, 2.00 times"]]);
});

test("report: no ratio without a figure of floe for the same measure and payload", () => {
  assert.deepEqual(ratiosOf([row("floe", 1, "ns", "struct"), row("zeromq", 1, "ns")]), []);
});

test("report: figures carry three digits, payloads their unit", () => {
  const figures = [0.00001234, 0.1234, 0, 1.5, 36.84, 262.4, 1_138.2, 24_712_345].map(formatFigure);
  assert.deepEqual(figures, [
    "0.000012",
    "0.123",
    "0.00",
    "1.50",
    "36.8",
    "262",
    "1,140",
    "24,700,000",
  ]);
  assert.deepEqual([64, 4_096, 2 ** 26].map(formatPayload), ["64 B", "4 KiB", "64 MiB"]);
});

test("report: table and Markdown show every row and every absence", () => {
  const report = {
    machine: {
      cpu: "CPU",
      allowedCpus: 2,
      memoryGiB: 8,
      system: "Linux",
      node: "v20",
      date: "2026-01-01T00:00:00Z",
      pinning: "unpinned: taskset cannot be run",
    },
    rows: [row("floe", 300, "ns"), { ...row("worker", 1_500, "ns"), p99: 2_000 }],
    skipped: [{ subject: "iceoryx2", reason: "cargo is not installed" } as const],
  };
  for (const text of [formatTable(report), formatMarkdown(report)]) {
    assert.match(text, /floe\W+300/);
    assert.match(text, /worker\W+1,500.*2,000/);
    assert.match(text, /iceoryx2: cargo is not installed/);
    assert.match(text, /unpinned/);
  }
  assert.match(formatMarkdown(report), /floe wins, 5\.00 times/);
});

test("children: a program's last words are in the error", async () => {
  const nursery = new Nursery();
  const script = "console.error('out of tea'); process.exit(3)";
  const child = nursery.spawn({ file: process.execPath, args: ["-e", script] });
  await assert.rejects(child.result, /ended early \(code 3\): out of tea/);
  await child.exited;
  assert.equal(nursery.size, 0);
  const missing = nursery.spawn({ file: "/no/such/program", args: [] });
  await assert.rejects(missing.ready, /ENOENT/);
});

test("children: no busy poller survives the nursery, and none is born after", async () => {
  const nursery = new Nursery();
  const script = 'console.log(\'{"event":"ready"}\'); for (;;);';
  const child = nursery.spawn({ file: process.execPath, args: ["-e", script] });
  await child.ready;
  await nursery.close();
  await assert.rejects(child.result, /SIGKILL/);
  assert.throws(() => nursery.spawn({ file: process.execPath, args: [] }), /stopped/);
});

test("harness: node-net end to end leaves rows and no files", async () => {
  const subjects = SUBJECTS.filter((subject) => subject.name === "node-net");
  const measures = ["latency", "throughput", "wake", "death", "startup"] as const;
  const cases = planCases(measures, subjects).filter((one) => one.payloadBytes <= 4_096);
  let scratch: string;
  {
    await using harness = new Harness(placeProcesses(), { repetitions: 2, runMs: 20 }, () => {});
    scratch = harness.scratchDirectory;
    const { rows, failures } = await harness.run(cases);
    assert.deepEqual(failures, []);
    const seen = rows.map(({ measure, part, way, payloadBytes, unit }) => [
      part ?? way ?? measure,
      payloadBytes,
      unit,
    ]);
    assert.deepEqual(seen, [
      ["latency", 64, "ns"],
      ["latency", 4_096, "ns"],
      ["throughput", 64, "messages/s"],
      ["throughput", 4_096, "messages/s"],
      ["event-loop", 64, "ns"],
      ["death", 0, "ns"],
      ["process", 64, "ms"],
      ["import", 64, "ms"],
      ["first-message", 64, "ms"],
    ]);
    for (const { min, median: middle, max, repetitions, missed } of rows) {
      assert.ok(min > 0 && min <= middle && middle <= max);
      assert.equal(repetitions, 2);
      assert.ok(missed === undefined || missed === 0, "a socket loses nothing");
    }
  }
  assert.ok(!existsSync(scratch));
});

test("harness: a case that fails is reported and gets no row", async () => {
  const nodeNet = SUBJECTS.find((subject) => subject.name === "node-net")!;
  const broken = { ...nodeNet, command: { file: process.execPath, args: ["-e", "0"] } };
  await using harness = new Harness(placeProcesses(), { repetitions: 2, runMs: 20 }, () => {});
  const { rows, failures } = await harness.run(planCases(["startup"], [broken]));
  assert.deepEqual(rows, []);
  assert.equal(failures.length, 1);
  assert.match(failures[0]!.reason, /startup of 64 B failed: the program ended early/);
});

test("scratch: removes what programs put beside the directory under its name", () => {
  const scratch = new Scratch();
  const directory = scratch.createRunDirectory();
  const beside = join(dirname(scratch.directory), `${basename(directory)}_segment`);
  writeFileSync(beside, "");
  writeFileSync(join(directory, "inside"), "");
  scratch.removeRunDirectory(directory);
  assert.ok(!existsSync(directory) && !existsSync(beside));
  writeFileSync(beside, "");
  scratch[Symbol.dispose]();
  assert.ok(!existsSync(scratch.directory) && !existsSync(beside));
});
