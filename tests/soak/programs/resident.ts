/**
 * The process that stays: takes part from the beginning to the end, and says what it holds of the
 * system when it is asked.
 */
import { readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { capabilities } from "floe";
import { orders, programData } from "../../support/program.ts";
import { mappedFiles, resourcesHeld } from "../../support/resources.ts";
import type { Sample } from "../assignments.ts";
import { EndingsTold, type Told } from "../endings.ts";
import { Participant, type Seat, tell } from "../participant.ts";

const seat = programData<Seat>();
const root = seat.domain.root!;
/** Node counts what an ArrayBuffer shows as external memory, and a SharedArrayBuffer's not. */
const isMappedCounted = capabilities().memoryKind === "ArrayBuffer";

function statusBytes(name: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}

/** Mappings of data segments of publishers of other processes, when there should be none. */
function foreignMappings(ownPublisherIds: ReadonlySet<string>): number {
  const names = mappedFiles(root).map((path) => /\/data\.([0-9a-f]+)\./.exec(path)?.[1]);
  return names.filter((id) => id !== undefined && !ownPublisherIds.has(id)).length;
}

/** Size of all mappings of files of the domain. */
function mappedBytes(): number {
  const lines = readFileSync("/proc/self/maps", "utf8").split("\n");
  const ranges = lines
    .filter((line) => line.includes(` ${root}/`))
    .map((line) => {
      const [from, to] = line.slice(0, line.indexOf(" ")).split("-");
      return Number.parseInt(to!, 16) - Number.parseInt(from!, 16);
    });
  return ranges.reduce((sum, bytes) => sum + bytes, 0);
}

const END_MS_MAX = 20_000;

/** What was told of the others, who have all ended. */
async function toldOfAll(told: EndingsTold): Promise<Told> {
  const endMs = performance.now() + END_MS_MAX;
  while (told.presentCount > 0 && performance.now() < endMs) await turn();
  return told.take();
}

async function sample(participant: Participant): Promise<Sample> {
  // Work lets go of those who have gone; then everything that nobody refers to is collected.
  for (let round = 0; round < 200; round += 1) {
    await participant.work();
    await turn();
  }
  for (let round = 0; round < 4; round += 1) {
    (globalThis as unknown as { gc(): void }).gc();
    await turn();
  }
  const { heapUsed, heapTotal, external } = process.memoryUsage();
  const mapped = mappedBytes();
  return {
    atMs: performance.now(),
    heapBytes: heapUsed,
    heapReservedBytes: heapTotal,
    externalBytes: external - (isMappedCounted ? mapped : 0),
    privateBytes: statusBytes("RssAnon"),
    sharedBytes: statusBytes("RssShmem"),
    ...resourcesHeld(root),
    mappedBytes: mapped,
    foreignMappings: foreignMappings(participant.publisherIds()),
  };
}

const participant = new Participant(seat);
participant.join();
const told = new EndingsTold(participant.peers, (text) => tell({ say: "offence", text }));
tell({ say: "joined" });

async function listen(): Promise<void> {
  for await (const order of orders()) {
    if (order.say === "forget") participant.forget(order.publisherIds as string[]);
    if (order.say === "sample")
      participant.atNextTurn(async () => {
        const endings = await toldOfAll(told);
        tell({ say: "sample", endings, sample: await sample(participant) });
      });
    if (order.say === "end") break;
  }
  participant.end();
  // Else the process would be kept alive by what it might be told.
  process.stdin.destroy();
}

await Promise.all([participant.live(), listen()]);
