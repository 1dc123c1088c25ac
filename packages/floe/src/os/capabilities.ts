/**
 * What this process can do with floe, for people who ask why it does not work.
 *
 * It is the answer to "paste this into your report": it loads the shim if that has not happened
 * yet, and it never throws, because it is called exactly when something is wrong.
 */
import type { FloeError } from "../errors.ts";
import { describeSystem, loadShim, type MemoryKind, shimPath } from "./shim.ts";

/** The platform as floe sees it. */
export interface Capabilities {
  /** The operating system, as in `process.platform`. */
  readonly platform: string;
  /** The processor's architecture, as in `process.arch`. */
  readonly arch: string;
  /** The C library with its version, as in "glibc 2.36" or "musl". */
  readonly libc: string;
  /** The release of the kernel. */
  readonly kernel: string;
  /** The native binary that is, or would be, used. */
  readonly shimPath: string;
  /** Whether the binary could be loaded and works here. */
  readonly shimLoaded: boolean;
  /** The kind of buffer that shared memory appears as in JavaScript. */
  readonly memoryKind: MemoryKind;
  /** Why the binary does not work here, if it does not. */
  readonly error?: FloeError;
}

/** Tells what floe found on this platform. Never throws; takes some milliseconds the first time. */
export function capabilities(): Capabilities {
  const { platform, arch } = process;
  const common = { platform, arch, ...describeSystem(), shimPath: shimPath() };
  try {
    const { path, memoryKind } = loadShim();
    return { ...common, shimPath: path, shimLoaded: true, memoryKind };
  } catch (error) {
    // loadShim throws nothing else.
    return {
      ...common,
      shimLoaded: false,
      memoryKind: "ArrayBuffer",
      error: error as FloeError,
    };
  }
}
