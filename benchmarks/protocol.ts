/**
 * The line protocol between the harness and the programs it compares.
 *
 * A fair comparison starts with asking everybody the same question. Every subject, whether written
 * in TypeScript, Rust or C, is a program with the same twelve arguments that answers in JSON lines
 * on its standard output; the harness knows nothing else about it.
 *
 *     <program> role measure way what payloadBytes touchedBytes rounds blockRounds warmupRounds
 *               pauseNs bufferSize directory
 *
 * 1. The *reflector* is started first. It opens its end, prints `{"event":"ready"}` and then echoes
 *    (latency, wake) or receives (throughput).
 * 2. The *initiator* is started next. It sends the first message.
 * 3. Whoever holds the clock prints `{"event":"result", ...}`: the initiator for latency and wake,
 *    because a round trip needs only one clock; the reflector for throughput, because what counts
 *    is what arrived.
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
 * Wake is the same ping-pong, except that both sides sleep until they are told: `way` says how
 * (`blocking`: a call that blocks the thread; `event-loop`: a wait for any of several things, as an
 * event loop does it), and `what` says what crosses: a message (`publish-subscribe`), a message
 * that may come from any of a thousand services that are awaited at once (`one-of-1000`), or an
 * `event` without a payload, of which the n-th carries the id n modulo {@link EVENT_IDS}. Nobody
 * polls:
 * one look, then sleep. After the warm-up, the initiator spends `pauseNs` with reading the clock
 * before each ping, so that the reflector is asleep by then; without it, two fast sides meet awake
 * again and again. That time is not counted. The other measures leave the way to the subject
 * (`any`) and never pause.
 *
 * Death asks how soon a process knows that another was killed. A single program (`solo`) kills, and
 * starts two others for it: one that watches, and one after the other those that are killed, each
 * with `payloadBytes` of memory in use. `value` is the median in nanoseconds from the kill to the
 * notice, `least` and `greatest` are of single kills.
 *
 * Throughput sends `warmupRounds + rounds` messages, numbered from 1. The receiver starts its clock
 * when it sees the number `warmupRounds` or a later one, and stops it at the last number. The last
 * message always arrives, because an overflowing buffer gives up the oldest, never the newest.
 */

export const MEASURES = ["latency", "throughput", "wake", "death", "struct", "startup"] as const;
export type Measure = (typeof MEASURES)[number];

export const WAYS = ["blocking", "event-loop"] as const;
export type Way = (typeof WAYS)[number];

export const WHATS = ["event", "publish-subscribe", "one-of-1000"] as const;
export type What = (typeof WHATS)[number];

/** How a receiver sleeps, and what wakes it. */
export type Wake = { readonly way: Way; readonly what: What };

export type Role = "initiator" | "reflector" | "solo";

/** `startup` is a latency run of one round of which the time stamps matter, so it is absent. */
const PROGRAM_MEASURES = ["latency", "throughput", "wake", "death", "struct"] as const;
export type ProgramMeasure = (typeof PROGRAM_MEASURES)[number];

/** Up to this size a payload is written and read in full. */
export const FULLY_TOUCHED_BYTES_MAX = 4_096;

/** Larger payloads are handed over whole, but only this much of them is written and read. */
export const BOUNDED_TOUCHED_BYTES = 64;

/** Entries in the receiver's buffer, the same for every subject that has such a setting. */
export const THROUGHPUT_BUFFER_SIZE = 16;

/** A ping-pong has one message in flight; 2 also covers the one just being replaced. */
export const LATENCY_BUFFER_SIZE = 2;

/** Several times what a subject needs to go to sleep, little enough for thousands of rounds. */
export const WAKE_PAUSE_NS = 100_000;

/** Ids of events go round, so that each can be told from the one before. */
export const EVENT_IDS = 8;

export type ProgramArguments = {
  readonly role: Role;
  readonly measure: ProgramMeasure;
  readonly way: Way | "any";
  readonly what: What;
  readonly payloadBytes: number;
  readonly touchedBytes: number;
  readonly rounds: number;
  readonly blockRounds: number;
  readonly warmupRounds: number;
  readonly pauseNs: number;
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
  /** The extremes of single rounds, where those matter more than those of whole runs. */
  readonly least?: number;
  readonly greatest?: number;
  readonly received?: number;
  readonly missed?: number;
} & Partial<Stamps>;

export type ProgramEvent = { readonly event: "ready" } | ResultEvent;

export function touchedBytesOf(payloadBytes: number): number {
  return payloadBytes <= FULLY_TOUCHED_BYTES_MAX ? payloadBytes : BOUNDED_TOUCHED_BYTES;
}

/** How many messages cross in each direction during a latency or wake run. */
export function totalRounds(run: Pick<ProgramArguments, "rounds" | "warmupRounds">): number {
  return run.warmupRounds + 2 * run.rounds;
}

export function encodeArguments(run: ProgramArguments): string[] {
  return [
    run.role,
    run.measure,
    run.way,
    run.what,
    String(run.payloadBytes),
    String(run.touchedBytes),
    String(run.rounds),
    String(run.blockRounds),
    String(run.warmupRounds),
    String(run.pauseNs),
    String(run.bufferSize),
    run.directory,
  ];
}

export function decodeArguments(list: readonly string[]): ProgramArguments {
  if (list.length !== 12) throw new Error(`expected 12 arguments, got ${list.length}`);
  const [roleText, measureText, wayText, whatText, ...rest] = list;
  const role = decodeName("role", ["initiator", "reflector", "solo"], roleText!);
  const measure = decodeName("measure", PROGRAM_MEASURES, measureText!);
  const way = decodeName("way", ["any", ...WAYS], wayText!);
  const what = decodeName("what", WHATS, whatText!);
  const directory = rest.pop()!;
  const counts = rest.map(decodeCount) as [number, number, number, number, number, number, number];
  const [payloadBytes, touchedBytes, rounds, blockRounds, warmupRounds, pauseNs, bufferSize] =
    counts;
  return {
    role,
    measure,
    way,
    what,
    payloadBytes,
    touchedBytes,
    rounds,
    blockRounds,
    warmupRounds,
    pauseNs,
    bufferSize,
    directory,
  };
}

function decodeName<Name extends string>(kind: string, names: readonly Name[], text: string): Name {
  const name = names.find((known) => known === text);
  if (name === undefined) throw new Error(`unknown ${kind} ${text}`);
  return name;
}

function decodeCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`not a count: ${text}`);
  return count;
}
