/**
 * `npm run bench -- [measure...] [--quick] [--json FILE] [--save]`
 *
 * Prepares the subjects, runs the plan and prints the table; see README.md in this folder. Ends
 * with code 1 when a run failed, but not when a subject could not be had on this machine.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Harness, type Skipped } from "./harness.ts";
import { describeMachine, placeProcesses } from "./machine.ts";
import { FULL_EFFORT, planCases, QUICK_EFFORT } from "./plan.ts";
import { MEASURES, type Measure } from "./protocol.ts";
import { formatMarkdown, formatTable, type Report } from "./report.ts";
import { SUBJECTS, type Subject } from "./subjects.ts";

const USAGE = `usage: npm run bench -- [measure...] [options]

measures: ${MEASURES.join(", ")} (default: all)

  --quick         3 short repetitions instead of 7 long ones
  --subject NAME  only this subject; may be given more than once
  --json FILE     write the rows as JSON
  --save          write benchmarks/results/latest.md, with ratios
  --help          show this text`;

const SAVED_REPORT = fileURLToPath(new URL("../../benchmarks/results/latest.md", import.meta.url));

type Request = {
  readonly measures: readonly Measure[];
  readonly subjects: readonly Subject[];
  readonly quick: boolean;
  readonly jsonFile: string | undefined;
  readonly save: boolean;
};

function parseRequest(args: string[]): Request | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      save: { type: "boolean", default: false },
      subject: { type: "string", multiple: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = positionals.find((name) => !(MEASURES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`there is no measure "${unknown}"`);
  const wanted = values.subject ?? SUBJECTS.map((subject) => subject.name);
  const stranger = wanted.find((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (stranger !== undefined) throw new Error(`there is no subject "${stranger}"`);
  return {
    measures: MEASURES.filter((name) => positionals.length === 0 || positionals.includes(name)),
    subjects: SUBJECTS.filter((subject) => wanted.includes(subject.name)),
    quick: values.quick,
    jsonFile: values.json,
    save: values.save,
  };
}

function log(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function prepareAll(request: Request): Promise<{ ready: Subject[]; skipped: Skipped[] }> {
  const ready: Subject[] = [];
  const skipped: Skipped[] = [];
  for (const subject of request.subjects) {
    if (!subject.measures.some((measure) => request.measures.includes(measure))) continue;
    log(`preparing ${subject.name}`);
    const reason = await subject.prepare();
    if (reason === undefined) ready.push(subject);
    else skipped.push({ subject: subject.name, reason });
  }
  return { ready, skipped };
}

async function bench(request: Request): Promise<number> {
  const placement = placeProcesses();
  const { ready, skipped } = await prepareAll(request);
  await using harness = new Harness(placement, request.quick ? QUICK_EFFORT : FULL_EFFORT, log);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, async () => {
      await harness[Symbol.asyncDispose]();
      process.exit(130);
    });
  }
  const { rows, failures } = await harness.run(planCases(request.measures, ready));
  const report: Report = {
    machine: describeMachine(placement),
    rows,
    skipped: [...skipped, ...failures],
  };
  process.stdout.write(`${formatTable(report)}\n`);
  if (request.jsonFile !== undefined) {
    writeFileSync(request.jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (request.save) {
    mkdirSync(dirname(SAVED_REPORT), { recursive: true });
    writeFileSync(SAVED_REPORT, formatMarkdown(report));
  }
  return failures.length > 0 ? 1 : 0;
}

try {
  const request = parseRequest(process.argv.slice(2));
  if (request === undefined) process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await bench(request);
} catch (error) {
  log(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
