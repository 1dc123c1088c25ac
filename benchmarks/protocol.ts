/**
 * The line protocol between the harness and the programs it compares.
 *
 * A fair comparison starts with asking everybody the same question. Every subject, whether written
 * in TypeScript, Rust or C, is a program with the same nine arguments that answers in JSON lines on
 * its standard output; the harness knows nothing else about it.
 *
 *     <program> role measure payloadBytes touchedBytes rounds blockRounds warmupRounds
 *               bufferSize directory
 *
 * 1. The *reflector* is started first. It opens its end, prints `{"event":"ready"}` and then echoes
 *    (latency) or receives (throughput).
 * 2. The *initiator* is started next. It sends the first message.
 * 3. Whoever holds the clock prints `{"event":"result", ...}`: the initiator for latency, because a
 *    round trip needs only one clock; the reflector for throughput, because what counts is what
 *    arrived.
 * 4. Every program then stays alive until its standard input is closed. Otherwise a sender could
 *    take its memory away while the receiver is still reading.
 *
 * A subject with one process only (a worker thread, an in-process measurement) is started in the
 * role `solo` and plays both parts.
 *
 * Latency runs `warmupRounds`, then `rounds` in blocks of `blockRounds` (two clock readings per
 * block, so the clock costs the median almost nothing), then `rounds` again with a clock reading
 * around each (for the 99th percentile, which therefore includes the cost of one clock reading).
 * `value` is half a round trip in nanoseconds. The reflector echoes `totalRounds` messages.
 *
 * Throughput sends `warmupRounds + rounds` messages, numbered from 1. The receiver starts its clock
 * when it sees the number `warmupRounds` or a later one, and stops it at the last number. The last
 * message always arrives, because an overflowing buffer gives up the oldest, never the newest.
 */

export const MEASURES = ["latency", "throughput", "struct", "startup"] as const;
export type Measure = (typeof MEASURES)[number];

export type Role = "initiator" | "reflector" | "solo";

/** `startup` is a latency run of one round of which the time stamps matter, so it is absent. */
export type ProgramMeasure = Exclude<Measure, "startup">;

/** Up to this size a payload is written and read in full. */
export const FULLY_TOUCHED_BYTES_MAX = 4_096;

/** Larger payloads are handed over whole, but only this much of them is written and read. */
export const BOUNDED_TOUCHED_BYTES = 64;

/** Entries in the receiver's buffer, the same for every subject that has such a setting. */
export const THROUGHPUT_BUFFER_SIZE = 16;

/** A ping-pong has one message in flight; 2 also covers the one just being replaced. */
export const LATENCY_BUFFER_SIZE = 2;

export type ProgramArguments = {
  readonly role: Role;
  readonly measure: ProgramMeasure;
  readonly payloadBytes: number;
  readonly touchedBytes: number;
  readonly rounds: number;
  readonly blockRounds: number;
  readonly warmupRounds: number;
  readonly bufferSize: number;
  /** Everything a program puts into the file system is in here or carries its base name. */
  readonly directory: string;
};

/** Epoch milliseconds, with a fraction; the harness subtracts the moment it started the program. */
export type Stamps = {
  readonly startedMs: number;
  readonly importedMs: number;
  readonly firstMessageMs: number;
};

export type ResultEvent = {
  readonly event: "result";
  /** In the unit of the measure: ns one way, messages/s, or ns/record. */
  readonly value: number;
  readonly p99?: number;
  readonly received?: number;
  readonly missed?: number;
} & Partial<Stamps>;

export type ProgramEvent = { readonly event: "ready" } | ResultEvent;

export function touchedBytesOf(payloadBytes: number): number {
  return payloadBytes <= FULLY_TOUCHED_BYTES_MAX ? payloadBytes : BOUNDED_TOUCHED_BYTES;
}

/** How many messages cross in each direction during a latency run. */
export function totalRounds(run: Pick<ProgramArguments, "rounds" | "warmupRounds">): number {
  return run.warmupRounds + 2 * run.rounds;
}

export function encodeArguments(run: ProgramArguments): string[] {
  return [
    run.role,
    run.measure,
    String(run.payloadBytes),
    String(run.touchedBytes),
    String(run.rounds),
    String(run.blockRounds),
    String(run.warmupRounds),
    String(run.bufferSize),
    run.directory,
  ];
}

export function decodeArguments(list: readonly string[]): ProgramArguments {
  if (list.length !== 9) throw new Error(`expected 9 arguments, got ${list.length}`);
  const [role, measure, ...rest] = list;
  if (role !== "initiator" && role !== "reflector" && role !== "solo") {
    throw new Error(`unknown role ${role}`);
  }
  if (measure !== "latency" && measure !== "throughput" && measure !== "struct") {
    throw new Error(`unknown measure ${measure}`);
  }
  const [payloadBytes, touchedBytes, rounds, blockRounds, warmupRounds, bufferSize] = rest
    .slice(0, 6)
    .map(decodeCount) as [number, number, number, number, number, number];
  const directory = rest[6]!;
  return {
    role,
    measure,
    payloadBytes,
    touchedBytes,
    rounds,
    blockRounds,
    warmupRounds,
    bufferSize,
    directory,
  };
}

function decodeCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`not a count: ${text}`);
  return count;
}
