/**
 * Finds and loads the native shim, and says in one readable error why it cannot.
 *
 * The shim is one file per architecture under `prebuilds/`; it needs no libc and no particular Node
 * line, so there is nothing to choose but the architecture. It is loaded at the first system call,
 * never at import, so that a program may import floe on a platform where it will not use it. Once
 * loaded it is kept for the life of the thread; a worker loads its own.
 *
 * Two environment variables exist for tests and for finding faults: `FLOE_SHIM_PATH` names another
 * binary, `FLOE_MEMORY_KIND` forces the kind of buffer that memory is handed out as.
 */
import { constants as bufferConstants } from "node:buffer";
import { existsSync } from "node:fs";
import { release } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FloeError } from "../errors.ts";
import { systemError } from "./system-error.ts";

/** A buffer over mapped memory; of which kind depends on the Node line. */
export type MappedBuffer = SharedArrayBuffer | ArrayBuffer;

/** The kind of buffer that mapped memory is handed out as. */
export type MemoryKind = "SharedArrayBuffer" | "ArrayBuffer";

/** What the shim hands out for a watch of the event loop; only the shim can look into it. */
export interface WatchHandle {
  readonly __brand: "floe.WatchHandle";
}

/**
 * What `native/shim.c` exports: one function per system call, in the kernel's order of arguments,
 * each returning a value or a negative errno; and libuv's way to watch a descriptor.
 */
export interface Shim {
  /** Whether this Node can hand out mapped memory as a SharedArrayBuffer. */
  readonly hasSharedArrayBuffer: boolean;
  /** Whether there is an event loop of libuv; without it the functions `poll...` are missing. */
  readonly hasPoll: boolean;
  /** A buffer; a negative errno from the kernel; a positive napi_status from the engine. */
  mmap(
    lengthBytes: number,
    protection: number,
    flags: number,
    fd: number,
    offsetBytes: number,
    shared: 0 | 1,
  ): MappedBuffer | number;
  /** Maps anonymous memory in place of the mapping below `buffer`, which must be from `mmap`. */
  mmapFixed(buffer: MappedBuffer, protection: number, flags: number): number;
  fallocate(fd: number, mode: number, offsetBytes: number, lengthBytes: number): number;
  flock(fd: number, operation: number): number;
  /** The type of lock as the kernel left it, or a negative errno. */
  fcntl(fd: number, command: number, lockType: number): number;
  mknodat(path: string, mode: number): number;
  /** The number of bytes, or a negative errno. */
  read(fd: number, bytes: Uint8Array): number;
  /** The number of bytes, or a negative errno. */
  write(fd: number, bytes: Uint8Array): number;
  /** The index must be within the array. No limit of time if it is negative. */
  futexWait(words: Int32Array, wordIndex: number, expected: number, timeoutNs: number): number;
  /** How many were woken. The index must be within the array. */
  futexWake(words: Int32Array, wordIndex: number, count: number): number;
  /** How many of the entries, of two words each, have an answer. */
  ppoll(entries: Int32Array, count: number, timeoutNs: number): number;
  /** A handle, or a negative errno of libuv, or a positive napi_status. */
  pollStart(
    fd: number,
    events: number,
    callback: (status: number, events: number) => void,
  ): WatchHandle | number;
  /** Events of 0 stop the watch until the next call. */
  pollUpdate(handle: WatchHandle, events: number): number;
  pollRef(handle: WatchHandle, isRef: 0 | 1): number;
  pollClose(handle: WatchHandle): number;
}

/** A shim that was loaded and found to work here. */
export interface LoadedShim {
  readonly shim: Shim;
  readonly path: string;
  readonly memoryKind: MemoryKind;
}

/** napi_no_external_buffers_allowed: what an engine with a memory cage (Electron) answers. */
const NAPI_NO_EXTERNAL_BUFFERS = 22;

const PROBE_BYTES = 4096;
const PROT_READ = 1;
const MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;

const moduleDirectory = dirname(fileURLToPath(import.meta.url));
const buildScriptPath = resolve(moduleDirectory, "../../native/build.mjs");

let loaded: LoadedShim | undefined;

/**
 * The shim, loaded at the first call. Throws FLOE_SHIM_UNAVAILABLE if it cannot be, and
 * FLOE_TOO_MANY_FILES if only for want of a descriptor; the next call tries again.
 */
export function loadShim(): LoadedShim {
  loaded ??= tryLoadShim();
  return loaded;
}

/** The path of the binary that is, or would be, loaded. */
export function shimPath(): string {
  const override = process.env.FLOE_SHIM_PATH;
  if (override !== undefined && override !== "") return resolve(override);
  return resolve(moduleDirectory, `../../prebuilds/${process.platform}-${process.arch}.node`);
}

/**
 * The kind of buffer to hand memory out as: the forced one, else a SharedArrayBuffer where Node can
 * make one. Throws if the forced one does not exist here, or if the engine refuses both.
 */
export function chooseMemoryKind(shim: Shim, forced: string | undefined): MemoryKind {
  const kind = forced || (shim.hasSharedArrayBuffer ? "SharedArrayBuffer" : "ArrayBuffer");
  if (kind !== "SharedArrayBuffer" && kind !== "ArrayBuffer") {
    throw new Error(`FLOE_MEMORY_KIND is "${kind}", which is no kind of memory`);
  }
  if (kind === "SharedArrayBuffer" && !shim.hasSharedArrayBuffer) {
    throw new Error(`FLOE_MEMORY_KIND is ${kind}, which Node ${process.version} cannot map`);
  }
  // Only trying tells: an engine with a memory cage has the functions and refuses at each call.
  const shared = kind === "SharedArrayBuffer" ? 1 : 0;
  const probe = shim.mmap(PROBE_BYTES, PROT_READ, MAP_PRIVATE_ANONYMOUS, -1, 0, shared);
  if (probe === NAPI_NO_EXTERNAL_BUFFERS) {
    throw new Error("this JavaScript engine forbids buffers over outside memory, as Electron does");
  }
  if (typeof probe === "number") throw new Error(`a page of memory could not be mapped (${probe})`);
  return kind;
}

/** The most bytes that one buffer of this Node line can show: 4 GiB on Node 20, 8 PiB after it. */
export const BUFFER_LENGTH_LIMIT_BYTES: number = bufferConstants.MAX_LENGTH;

function tryLoadShim(): LoadedShim {
  const path = shimPath();
  try {
    const module = { exports: {} };
    process.dlopen(module, path);
    const shim = module.exports as Shim;
    if (typeof shim.mmap !== "function") throw new Error("the file is an addon, but not this one");
    return { shim, path, memoryKind: chooseMemoryKind(shim, process.env.FLOE_MEMORY_KIND) };
  } catch (cause) {
    throw shimUnavailable(path, cause);
  }
}

function shimUnavailable(path: string, cause: unknown): FloeError {
  let reason = cause instanceof Error ? cause.message.trim() : String(cause);
  const wanted = "to load the native shim";
  if (/too many open files/i.test(reason)) return systemError("dlopen", "EMFILE", path, { wanted });
  // The dynamic linker passes over a binary of another architecture as if it were not there.
  if (reason.includes("No such file") && existsSync(path)) {
    reason += " (the file is there, but it is not for this architecture)";
  }
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return new FloeError("FLOE_SHIM_UNAVAILABLE", {
    subject: "native shim",
    wanted: `${path} to load`,
    found: `"${reason}" on ${describePlatform()}`,
    remedy: remedyFor(code, reason),
    cause,
  });
}

function remedyFor(code: unknown, reason: string): string {
  if (code === "ERR_DLOPEN_DISABLED" || code === "ERR_ACCESS_DENIED") {
    return "Node's permission model forbids addons: start Node with --allow-addons.";
  }
  if (reason.includes("forbids buffers")) {
    return "Use floe in a plain Node process (a utility or child process) and pass results on.";
  }
  if (reason.startsWith("FLOE_MEMORY_KIND")) {
    return "Unset FLOE_MEMORY_KIND, or set it to ArrayBuffer.";
  }
  if (process.platform !== "linux") return "floe runs on Linux only; use a container or a VM.";
  return (
    "Unset FLOE_SHIM_PATH if it is set; else build the shim here, which takes a C compiler: " +
    `\`node ${buildScriptPath}\` (in a checkout: \`npm run build:native\`).`
  );
}

/** Platform, architecture, libc, kernel and runtime, for messages. */
function describePlatform(): string {
  const { libc, kernel } = describeSystem();
  return `${process.platform} ${process.arch}, ${libc}, kernel ${kernel}, Node ${process.version}`;
}

let system: { readonly libc: string; readonly kernel: string } | undefined;

/** The libc with its version and the kernel's release. Slow once, so for messages only. */
export function describeSystem(): { readonly libc: string; readonly kernel: string } {
  system ??= { libc: describeLibc(), kernel: release() };
  return system;
}

function describeLibc(): string {
  if (process.platform !== "linux") return "no libc of Linux";
  const settings = process.report as typeof process.report & { excludeNetwork?: boolean };
  const excludeNetworkBefore = settings?.excludeNetwork;
  try {
    // Else the report looks up the names of the peers of all open sockets, which takes seconds.
    if (excludeNetworkBefore !== undefined) settings.excludeNetwork = true;
    const report = settings.getReport() as unknown as {
      readonly header?: { readonly glibcVersionRuntime?: string };
      readonly sharedObjects?: readonly string[];
    };
    const glibcVersion = report.header?.glibcVersionRuntime;
    if (glibcVersion !== undefined) return `glibc ${glibcVersion}`;
    return report.sharedObjects?.some((path) => path.includes("musl")) ? "musl" : "unknown libc";
  } catch {
    return "unknown libc";
  } finally {
    if (excludeNetworkBefore !== undefined) settings.excludeNetwork = excludeNetworkBefore;
  }
}
