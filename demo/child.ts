/**
 * Child: the frame in which the cameras and consumers of both transports run.
 *
 * A child obeys its parent and outlives it by nothing: when the channel closes, for whatever
 * reason, the child lets go of everything and ends. It ends by having nothing left to do, not by
 * `process.exit`, so a port that kept a process alive would be noticed here.
 */

import type { ChildSettings, Command, Message, Report } from "./protocol.ts";

/** The work of a child. */
export interface Worker {
  /** A turn of this child's transport begins. */
  begin(): void;
  /** The turn is over: finishes what is under way and reports. */
  end(): Promise<Report>;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** Runs a child until its parent says that all is over, or is gone. */
export async function runChild(start: (settings: ChildSettings) => Promise<Worker>): Promise<void> {
  process.on("uncaughtException", fail);
  const settings = JSON.parse(process.argv[2] ?? "{}") as ChildSettings;
  const worker = await start(settings);
  let isOver = false;
  const finish = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await worker.close();
    if (process.connected) process.disconnect?.();
  };
  process.on("disconnect", finish);
  process.on("message", async ({ kind }: Command) => {
    if (kind === "begin") worker.begin();
    else if (kind === "end") tell({ kind: "turn", report: await worker.end() });
    else await finish();
  });
  if (process.connected) tell({ kind: "ready" });
  else await finish();
}

function tell(message: Message): void {
  // A parent that is gone hears nothing; the disconnect event does the rest.
  process.send?.(message, undefined, undefined, () => {});
}

function fail(error: Error): void {
  const reason = "code" in error ? error.message : (error.stack ?? error.message);
  process.exitCode = 1;
  if (!process.connected || process.send === undefined) process.exit();
  const message: Message = { kind: "failed", reason };
  process.send(message, undefined, undefined, () => process.exit());
}
