/**
 * Watching a descriptor in Node's event loop, so that a wake-up costs one callback.
 *
 * Node offers this for its own sockets and pipes only, which read ahead and copy. A watch says that
 * a descriptor is ready and leaves reading to the callback. It is level-triggered: the callback
 * runs in every turn of the loop as long as the descriptor is ready, so it has to read until there
 * is nothing left, or to pause. After a wake-up nothing is allocated; what is ready is a number.
 *
 * A watch keeps the process alive like a server does, unless it is paused or `unref` was called. It
 * has to be closed before its descriptor: libuv ends the process when the kernel does not know a
 * descriptor that it is asked to watch.
 */
import { FloeError } from "../errors.ts";
import { checkOpen, type ReadinessInterest, Ready } from "./poll.ts";
import { loadShim, type Shim, type WatchHandle } from "./shim.ts";
import { describeDescriptor, systemError } from "./system-error.ts";

// libuv's numbers: UV_READABLE, UV_WRITABLE and UV_DISCONNECT are the bits of Ready.
const NO_EVENTS = 0;

/** Remedies for what libuv answers to a watch in particular. */
const REMEDIES: Readonly<Record<string, string>> = {
  EEXIST: "Use one watch for a descriptor, or open the file again for another.",
  EPERM: "Watch a FIFO, socket or pipe; files and directories are always ready.",
  EBADF: "Close a watch before its descriptor, and do not watch a closed one.",
  ENOSPC: "Raise the limit fs.epoll.max_user_watches of the user.",
};

/** A descriptor that the event loop watches, until it is closed. */
export class DescriptorWatch {
  readonly #fd: number;
  readonly #events: number;
  readonly #shim: Shim;
  #handle: WatchHandle | undefined;
  #isPaused = false;

  /**
   * Begins to watch. `onReady` gets bits of {@link Ready} and is called until they hold no longer.
   * With `hangUp` the watch may have paused, because there is nothing to wait for any more.
   *
   * Throws FLOE_SYSTEM for a descriptor that is not open, that the event loop watches already, or
   * that cannot be watched.
   */
  constructor(fd: number, interest: ReadinessInterest, onReady: (ready: number) => void) {
    const { readable = false, writable = false } = interest;
    this.#fd = fd;
    this.#events = (readable ? Ready.readable : 0) | (writable ? Ready.writable : 0) | Ready.hangUp;
    this.#shim = loadShim().shim;
    if (!this.#shim.hasPoll) throw noEventLoop(fd);
    // libuv takes the number for an index before it asks the kernel.
    if ((fd | 0) !== fd || fd < 0) throw watchError(fd, "EBADF");
    const handle = this.#shim.pollStart(fd, this.#events, (status, events) => {
      if (status < 0) this.#isPaused = true; // libuv has stopped, and says only EBADF.
      onReady(status < 0 ? Ready.hangUp : events);
    });
    if (typeof handle === "number") throw watchError(fd, handle);
    this.#handle = handle;
  }

  /** Keeps the process alive from now on, as it did from the beginning. */
  ref(): void {
    if (this.#handle !== undefined) this.#shim.pollRef(this.#handle, 1);
  }

  /** Does not keep the process alive from now on. */
  unref(): void {
    if (this.#handle !== undefined) this.#shim.pollRef(this.#handle, 0);
  }

  /** Calls `onReady` no more until the watch is resumed; meanwhile it keeps no process alive. */
  pause(): void {
    if (this.#handle === undefined || this.#isPaused) return;
    this.#isPaused = true;
    this.#shim.pollUpdate(this.#handle, NO_EVENTS);
  }

  /**
   * Goes on after `pause`. Throws FLOE_SYSTEM if the descriptor was closed meanwhile, or if another
   * watch has taken it.
   */
  resume(): void {
    if (this.#handle === undefined || !this.#isPaused) return;
    checkOpen(this.#fd);
    const result = this.#shim.pollUpdate(this.#handle, this.#events);
    if (result !== 0) throw watchError(this.#fd, result);
    this.#isPaused = false;
  }

  /** Ends the watch: `onReady` is not called again. The descriptor stays open. */
  close(): void {
    if (this.#handle === undefined) return;
    this.#shim.pollClose(this.#handle);
    this.#handle = undefined;
  }

  /** The same as {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function watchError(fd: number, result: number | string): FloeError {
  // A positive answer is a napi_status: the engine, not libuv, has refused.
  const errno = typeof result === "number" && result > 0 ? `napi_status ${result}` : result;
  const wanted = "to watch it in the event loop";
  return systemError("uv_poll", errno, describeDescriptor(fd), { wanted, remedies: REMEDIES });
}

function noEventLoop(fd: number): FloeError {
  return new FloeError("FLOE_SYSTEM", {
    subject: describeDescriptor(fd),
    wanted: "to watch it in the event loop",
    found: "a JavaScript runtime without the event loop of Node (libuv)",
    remedy: "Use Node, or wait in a blocking call.",
  });
}
