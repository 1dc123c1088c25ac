/**
 * `npm run test:corruption -- [--writes N] [--seed S] [--json]`: random writes into every word that
 * a peer can write, by the million, while traffic runs.
 *
 * Prints a table; ends with 1 when the library has done anything but return values and throw
 * FloeErrors. `--arrangement A --from ROUND --rounds N` plays some rounds again, `--kind K` writes
 * to words of one kind only.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Child, type ChildOptions } from "../support/child.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { ARRANGEMENTS, type Arrangement, play, type Scene } from "./run.ts";
import { describeOffence, Tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    writes: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 0x7fff_ffff) },
    arrangement: { type: "string" },
    kind: { type: "string" },
    from: { type: "string", default: "0" },
    rounds: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
    json: { type: "boolean", default: false },
  },
});

/** How the writes are shared out: most where every round can be played again. */
const SHARES: Readonly<Record<Arrangement, number>> = {
  alone: 0.8,
  "a third process": 0.1,
  "a peer": 0.1,
};

/** Offences after which it is enough. */
const OFFENCES_SHOWN_MAX = 20;

function log(text: string): void {
  process.stderr.write(`${text}\n`);
}

const seed = Number(values.seed);
const arrangements = ARRANGEMENTS.filter((one) => (values.arrangement ?? one) === one);
const tally = new Tally();
const began = performance.now();
log(`seed ${seed}`);
for (const arrangement of arrangements) {
  const share = arrangements.length === 1 ? 1 : SHARES[arrangement];
  const root = mkdtempSync(join(memoryFolder(), "floe-corruption-"));
  const children: Child[] = [];
  const domain = { root, name: "test" };
  const scene: Scene = {
    root,
    domain,
    start: (url: URL, options: ChildOptions = {}) => {
      const data = { domain, ...(options.data as object | undefined) };
      const child = new Child(fileURLToPath(url), { ...options, data });
      children.push(child);
      return child;
    },
  };
  const plan = {
    arrangement,
    seed,
    firstRound: Number(values.from),
    rounds: Number(values.rounds),
    writes: Math.ceil(Number(values.writes) * share),
    ...(values.kind === undefined ? {} : { kind: values.kind }),
  };
  await play(scene, plan, {
    onRound: (result) => tally.onRound(result),
    onOffence: (offence) => {
      tally.onOffence(offence);
      if (tally.offences.length <= OFFENCES_SHOWN_MAX) log(describeOffence(offence));
    },
  });
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.ended));
  rmSync(root, { recursive: true, force: true });
  const seconds = Math.round((performance.now() - began) / 1000);
  log(`${arrangement}: ${tally.writes} writes after ${seconds} s`);
}
console.log(values.json ? JSON.stringify({ seed, ...tally.toJSON() }, null, 2) : tally.text());
process.exitCode = tally.offences.length > 0 ? 1 : 0;
