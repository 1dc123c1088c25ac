/**
 * One side of the traffic, in a process of its own. Somebody else damages its memory meanwhile, or
 * this very process does.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { DomainOptions } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import { Random } from "../../support/random.ts";
import type { Burst } from "../bursts.ts";
import { Findings } from "../findings.ts";
import { domainPathOf, geometriesOf } from "../geometries.ts";
import { MemoryBound } from "../memory-bound.ts";
import { Party, type Side } from "../party.ts";
import { Scribbler } from "../scribbler.ts";
import { burstWithin, type Order, obeyed } from "../victim.ts";

const { domain, side, logPath } = programData<{
  readonly domain: DomainOptions;
  readonly side: Side;
  readonly logPath: string;
}>();
const random = new Random(0);
const findings = new Findings();
findings.listen();
const memory = new MemoryBound();
const party = new Party(domain, side, random, findings);
const scribbler = new Scribbler(domainPathOf(domain), random, geometriesOf(), logPath);

/** Steps between two turns of the event loop. */
const STEPS_A_TURN = 24;

let isRunning = false;

async function run(): Promise<void> {
  isRunning = true;
  while (isRunning) {
    for (let step = 0; step < STEPS_A_TURN; step += 1) party.step();
    await turn();
  }
}

function stopped(writes: Readonly<Record<string, number>>): void {
  for (const offence of memory.offences()) findings.offend(offence);
  say({ say: "stopped", writes, findings: findings.takeSummary() });
}

say({ say: "made" });
let running: Promise<void> | undefined;
for await (const order of orders()) {
  switch (order.say) {
    case "obey":
      say({ say: "obeyed", ...(await obeyed(party, findings, order.order as Order)) });
      break;
    case "begin":
      random.reseed(order.seed as number);
      scribbler.beginNotes(`seed ${order.seed as number}`);
      say({ say: "begun" });
      break;
    case "run":
      running = run();
      break;
    case "stop":
      isRunning = false;
      await running;
      stopped({});
      break;
    case "write":
      stopped(await burstWithin(party, scribbler, random, order.burst as Burst));
      scribbler.forget();
      break;
  }
}
scribbler.close();
party.close();
