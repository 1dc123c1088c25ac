/**
 * Camera work: rendering and pacing, the same for both transports.
 *
 * Both cameras are driven by one clock in the same way. A camera that falls behind does not catch
 * up with a burst: frames that are overdue are left out, as a real camera does it, and so are those
 * that no consumer has room for. These are not counted as missed; the rate shows them.
 */

import type { Worker } from "./child.ts";
import { FrameWriter, type PoseWriter, writePose } from "./messages.ts";
import { EffortMeter } from "./meter.ts";
import type { CameraNumbers, ChildSettings, Report } from "./protocol.ts";

/** A transport, seen from the camera. */
export interface Sink {
  /** Whether anybody could take a frame now; rendering one that nobody can take is a waste. */
  canSendFrame(): boolean;
  /** Lends memory for a frame to `fill`, and sends it. */
  sendFrame(fill: (target: Uint8Array) => void): void;
  /** Lends memory for a pose to `fill`, and sends it. */
  sendPose(fill: (pose: PoseWriter) => void): void;
  /** Resolves once nothing that was sent waits in this process. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const TICK_MS = 1;
const FRAMES_AT_ONCE_MAX = 1;
const POSES_AT_ONCE_MAX = 16;

export class CameraWork implements Worker {
  readonly #sink: Sink;
  readonly #frameWriter = new FrameWriter();
  readonly #framePacer: Pacer;
  readonly #posePacer: Pacer;
  readonly #effort = new EffortMeter();
  #timer: NodeJS.Timeout | undefined;
  #frameNumber = 0;
  #poseNumber = 0;
  #frameNumberAtBegin = 0;
  #poseNumberAtBegin = 0;

  constructor(sink: Sink, settings: ChildSettings) {
    this.#sink = sink;
    this.#framePacer = new Pacer(settings.framesPerSecond, FRAMES_AT_ONCE_MAX);
    this.#posePacer = new Pacer(settings.posesPerSecond, POSES_AT_ONCE_MAX);
  }

  begin(): void {
    this.#frameNumberAtBegin = this.#frameNumber;
    this.#poseNumberAtBegin = this.#poseNumber;
    const nowMs = performance.now();
    this.#framePacer.restart(nowMs);
    this.#posePacer.restart(nowMs);
    this.#effort.begin();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    const nowMs = performance.now();
    for (let due = this.#posePacer.takeDue(nowMs); due > 0; due -= 1) {
      const number = ++this.#poseNumber;
      this.#sink.sendPose((pose) => writePose(pose, number));
    }
    for (let due = this.#framePacer.takeDue(nowMs); due > 0; due -= 1) {
      if (!this.#sink.canSendFrame()) continue;
      const number = ++this.#frameNumber;
      this.#sink.sendFrame((target) => this.#frameWriter.write(target, number));
    }
  }

  async end(): Promise<Report<CameraNumbers>> {
    clearInterval(this.#timer);
    await this.#sink.drain();
    const { turn, total } = this.#effort.end();
    return {
      turn: {
        ...turn,
        framesSent: this.#frameNumber - this.#frameNumberAtBegin,
        posesSent: this.#poseNumber - this.#poseNumberAtBegin,
      },
      total: { ...total, framesSent: this.#frameNumber, posesSent: this.#poseNumber },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sink.close();
  }
}

/** Says how many messages are due. */
class Pacer {
  readonly #perMs: number;
  readonly #atOnceMax: number;
  #startMs = 0;
  #taken = 0;

  constructor(perSecond: number, atOnceMax: number) {
    this.#perMs = perSecond / 1000;
    this.#atOnceMax = atOnceMax;
  }

  restart(nowMs: number): void {
    this.#startMs = nowMs;
    this.#taken = 0;
  }

  takeDue(nowMs: number): number {
    const due = Math.floor((nowMs - this.#startMs) * this.#perMs) - this.#taken;
    this.#taken += due;
    return Math.min(due, this.#atOnceMax);
  }
}
