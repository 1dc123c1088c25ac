/**
 * A process that takes part for a while, by itself or with a participant in each of its threads.
 */
import { Worker } from "node:worker_threads";
import { programData } from "../../support/program.ts";
import type { Visit } from "../assignments.ts";
import { Participant, type Seat, tell } from "../participant.ts";

const { seats, inThreads, terminatedAfterMs } = programData<Visit>();

// Whoever started this process is gone.
process.stdin.on("end", () => process.exit(3)).resume();
(process.stdin as unknown as { unref(): void }).unref();

async function takePart(seat: Seat): Promise<void> {
  const participant = new Participant(seat);
  participant.join();
  await participant.live();
}

function startThread(seat: Seat, terminatedAfter: number | null): void {
  const worker = new Worker(new URL("./thread.js", import.meta.url), { workerData: seat });
  worker.on("error", (error) => {
    tell({ say: "offence", text: `a thread failed: ${(error as Error).stack}` });
  });
  if (terminatedAfter === null) return;
  const timer = setTimeout(() => {
    worker.terminate();
    tell({ say: "terminated", seat: seat.name });
  }, terminatedAfter);
  worker.on("exit", () => clearTimeout(timer));
}

tell({ say: "begun" });
if (inThreads) seats.forEach((seat, index) => void startThread(seat, terminatedAfterMs[index]!));
else await takePart(seats[0]!);
