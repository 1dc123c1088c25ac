/**
 * Cursor: the place in memory at which an accessor looks.
 *
 * An accessor and all accessors below it (nested structs, arrays, elements) share one cursor, so
 * that moving them to the next message is two stores, however deep the struct is. The cursor also
 * knows when the memory may not be touched: its base is negative then, and each access tests that
 * sign. One class of cursor serves all struct types, which keeps `bind` monomorphic.
 */
import { FloeError } from "../errors.ts";
import type { StructLayout } from "./layout.ts";

const NO_VIEW = new DataView(new ArrayBuffer(0));
const RELEASED_BASE_BYTES = -1;

/**
 * Offsets up to this are used as they are; memory beyond is seen through windows that start at
 * multiples of it. Node 24 and 26 inline no DataView access at offsets beyond 31 bits: without
 * windows, a record of 5 fields at 5 GiB took 35 to 42 ns instead of 6.
 */
const WINDOW_BYTES = 2 ** 30;

/** The place of an accessor; made with it, moved by ports. */
export class Cursor {
  /** The memory, or a window on it. Kept after release, so that the next `bind` is cheap. */
  view: DataView = NO_VIEW;
  /** Where the struct starts in `view`, in bytes; negative when there is nothing to read. */
  baseBytes: number = RELEASED_BASE_BYTES;
  /** The struct that lies there. */
  readonly layout: StructLayout;
  /** The view that was last bound. */
  #boundView: DataView = NO_VIEW;
  /** Where `view` starts in it: 0, or the start of the window. */
  #startBytes = 0;
  /** The largest base that `view` has room for; negative when there is none. */
  #baseLimitBytes: number = RELEASED_BASE_BYTES;
  /** The windows made so far on the bound view, by their index. */
  #windows: (DataView | undefined)[] = [];

  constructor(layout: StructLayout) {
    this.layout = layout;
  }

  /**
   * Moves all accessors of this cursor to the struct at `offsetBytes` of `view`. Allocates nothing,
   * but one window for each GiB of a view beyond the first, at its first use. Throws
   * `FLOE_OPTION_INVALID`, and stays where it was, when the struct does not lie in the view.
   */
  bind(view: DataView, offsetBytes: number): void {
    const baseBytes = offsetBytes - this.#startBytes;
    // `byteLength` of a DataView costs 1.8 ns on Node 20 and 22, hence only when the view changes.
    if (view !== this.#boundView || !(baseBytes >= 0 && baseBytes <= this.#baseLimitBytes)) {
      this.#look(view, offsetBytes);
      return;
    }
    // `| 0` changes nothing, as bases stay below 2^31, but tells V8 to keep an integer.
    this.baseBytes = baseBytes | 0;
  }

  /** Ends the use of the memory: until the next `bind`, every access throws `FLOE_RELEASED`. */
  release(): void {
    this.baseBytes = RELEASED_BASE_BYTES;
  }

  /** Binds to another view or to another window. */
  #look(view: DataView, offsetBytes: number): void {
    const limitBytes = view.byteLength - this.layout.sizeBytes;
    if (!(offsetBytes >= 0 && offsetBytes <= limitBytes)) {
      throw this.#outsideError(view, offsetBytes);
    }
    if (view !== this.#boundView) {
      this.#boundView = view;
      if (this.#windows.length > 0) this.#windows = [];
    }
    const index = Math.floor(offsetBytes / WINDOW_BYTES);
    const startBytes = index * WINDOW_BYTES;
    this.#startBytes = startBytes;
    this.#baseLimitBytes = Math.min(limitBytes - startBytes, WINDOW_BYTES);
    this.view = index === 0 ? view : this.#windowAt(view, index);
    this.baseBytes = (offsetBytes - startBytes) | 0;
  }

  #windowAt(view: DataView, index: number): DataView {
    const found = this.#windows[index];
    if (found !== undefined) return found;
    const startBytes = index * WINDOW_BYTES;
    // Long enough for a struct that starts at the end of the window.
    const sizeBytes = Math.min(view.byteLength - startBytes, WINDOW_BYTES + this.layout.sizeBytes);
    const window = new DataView(view.buffer, view.byteOffset + startBytes, sizeBytes);
    this.#windows[index] = window;
    return window;
  }

  #outsideError(view: DataView, offsetBytes: number): FloeError {
    return new FloeError("FLOE_OPTION_INVALID", {
      subject: `offset of struct ${this.layout.name}`,
      wanted: `room for ${this.layout.sizeBytes} bytes in a view of ${view.byteLength} bytes`,
      found: `an offset of ${offsetBytes} bytes`,
      remedy: "Bind the accessor to memory that holds the whole struct.",
    });
  }
}

/** The error of an access without memory. Made apart from the accessors to keep those small. */
export function releasedError(cursor: Cursor): FloeError {
  return new FloeError("FLOE_RELEASED", {
    subject: `struct ${cursor.layout.name}`,
    wanted: "an accessor that is bound to a sample or loan",
    found: "one whose memory was released or was never bound",
    remedy: "Copy what must outlive the sample with toObject() before it is released.",
  });
}
