/**
 * Runs in a namespace of its own whose domain root is a tmpfs of two megabytes: tries everything
 * with one more page of room each time, and tells how far it came and what was left behind.
 */
import { readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DomainOptions, FloeError, Node, rawBytes } from "floe";
import { programData, say } from "../../support/program.ts";
import { reportOf } from "../report.ts";

const PAGE_BYTES = 4096;
const { domain } = programData<{ readonly domain: DomainOptions }>();
const filler = join(domain.root!, "filler");

function leaveRoom(pages: number): void {
  rmSync(filler, { force: true });
  const { bavail, bsize } = statfsSync(domain.root!);
  const bytes = bavail * bsize - pages * PAGE_BYTES;
  if (bytes > 0) writeFileSync(filler, Buffer.alloc(bytes));
}

function entries(): string[] {
  return readdirSync(join(domain.root!, domain.name!));
}

/** Everything in turn; the name of what was refused, or "done". */
function attempt(): { readonly stage: string; readonly error?: unknown } {
  const held: { close(): void }[] = [];
  let stage = "node";
  try {
    const node = Node.create({ domain });
    held.push(node);
    stage = "service";
    const service = node.publishSubscribe("s", { payload: rawBytes, maxNodes: 4 });
    held.push(service);
    stage = "publisher";
    const publisher = service.publisher();
    held.push(publisher);
    stage = "subscriber";
    const subscriber = service.subscriber();
    held.push(subscriber);
    stage = "send";
    publisher.sendCopy(Uint8Array.of(1, 2, 3));
    if (subscriber.poll(9, () => {}) !== 1) throw new Error("the message did not come");
    return { stage: "done" };
  } catch (error) {
    return { stage, error };
  } finally {
    for (const one of held.reverse()) one.close();
  }
}

/** Grows until nothing is left, then makes room by releasing, and goes on. */
function growAndRecover(): { readonly refused: number; readonly after: boolean } {
  using node = Node.create({ domain });
  const quality = { bufferSize: 64, maxBorrowedSamples: 64 };
  using service = node.publishSubscribe("grow", { payload: rawBytes, ...quality });
  using publisher = service.publisher();
  using subscriber = service.subscriber();
  let refused = 0;
  const lengths = [100, 1000, 9_000, 20_000];
  for (let round = 0; round < 20; round += 1) {
    const samples = [];
    try {
      for (let count = 0; count < 60; count += 1) {
        publisher.send(lengths[round % lengths.length]!, (bytes) => bytes.fill(count));
        samples.push(subscriber.tryTake()!);
      }
    } catch (error) {
      if (!(FloeError.is(error) && error.code === "FLOE_OUT_OF_MEMORY")) throw error;
      refused += 1;
    }
    for (const [index, sample] of samples.entries()) {
      if (sample.payload[sample.payload.length - 1] !== index) throw new Error("content changed");
      sample.release();
    }
  }
  return {
    refused,
    after: publisher.send(100, () => {}) === 1 && subscriber.poll(9, () => {}) === 1,
  };
}

for (let pages = 0; pages <= 60; pages += 1) {
  leaveRoom(pages);
  const { stage, error } = attempt();
  say({
    say: "tried",
    stage,
    error: error === undefined ? null : reportOf(error),
    left: entries(),
  });
}
leaveRoom(100);
const { refused, after } = growAndRecover();
rmSync(filler);
say({ say: "recovered", refused, after, stage: attempt().stage, left: entries() });
process.stdin.destroy();
