/**
 * Signals for a thread that blocks: another process sends them again and again, because nobody can
 * know when the thread has fallen asleep.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";

/** Runs `action` in a process that handles `signal` and gets it every few milliseconds. */
export async function underSignals(signal: NodeJS.Signals, action: () => unknown): Promise<void> {
  const handler = (): void => {};
  process.on(signal, handler);
  const number = signal.slice("SIG".length);
  const script = `while kill -${number} ${process.pid} 2>/dev/null; do sleep 0.01; done`;
  const sender = spawn("sh", ["-c", script]);
  try {
    await action();
  } finally {
    sender.kill("SIGKILL");
    await once(sender, "close");
    // The last one may still be under way in this process.
    await turn();
    await turn();
    process.removeListener(signal, handler);
  }
}
