/**
 * Scratch: the one directory in which everything of a run lies.
 *
 * It is new for each run and removed with all that is in it, so a run leaves nothing behind even
 * when its children were killed and could not tidy up after themselves.
 */

import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.ts";

const USUAL_PARENT = "/dev/shm";

export class Scratch {
  readonly path: string;
  readonly #parent: string;
  readonly #hasMadeParent: boolean;

  /** Makes the directory, in `FLOE_ROOT` if that is set. Throws a Failure. */
  constructor() {
    this.#parent = process.env.FLOE_ROOT ?? USUAL_PARENT;
    this.path = join(this.#parent, `floe-demo-${process.pid}`);
    this.#hasMadeParent = makeDirectoryIfAbsent(this.#parent);
    makeDirectoryIfAbsent(this.path);
  }

  /** Removes it; may be called again. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    if (!this.#hasMadeParent) return;
    try {
      rmdirSync(this.#parent);
    } catch {
      // Somebody else has put something there, or it was removed before.
    }
  }
}

function makeDirectoryIfAbsent(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new Failure(`${message}. Set FLOE_ROOT to a directory in memory that can be written.`);
  }
}
