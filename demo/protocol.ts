/**
 * Protocol: what the demo's parent and its children tell each other over Node's own channel.
 *
 * Only commands and statistics go this way, a few a second. Frames and poses never do: they travel
 * from camera to consumers directly, which is what the demo is about.
 */

/** The two ways from the camera to the consumers. */
export const TRANSPORTS = ["floe", "socket"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** What a child has to know; handed over as its only argument, in JSON. */
export interface ChildSettings {
  /** Directory that holds the floe domain and the sockets. */
  readonly directory: string;
  readonly framesPerSecond: number;
  readonly posesPerSecond: number;
}

/** What the parent tells a child: a turn begins, a turn is over, all is over. */
export type Command = { readonly kind: "begin" | "end" | "finish" };

/** What a child tells the parent. */
export type Message =
  | { readonly kind: "ready" }
  | { readonly kind: "turn"; readonly report: Report }
  | { readonly kind: "failed"; readonly reason: string };

/** A child's numbers for the turn that has ended, and for all turns so far. */
export interface Report<Numbers = CameraNumbers | ConsumerNumbers> {
  readonly turn: Numbers;
  readonly total: Numbers;
}

/** What is measured of every child, during its transport's turns only. */
export interface Effort {
  /** How long the child took part. */
  readonly activeMs: number;
  /** Processor time of all its threads, in user and kernel mode. */
  readonly cpuMs: number;
}

export interface CameraNumbers extends Effort {
  readonly framesSent: number;
  readonly posesSent: number;
}

export interface ConsumerNumbers extends Effort {
  readonly frames: StreamNumbers;
  readonly poses: StreamNumbers;
}

/** What a consumer knows of the frames, or of the poses, that came. */
export interface StreamNumbers {
  readonly received: number;
  readonly receivedBytes: number;
  /** Sent after this consumer's first one, and never arrived. */
  readonly missed: number;
  readonly checksumFailures: number;
  /** From finished by the camera to read to the last byte; null when nothing came. */
  readonly latency: Latency | null;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
