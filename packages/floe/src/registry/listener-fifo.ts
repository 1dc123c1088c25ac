/**
 * Listener FIFO: a descriptor of one listener, for programs that wait for it by themselves.
 *
 * Its listener makes it at the first use and says so in its entry; from then on every notification
 * writes a byte, so that it is readable while notifications wait. It costs a system call each, and
 * is the way into event loops that know nothing of floe: epoll, select, those of other languages.
 */

import { exchange, loadAfterUpdate } from "#words";
import { PORT_ENTRY_DESCRIPTOR_BELL_WORD } from "../layout/port-entry.ts";
import type { Permissions } from "../memory/permissions.ts";
import { makeFifo, openFifoForOwner, readFifo, writeFifo } from "../os/fifos.ts";
import { closeFile, removeFileIfPresent } from "../os/files.ts";
import type { Words } from "../sync/words.ts";
import { listenerFifoPath } from "./node-files.ts";
import { PeerBell } from "./peer-bells.ts";
import type { PortDetails } from "./port-table.ts";
import { Retry } from "./retry.ts";

const oneByte = new Uint8Array(1);

/** What the smallest FIFO holds. */
const received = new Uint8Array(4096);

/** The listener's end. */
export class ListenerFifo {
  readonly fd: number;
  readonly #path: string;

  /** Makes the FIFO, which must not exist. */
  constructor(path: string, permissions: Permissions) {
    this.#path = path;
    makeFifo(path, permissions.fileMode, permissions.groupId);
    try {
      this.fd = openFifoForOwner(path);
    } catch (error) {
      removeFileIfPresent(path);
      throw error;
    }
  }

  /** Makes it readable. */
  fill(): void {
    writeFifo(this.fd, oneByte);
  }

  /** Reads it empty. */
  drain(): void {
    while (readFifo(this.fd, received) === received.length);
  }

  /** Closes the descriptor and removes the file. Children that have inherited it keep theirs. */
  close(): void {
    closeFile(this.fd);
    removeFileIfPresent(this.#path);
  }
}

/** The notifiers' end; opened when it is first written to. */
export class ListenerFifoBell {
  readonly #bell: PeerBell;
  readonly #retry: Retry = new Retry(() => this.#bell.write(oneByte));

  constructor(path: string) {
    this.#bell = new PeerBell(path);
  }

  /** Writes a byte; if that is impossible now, as soon as it is possible. */
  notify(): void {
    if (!this.#bell.write(oneByte)) this.#retry.beginLater();
  }

  close(): void {
    this.#retry.end();
    this.#bell.close();
  }
}

/** The way to write into a listener's FIFO. */
export function listenerFifo(domainPath: string, listener: PortDetails): ListenerFifoBell {
  return new ListenerFifoBell(listenerFifoPath(domainPath, listener.nodeId, listener.id));
}

/** Says that a listener has a FIFO; what it looks at afterwards is in order with that. */
export function announceListenerFifo(words: Words, entryWord: number): void {
  // SYNC: an update before the listener's look; pairs with hasListenerFifo() after counting.
  exchange(words, entryWord + PORT_ENTRY_DESCRIPTOR_BELL_WORD, 1);
}

/** Whether a listener has a FIFO: for who has just counted an event. */
export function hasListenerFifo(words: Words, entryWord: number): boolean {
  return loadAfterUpdate(words, entryWord + PORT_ENTRY_DESCRIPTOR_BELL_WORD) !== 0;
}
