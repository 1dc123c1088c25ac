/**
 * Watching a directory in Node's event loop: told when something in it gets or loses its name.
 *
 * This is inotify, through `node:fs`. It knows of what happens on this machine and on file systems
 * that tell the kernel; and a user may have only so many watches, and event loops that watch. So a
 * watch that cannot begin is an expected answer: its maker looks at the directory from time to time
 * instead. Names are hints: when very much happens the kernel leaves some out without a word.
 */
import * as fs from "node:fs";
import type { FloeError } from "../errors.ts";
import { systemError } from "./system-error.ts";

/** Remedies for what inotify answers in particular. */
const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: "Raise the limit fs.inotify.max_user_instances of the user, or that of open files.",
  ENOSPC: "Raise the limit fs.inotify.max_user_watches of the user.",
};

/** What a watch tells its maker. */
export interface DirectoryWatcher {
  /** Something of this name has come or gone; undefined when nobody knows the name. */
  onChange(name: string | undefined): void;
  /** The watch has ended by itself. */
  onFailure(error: FloeError): void;
}

/** A directory that the event loop watches, until it is closed; it keeps no process alive. */
export class DirectoryWatch {
  readonly #watcher: fs.FSWatcher;

  /** Begins to watch. Throws FLOE_SYSTEM when the directory cannot be watched. */
  constructor(path: string, { onChange, onFailure }: DirectoryWatcher) {
    try {
      this.#watcher = fs.watch(path, { persistent: false }, (_, name) =>
        onChange(name ?? undefined),
      );
    } catch (cause) {
      throw watchError(path, cause);
    }
    this.#watcher.on("error", (cause) => onFailure(watchError(path, cause)));
  }

  /** Keeps the process alive from now on. */
  ref(): void {
    this.#watcher.ref();
  }

  /** Does not keep the process alive from now on, as from the beginning. */
  unref(): void {
    this.#watcher.unref();
  }

  /** Ends the watch: nothing is told any more. */
  close(): void {
    this.#watcher.close();
  }
}

function watchError(path: string, cause: unknown): FloeError {
  const { code, errno } = cause as NodeJS.ErrnoException;
  const wanted = "to watch the directory";
  const context = { wanted, cause, remedies: REMEDIES };
  return systemError("inotify", errno ?? code ?? "an unknown error", path, context);
}
