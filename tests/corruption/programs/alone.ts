/**
 * One process with all ports, which writes into its own memory between its calls: each round can be
 * played again, write by write.
 */
import type { DomainOptions } from "floe";
import { programData, say } from "../../support/program.ts";
import { Random } from "../../support/random.ts";
import { drawBurst, roundSeed } from "../bursts.ts";
import { Findings } from "../findings.ts";
import { domainPathOf, geometriesOf } from "../geometries.ts";
import { MemoryBound } from "../memory-bound.ts";
import { Party } from "../party.ts";
import { playRound, type Stage } from "../round.ts";
import { NOTES_SHOWN, type Play } from "../run.ts";
import { lastNotes, Scribbler } from "../scribbler.ts";
import { burstWithin, LocalVictim } from "../victim.ts";

const { domain, seed, firstRound, rounds, writes, kind, logPath } = programData<
  Play & { readonly domain: DomainOptions; readonly logPath: string }
>();
const random = new Random(seed);
const findings = new Findings();
findings.listen();
const memory = new MemoryBound();
const domainPath = domainPathOf(domain);
const party = new Party(domain, "both", random, findings);
const scribbler = new Scribbler(domainPath, random, geometriesOf(), logPath);
const stage: Stage = {
  domainPath,
  victims: [new LocalVictim(party, findings)],
  burst: async (burst) => ({
    writes: await burstWithin(party, scribbler, random, burst),
    findings: [findings.takeSummary()],
  }),
  endBurst: () => scribbler.forget(),
};
let left = writes;
for (let round = firstRound; left > 0 && round < firstRound + rounds; round += 1) {
  random.reseed(roundSeed(seed, round));
  scribbler.beginNotes(`seed ${seed}, round ${round}`);
  say({ say: "round", round });
  const result = await playRound(stage, drawBurst(random, left, kind));
  for (const count of Object.values(result.writes)) left -= count;
  const offences = [...result.offences, ...memory.offences()];
  const notes = offences.length > 0 ? { notes: lastNotes(logPath, NOTES_SHOWN) } : {};
  say({ say: "played", result: { ...result, offences, ...notes } });
}
scribbler.close();
party.close();
say({ say: "over" });
process.stdin.destroy();
