/**
 * Node bell: the one descriptor on which all sleeping ports of a node wait in the event loop.
 *
 * It is a FIFO. Who wakes a port writes the port's token, so a wake-up finds its port at once,
 * however many sleep, and a node that waits for a thousand services owns one descriptor. The FIFO
 * is made when a port of the node first sleeps on it.
 *
 * What is read from the FIFO is foreign: a token is an index that is checked, and at worst it makes
 * a port look whether there is something for it. When the FIFO was full, tokens were lost; so after
 * reading as many bytes as the smallest FIFO holds, every port looks.
 */

import type { Permissions } from "../memory/permissions.ts";
import { DescriptorWatch } from "../os/descriptor-watch.ts";
import { makeFifo, openFifoForOwner, readFifo } from "../os/fifos.ts";
import { closeFile, removeFileIfPresent } from "../os/files.ts";

/** Called when a port was rung. */
export type OnRing = () => void;

const TOKEN_BYTES = 4;

/** Bytes that are read at a time: what the largest usual FIFO holds. */
const READ_BYTES = 65_536;

/** What the smallest FIFO holds, a page: Linux gives no more to users with very many pipes. */
const FIFO_BYTES_MIN = 4096;

/** The bell of a node. */
export class NodeBell {
  readonly #path: string;
  readonly #permissions: Permissions;
  readonly #sleepers: (OnRing | undefined)[] = [];
  readonly #freeTokens: number[] = [];
  #received: Uint8Array | undefined;
  #tokens: DataView | undefined;
  #fd: number | undefined;
  #watch: DescriptorWatch | undefined;
  #holders = 0;

  constructor(path: string, permissions: Permissions) {
    this.#path = path;
    this.#permissions = permissions;
  }

  /** A token for a port that is to be called when it is rung. */
  register(onRing: OnRing): number {
    const token = this.#freeTokens.pop() ?? this.#sleepers.length;
    this.#sleepers[token] = onRing;
    return token;
  }

  /** Takes a token back; rings that are still under way for it find nobody. */
  unregister(token: number): void {
    this.#sleepers[token] = undefined;
    this.#freeTokens.push(token);
  }

  /** The descriptor that becomes readable when a port is rung; made at the first call. */
  get fd(): number {
    if (this.#fd === undefined) {
      makeFifo(this.#path, this.#permissions.fileMode, this.#permissions.groupId);
      try {
        this.#fd = openFifoForOwner(this.#path);
      } catch (error) {
        // Out of descriptors; the next call makes it anew.
        removeFileIfPresent(this.#path);
        throw error;
      }
      const received = new Uint8Array(READ_BYTES);
      this.#received = received;
      this.#tokens = new DataView(received.buffer);
    }
    return this.#fd;
  }

  /** Makes the event loop listen; does nothing when it does. */
  listen(): void {
    if (this.#watch !== undefined) return;
    this.#watch = new DescriptorWatch(this.fd, { readable: true }, () => this.drain());
    if (this.#holders === 0) this.#watch.unref();
  }

  /** Keeps the process alive until {@link letGo} is called as often. */
  hold(): void {
    this.#holders += 1;
    if (this.#holders === 1) this.#watch?.ref();
  }

  /** See {@link hold}. */
  letGo(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#watch?.unref();
  }

  /** Reads what the event loop has not come to yet; does nothing while nobody has slept here. */
  catchUp(): void {
    if (this.#fd !== undefined) this.drain();
  }

  /** Reads who was rung, and calls them. */
  drain(): void {
    const { fd } = this;
    const receivedBytes = readFifo(fd, this.#received!);
    // Half a token is nobody's: those behind it cannot be told.
    if (receivedBytes >= FIFO_BYTES_MIN || receivedBytes % TOKEN_BYTES !== 0) {
      for (const onRing of this.#sleepers.slice()) onRing?.();
      return;
    }
    // Calls may read again, into the same memory: take what was read first.
    const tokenCount = receivedBytes / TOKEN_BYTES;
    if (tokenCount === 1) {
      this.#sleepers[this.#tokens!.getUint32(0, true)]?.();
      return;
    }
    const tokens: number[] = [];
    for (let index = 0; index < tokenCount; index += 1) {
      tokens.push(this.#tokens!.getUint32(index * TOKEN_BYTES, true));
    }
    for (const token of tokens) this.#sleepers[token]?.();
  }

  /** Ends everything. The file goes with the node's directory. */
  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#fd !== undefined) closeFile(this.#fd);
    this.#fd = undefined;
  }
}
