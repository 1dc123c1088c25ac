/**
 * `npm run soak -- [--minutes N] [--processes P] [--seed S] [--json FILE] [--save]`
 *
 * Soaks a domain and says what came out; see soak.ts. Ends with code 1 when something was lost,
 * leaked or blocked. `--save` writes benchmarks/results/soak.md.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine } from "../../benchmarks/machine.ts";
import { formatMarkdown, formatTable } from "./report.ts";
import { Soak } from "./soak.ts";

const SAVED_REPORT = fileURLToPath(new URL("../../../benchmarks/results/soak.md", import.meta.url));

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    processes: { type: "string", default: "6" },
    seed: { type: "string", default: String(Date.now() % 0x7fff_ffff) },
    json: { type: "string" },
    save: { type: "boolean", default: false },
  },
});

function describeHere(): string {
  const placement = { pair: undefined, explanation: "not pinned", canTieLives: false };
  const { cpu, allowedCpus, memoryGiB, system, node, date } = describeMachine(placement);
  const day = date.slice(0, 10);
  return `${cpu}, ${allowedCpus} CPUs, ${memoryGiB} GiB, ${system}, Node ${node}, ${day}.`;
}

const options = {
  minutes: Number(values.minutes),
  processes: Number(values.processes),
  seed: Number(values.seed),
  log: (line: string) => void process.stderr.write(`${line}\n`),
};
options.log(`soak of ${options.minutes} minutes, seed ${options.seed}`);
const soak = new Soak(options);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, async () => {
    await soak.remove();
    process.exit(130);
  });
}
const report = await soak.run();
process.stdout.write(`${formatTable(report)}\n`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
}
if (values.save) writeFileSync(SAVED_REPORT, formatMarkdown(report, describeHere()));
process.exitCode = report.offences.length === 0 ? 0 : 1;
