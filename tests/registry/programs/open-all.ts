/**
 * Opens many services in a random order, at the same time as other processes do, and tells what
 * became of each; then, when told, lets go of them in another random order.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DomainOptions, FloeError, Node, type OpenMode, struct, u32 } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import { Random } from "../../support/random.ts";

interface Assignment {
  readonly domain: DomainOptions;
  readonly names: readonly string[];
  readonly seed: number;
  readonly mode: OpenMode;
  readonly rounds: number;
}

const Tick = struct("Tick", { count: u32 });
const { domain, names, seed, mode, rounds } = programData<Assignment>();
const random = new Random(seed);
// A closed publisher keeps its row until each subscriber has looked, and nobody looks here.
const limits = rounds === 1 ? {} : { maxPublishers: 256 };
const incoming = orders();
const node = Node.create({ domain });

function serviceId(name: string): string {
  const directory = join(domain.root!, domain.name!, `service.publish-subscribe.${name}`);
  return JSON.parse(readFileSync(join(directory, "service.json"), "utf8")).serviceId;
}

/** Opens one; its id when that worked, else the error's code. */
function open(name: string, held: { close(): void }[]): string {
  try {
    const service = node.publishSubscribe(name, { payload: Tick, mode, ...limits });
    held.push(service);
    const id = serviceId(name);
    if (random.below(3) === 0) held.push(service.publisher());
    if (random.below(3) === 0) held.push(service.subscriber());
    return id;
  } catch (error) {
    if (!FloeError.is(error)) throw error;
    return error.code;
  }
}

say({ say: "ready" });
await incoming.next();
for (let round = 0; round < rounds; round += 1) {
  const held: { close(): void }[] = [];
  const outcomes: Record<string, string> = {};
  for (const name of random.shuffled(names)) outcomes[name] = open(name, held);
  if (rounds === 1) {
    say({ say: "opened", outcomes });
    await incoming.next();
  } else {
    const failed = Object.values(outcomes).filter((outcome) => outcome.startsWith("FLOE_"));
    if (failed.length > 0) say({ say: "failed", failed });
  }
  for (const one of random.shuffled(held)) one.close();
}
node.close();
say({ say: "closed" });
process.stdin.destroy();
