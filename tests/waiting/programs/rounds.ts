/**
 * One side of rounds between two processes: waits for each message in the way it was told, now and
 * then dawdles so that the other side may be caught at any point of falling asleep, and answers.
 */
import { Node, type Sample, struct, u32, WaitSet } from "floe";
import { programData, say } from "../../support/program.ts";
import { Random } from "../../support/random.ts";
import { type Assignment, WAYS } from "../programs.ts";

const Round = struct("Round", { count: u32 });

type Ball = Sample<{ readonly count: number }>;

const { domain, way, rounds, seed, role } = programData<Assignment & { role: "a" | "b" }>();
const random = new Random(seed);
const node = Node.create({ domain });
// Few slots: a message is overwritten as soon as one wake-up is missed, and the round fails.
const there = node.publishSubscribe("there", { payload: Round, bufferSize: 2 });
const back = node.publishSubscribe("back", { payload: Round, bufferSize: 2 });
const subscriber = (role === "a" ? back : there).subscriber();
const publisher = (role === "a" ? there : back).publisher();
const set = new WaitSet();
const iterator = subscriber[Symbol.asyncIterator]();

/** A round is either there within this time, or lost. */
const TIMEOUT_MS = 30_000;

async function fromSet(): Promise<Ball> {
  const attachment = set.attach(subscriber);
  for (;;) {
    const isBlocking = random.below(2) === 0;
    const events = isBlocking
      ? set.waitSync({ timeout: TIMEOUT_MS })
      : await set.wait({ timeout: TIMEOUT_MS });
    if (events.length === 0) throw new Error("nothing came to the wait set");
    const sample = subscriber.tryTake();
    if (sample === undefined) continue;
    attachment.detach();
    return sample;
  }
}

async function next(): Promise<Ball> {
  switch (way === "mixed" ? random.pick(WAYS) : way) {
    case "loop":
      return subscriber.take({ timeout: TIMEOUT_MS });
    case "spin-loop":
      return subscriber.take({ timeout: TIMEOUT_MS, spinUs: random.below(40) });
    case "blocked":
      return subscriber.takeSync({ timeout: TIMEOUT_MS }) as Ball;
    case "spin-blocked":
      return subscriber.takeSync({ timeout: TIMEOUT_MS, spinUs: random.below(40) }) as Ball;
    case "iterate":
      return (await iterator.next()).value as Ball;
    case "wait-set":
      return fromSet();
  }
}

/** Lets up to some microseconds pass: the time in which the other side falls asleep. */
function dawdle(): void {
  let turns = random.below(4) === 0 ? random.below(4000) : 0;
  while (turns > 0) turns -= 1;
}

async function receive(count: number): Promise<void> {
  const sample = await next();
  const found = sample?.payload.count;
  // The iterator releases its sample itself, at its next turn; twice does no harm.
  sample?.release();
  if (found !== count) throw new Error(`wanted round ${count}, found ${found}`);
}

say({ say: "made" });
await publisher.waitForSubscribers({ timeout: TIMEOUT_MS });
await subscriber.waitForPublishers({ timeout: TIMEOUT_MS });
for (let count = 1; count <= rounds; count += 1) {
  if (role === "b") await receive(count);
  dawdle();
  publisher.send((round) => void (round.count = count));
  if (role === "a") await receive(count);
}
set.close();
await iterator.return!();
for (const closable of [subscriber, publisher, there, back, node]) closable.close();
say({ say: "done", rounds });
process.stdin.destroy();
