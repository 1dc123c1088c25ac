/**
 * The system calls that Node does not offer, as typed functions over the shim.
 *
 * This is where the shim's numbers get a meaning: flags are chosen, interrupted calls are repeated,
 * expected answers become booleans and all others a FloeError that names its subject. Nothing here
 * runs per message: a segment is mapped, reserved and locked when a service or port comes or goes.
 *
 * Memory has two ends. `releaseMapping` gives it back at once, by putting empty anonymous memory in
 * its place: views that are still around read zeroes from then on and can never crash the process.
 * The address range itself is returned when the garbage collector has taken the last view.
 */
import { crashPoint } from "#crash-points";
import { FloeError } from "../errors.ts";
import { untilUninterrupted } from "./attempts.ts";
import { BUFFER_LENGTH_LIMIT_BYTES, loadShim, type MappedBuffer } from "./shim.ts";
import { describeDescriptor, ERRNO, systemError } from "./system-error.ts";

export type { MappedBuffer } from "./shim.ts";

// The kernel's numbers, which are the same on x86_64 and aarch64.
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** Below this, a piece of `fallocate` is not cut any further when signals keep interrupting it. */
const FALLOCATE_PIECE_MIN_BYTES = 2 ** 20;

/** The mappings of this thread that have not been released. Only these may ever be replaced. */
const mappedBuffers = new WeakSet<MappedBuffer>();

/**
 * Maps a file from its beginning, shared with every other process that maps it.
 *
 * Map a file once per thread and share the buffer. A write to a mapping that is for reading ends
 * the process with SIGSEGV, and so does (with SIGBUS) an access beyond the end of the file.
 */
export function mmap(
  fd: number,
  lengthBytes: number,
  access: "read" | "read-write",
  subject: string,
): MappedBuffer {
  const wanted = `${lengthBytes} bytes mapped for ${access === "read" ? "reading" : "writing too"}`;
  if (lengthBytes > BUFFER_LENGTH_LIMIT_BYTES) {
    throw new FloeError("FLOE_SYSTEM", {
      subject,
      wanted,
      found: `that Node ${process.version} maps at most ${BUFFER_LENGTH_LIMIT_BYTES} bytes`,
      remedy: "Make the segment smaller, or use Node 22 or later.",
    });
  }
  const { shim, memoryKind } = loadShim();
  const protection = access === "read" ? PROT_READ : PROT_READ | PROT_WRITE;
  const shared = memoryKind === "SharedArrayBuffer" ? 1 : 0;
  const mapped = shim.mmap(lengthBytes, protection, MAP_SHARED, fd, 0, shared);
  if (typeof mapped !== "number") {
    mappedBuffers.add(mapped);
    return mapped;
  }
  // A positive answer is a napi_status: the engine, not the kernel, has refused.
  const errno = mapped < 0 ? mapped : `napi_status ${mapped}`;
  throw systemError("mmap", errno, subject, { wanted });
}

/**
 * Gives mapped memory back at once. Every view of it, on any thread, shows zeroes from then on, and
 * what is written to it goes nowhere. Does nothing when called again.
 */
export function releaseMapping(buffer: MappedBuffer): void {
  if (!mappedBuffers.delete(buffer)) return;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  const result = loadShim().shim.mmapFixed(buffer, PROT_READ | PROT_WRITE, flags);
  if (result === 0) return;
  mappedBuffers.add(buffer);
  const wanted = `a mapping of ${buffer.byteLength} bytes released`;
  throw systemError("mmap", result, "mapped memory", { wanted });
}

/**
 * Reserves memory for a range of a file, which grows to contain it, so that writing there can never
 * end in SIGBUS. Bytes that were there already are kept.
 */
export function fallocate(
  fd: number,
  offsetBytes: number,
  lengthBytes: number,
  subject: string,
): void {
  const { shim } = loadShim();
  crashPoint("to reserve memory");
  const result = reserveInPieces(offsetBytes, lengthBytes, (pieceOffsetBytes, pieceBytes) =>
    shim.fallocate(fd, 0, pieceOffsetBytes, pieceBytes),
  );
  if (result === 0) return;
  const wanted = `${lengthBytes} bytes reserved at offset ${offsetBytes}`;
  throw systemError("fallocate", result, subject, { wanted });
}

/**
 * Reserves a range by calls of `reserve`, which answer 0 or a negative errno; returns the first
 * answer that is neither 0 nor an interruption, else 0.
 *
 * A kernel may give up, and undo, a reservation when a signal comes (fallocate(2), EINTR), and a
 * profiler sends a thousand signals a second. So an interrupted call is repeated in ever smaller
 * pieces, which do get done. The tmpfs of Linux 6.18 was not seen to do so; this function is apart
 * from `fallocate` so that it can be tested all the same.
 */
export function reserveInPieces(
  offsetBytes: number,
  lengthBytes: number,
  reserve: (offsetBytes: number, lengthBytes: number) => number,
): number {
  const endBytes = offsetBytes + lengthBytes;
  let nextBytes = offsetBytes;
  let pieceBytes = lengthBytes;
  do {
    const stepBytes = Math.min(pieceBytes, endBytes - nextBytes);
    const result = reserve(nextBytes, stepBytes);
    if (result === 0) nextBytes += stepBytes;
    else if (result !== -ERRNO.EINTR) return result;
    else pieceBytes = Math.max(Math.floor(pieceBytes / 2), FALLOCATE_PIECE_MIN_BYTES);
  } while (nextBytes < endBytes);
  return 0;
}

/** Gives the memory of a range of a file back; the range reads as zeroes, the size stays. */
export function punchHole(
  fd: number,
  offsetBytes: number,
  lengthBytes: number,
  subject: string,
): void {
  const { shim } = loadShim();
  const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  crashPoint("to give memory back");
  const result = untilUninterrupted(() => shim.fallocate(fd, mode, offsetBytes, lengthBytes));
  if (result === 0) return;
  const wanted = `${lengthBytes} bytes given back at offset ${offsetBytes}`;
  throw systemError("fallocate", result, subject, { wanted });
}

/** Takes the exclusive flock of a file or directory; false if another descriptor holds it. */
export function tryFlock(fd: number, subject: string): boolean {
  const { shim } = loadShim();
  crashPoint("to take a flock");
  const result = untilUninterrupted(() => shim.flock(fd, LOCK_EX | LOCK_NB));
  if (result === 0) return true;
  if (result === -ERRNO.EAGAIN) return false;
  throw systemError("flock", result, subject, { wanted: "an exclusive lock" });
}

/** Drops the flock of a descriptor; does nothing if it holds none. */
export function unlockFlock(fd: number): void {
  const { shim } = loadShim();
  crashPoint("to drop a flock");
  const result = untilUninterrupted(() => shim.flock(fd, LOCK_UN));
  if (result === 0) return;
  throw systemError("flock", result, describeDescriptor(fd), { wanted: "a lock dropped" });
}

/**
 * Takes the exclusive lock of a file for the open file description of `fd`, which must be open for
 * writing; false if another description holds it. The kernel drops it when the last duplicate of
 * the descriptor is closed, so also when the process ends in any way.
 */
export function tryLockOfd(fd: number, subject: string): boolean {
  const { shim } = loadShim();
  crashPoint("to take a lock for life");
  const result = untilUninterrupted(() => shim.fcntl(fd, F_OFD_SETLK, F_WRLCK));
  if (result >= 0) return true;
  if (result === -ERRNO.EAGAIN) return false;
  throw systemError("fcntl", result, subject, { wanted: "an exclusive lock" });
}

/** Whether an open file description other than that of `fd` holds a lock of the file. */
export function isLockedOfd(fd: number, subject: string): boolean {
  const { shim } = loadShim();
  const result = untilUninterrupted(() => shim.fcntl(fd, F_OFD_GETLK, F_WRLCK));
  if (result >= 0) return result !== F_UNLCK;
  throw systemError("fcntl", result, subject, { wanted: "the state of a lock" });
}
