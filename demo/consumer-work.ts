/**
 * Consumer work: reading and counting, the same for both transports.
 *
 * A consumer reads every byte of every message that it counts, and checks it.
 */

import type { ReadonlyBytes } from "floe";
import type { Worker } from "./child.ts";
import {
  FRAME_BYTES,
  FrameReader,
  Pose,
  type PoseReader,
  type Reading,
  readPose,
} from "./messages.ts";
import { EffortMeter, StreamMeter } from "./meter.ts";
import type { ConsumerNumbers, Report } from "./protocol.ts";

export class ConsumerWork implements Worker {
  readonly #frameReader = new FrameReader();
  readonly #frames = new StreamMeter();
  readonly #poses = new StreamMeter();
  readonly #effort = new EffortMeter();
  readonly #disconnect: () => Promise<void>;

  /** `disconnect` ends the flow of messages. */
  constructor(disconnect: () => Promise<void>) {
    this.#disconnect = disconnect;
  }

  /** Reads a frame; `missedBefore` says how many were lost, given what the frame says of itself. */
  onFrame(frame: ReadonlyBytes, missedBefore: (reading: Reading) => number): void {
    const reading = this.#frameReader.read(frame);
    this.#frames.note(reading, FRAME_BYTES, missedBefore(reading));
  }

  /** Reads a pose, likewise. */
  onPose(pose: PoseReader, missedBefore: (reading: Reading) => number): void {
    const reading = readPose(pose);
    this.#poses.note(reading, Pose.sizeBytes, missedBefore(reading));
  }

  begin(): void {
    this.#effort.begin();
  }

  async end(): Promise<Report<ConsumerNumbers>> {
    const effort = this.#effort.end();
    const frames = this.#frames.endTurn();
    const poses = this.#poses.endTurn();
    return {
      turn: { ...effort.turn, frames: frames.turn, poses: poses.turn },
      total: { ...effort.total, frames: frames.total, poses: poses.total },
    };
  }

  async close(): Promise<void> {
    await this.#disconnect();
  }
}
