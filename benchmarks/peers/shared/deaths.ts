/**
 * The measure `death`: one process kills others, and a third one says when it knew of each.
 *
 * Killer, watcher and victims are processes of their own, so that nobody who measures is disturbed
 * by what is measured; the monotonic clock is the same for all of them. Before each kill everybody
 * has been idle for a while. What lies between the kill and the notice is mostly the system's work:
 * it takes the memory of the victim back before it closes its descriptors, which is what everybody
 * here is told by. So the row of a plain socket says how long that takes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ProgramArguments } from "../../protocol.ts";
import { median } from "../../statistics.ts";
import { emit, endOfInput } from "./program.ts";

/** What a watcher says to the killer: that it knows a victim, or when it knew of its death. */
export type WatcherMessage =
  | { readonly say: "ready" }
  | { readonly say: "met"; readonly name: string }
  | { readonly say: "ended"; readonly name: string; readonly atNs: string };

/** What watchers and victims are started with. */
export type DeathArguments = {
  readonly role: "watcher" | "victim";
  readonly directory: string;
  /** Of a victim. */
  readonly name: string;
  readonly heldBytes: number;
};

/** Long enough for everybody to have gone to sleep. */
const IDLE_MS = 20;

export function readDeathArguments(): DeathArguments {
  return JSON.parse(process.argv[2]!) as DeathArguments;
}

/** Says something to the killer; without it nobody of us has anything to do. */
export function tellKiller(message: WatcherMessage): void {
  process.send!(message);
}

/** For watchers and victims: ends with the killer, whatever else goes on. */
export function endWithKiller(): void {
  process.once("disconnect", () => process.exit());
}

/** What a victim has in use; it must be kept. Every page is written, else it would not be there. */
export function holdMemory(heldBytes: number): Uint8Array {
  return new Uint8Array(heldBytes).fill(1);
}

function start(program: URL, args: DeathArguments): ChildProcess {
  return fork(fileURLToPath(program), [JSON.stringify(args)]);
}

/** Waits for what a watcher says next, which must be about this victim. */
async function heard(watcher: ChildProcess, say: string, name?: string): Promise<WatcherMessage> {
  const [message] = (await once(watcher, "message")) as [WatcherMessage];
  const isExpected = message.say === say && (message.say === "ready" || message.name === name);
  if (!isExpected) throw new Error(`the watcher said ${JSON.stringify(message)}, not ${say}`);
  return message;
}

/** Kills one victim after the other and reports how soon the watcher knew. */
export async function conductDeaths(run: ProgramArguments, program: URL): Promise<void> {
  const { directory, payloadBytes: heldBytes } = run;
  const watcher = start(program, { role: "watcher", directory, name: "", heldBytes: 0 });
  await heard(watcher, "ready");
  const noticesNs: number[] = [];
  for (let round = 0; round < run.warmupRounds + run.rounds; round++) {
    const name = `victim ${round}`;
    const victim = start(program, { role: "victim", directory, name, heldBytes });
    const exited = once(victim, "exit");
    await heard(watcher, "met", name);
    await pause(IDLE_MS);
    const killedAtNs = process.hrtime.bigint();
    victim.kill("SIGKILL");
    const message = await heard(watcher, "ended", name);
    await exited;
    if (message.say !== "ended" || round < run.warmupRounds) continue;
    noticesNs.push(Number(BigInt(message.atNs) - killedAtNs));
  }
  noticesNs.sort((one, two) => one - two);
  emit({
    event: "result",
    value: median(noticesNs),
    least: noticesNs[0]!,
    greatest: noticesNs.at(-1)!,
  });
  await endOfInput();
  watcher.disconnect();
  await once(watcher, "exit");
}
