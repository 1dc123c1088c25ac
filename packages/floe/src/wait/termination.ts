/**
 * Termination: signals that ask a program to end, as an end of waiting.
 *
 * From a wait set's first wait on, the first such signal ends waiting and not the process, so that
 * the program can close what it has open. It is taken once: a second one ends the process as usual.
 * Handlers of the program are left alone and run as well.
 */

import { isMainThread } from "node:worker_threads";

/** A signal that asks a program to end. */
export type TerminationSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Takes signals between `begin` and `end`. */
export class Termination {
  readonly #signals: readonly TerminationSignal[];
  readonly #onSignal: (signal: TerminationSignal) => void;
  #isListening = false;
  #signal: TerminationSignal | undefined;

  constructor(signals: readonly TerminationSignal[], onSignal: () => void) {
    this.#signals = isMainThread ? signals : [];
    this.#onSignal = (signal) => {
      this.#signal ??= signal;
      this.end();
      onSignal();
    };
  }

  /** The signal that came. */
  get signal(): TerminationSignal | undefined {
    return this.#signal;
  }

  /** Begins to take signals, unless one has come already. */
  begin(): void {
    if (this.#isListening || this.#signal !== undefined) return;
    this.#isListening = true;
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  /** Leaves signals to the rest of the program. */
  end(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    for (const signal of this.#signals) process.removeListener(signal, this.#onSignal);
  }
}
