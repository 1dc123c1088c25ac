/**
 * Scene: where a row of the table is proved. It notes which codes were met, and when the row is
 * over, everything that took part must end well and leave nothing.
 */
import assert from "node:assert/strict";
import type { ErrorCode } from "floe";
import { assertFloeError, type Expected, rejectsCode, throwsCode } from "../support/assertions.ts";
import type { ChildOptions } from "../support/child.ts";
import { Stage } from "../support/stage.ts";
import { Actor, type Part } from "./actor.ts";
import { Puppet } from "./puppet.ts";
import { errorIn } from "./report.ts";

const puppetUrl = new URL("./programs/puppet.js", import.meta.url);

/** See the file's first paragraph. */
export class Scene extends Stage {
  /** The codes of the errors that were expected and came. */
  readonly codes: Set<ErrorCode> = new Set();
  readonly #puppets: Puppet[] = [];

  /** An actor in this process. */
  actor(...parts: readonly Part[]): Actor {
    const actor = this.hold(new Actor(this.bench.domain));
    if (parts.length > 0) actor.open(...parts);
    return actor;
  }

  /** An actor in a process of its own. */
  puppet(options: ChildOptions = {}): Puppet {
    const puppet = new Puppet(this.bench.start(puppetUrl, options));
    this.#puppets.push(puppet);
    return puppet;
  }

  /** Asserts that `action` throws an error that says all this. */
  throws(code: ErrorCode, expected: Required<Expected>, action: () => unknown): void {
    throwsCode(action, code, expected);
    this.codes.add(code);
  }

  /** Asserts that a promise rejects with an error that says all this. */
  async rejects(
    code: ErrorCode,
    expected: Required<Expected>,
    promise: Promise<unknown>,
  ): Promise<void> {
    await rejectsCode(promise, code, expected);
    this.codes.add(code);
  }

  /** Asserts that another process has reported an error that says all this. */
  note(report: unknown, code: ErrorCode, expected: Required<Expected>): void {
    assertFloeError(errorIn(report), code, expected);
    this.codes.add(code);
  }

  /** The warnings of this process from now on, as they come. */
  warnings(): readonly string[] {
    const messages: string[] = [];
    const note = (warning: Error): unknown => messages.push(warning.message);
    process.on("warning", note);
    this.hold({ close: () => process.removeListener("warning", note) });
    return messages;
  }

  /** Ends the puppets; those that were not killed must end well. */
  async finish(): Promise<void> {
    for (const { child, isDoomed } of this.#puppets) {
      const end = await child.finish();
      if (!isDoomed) assert.deepEqual(end, { code: 0, signal: null }, child.stderr);
    }
  }
}
