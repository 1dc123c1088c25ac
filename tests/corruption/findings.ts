/**
 * Findings: what became of the calls of the processes under test.
 *
 * A call may return a value or throw a FloeError, and it must do so soon. Everything else is an
 * offence of the library.
 */
import { type ErrorCode, FloeError } from "floe";

/** What was found, in a form that can be sent to another process. */
export interface FindingsSummary {
  /** FloeErrors that were thrown or emitted as warnings, by code. */
  readonly codes: Readonly<Record<string, number>>;
  readonly offences: readonly string[];
  readonly callCount: number;
  readonly slowestCallMs: number;
  /** Messages of the services that are written to. */
  readonly receivedCount: number;
  readonly tornCount: number;
}

/** A call takes microseconds, or milliseconds under a lock; this is for busy machines. */
const CALL_MS_MAX = 5_000;

export class Findings {
  readonly #codes: Map<string, number> = new Map();
  #offences: string[] = [];
  #callCount = 0;
  #slowestCallMs = 0;
  receivedCount = 0;
  tornCount = 0;
  /** The code of the FloeError that came last. */
  lastCode: ErrorCode | undefined;

  /** Counts what the library emits as a warning, because nobody is there to catch it. */
  listen(): void {
    process.removeAllListeners("warning");
    process.on("warning", (warning) => this.noteError("a warning", warning));
    process.on("uncaughtException", (error) => this.offend(`uncaught: ${described(error)}`));
  }

  /** Makes a call; undefined when it threw. */
  attempt<Result>(what: string, action: () => Result): Result | undefined {
    const beganMs = performance.now();
    this.#callCount += 1;
    try {
      return action();
    } catch (error) {
      this.noteError(what, error);
      return undefined;
    } finally {
      const tookMs = performance.now() - beganMs;
      this.#slowestCallMs = Math.max(this.#slowestCallMs, tookMs);
      if (tookMs > CALL_MS_MAX) this.offend(`${what} took ${Math.round(tookMs)} ms`);
    }
  }

  noteError(what: string, error: unknown): void {
    if (FloeError.is(error) && typeof error.code === "string") {
      this.#codes.set(error.code, (this.#codes.get(error.code) ?? 0) + 1);
      this.lastCode = error.code;
    } else this.offend(`${what}: ${described(error)}`);
  }

  offend(text: string): void {
    this.#offences.push(text);
  }

  /** Hands out everything, and begins anew. */
  takeSummary(): FindingsSummary {
    const summary: FindingsSummary = {
      codes: Object.fromEntries(this.#codes),
      offences: this.#offences,
      callCount: this.#callCount,
      slowestCallMs: this.#slowestCallMs,
      receivedCount: this.receivedCount,
      tornCount: this.tornCount,
    };
    this.#codes.clear();
    this.#offences = [];
    this.#callCount = 0;
    this.#slowestCallMs = 0;
    this.receivedCount = 0;
    this.tornCount = 0;
    return summary;
  }
}

function described(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
