/**
 * Turns: who works when.
 *
 * The cameras and consumers of both transports are there all the time, but work by turns: first
 * those of floe, then those of the sockets, and so on. On a machine with few processors they would
 * otherwise disturb each other, and the more expensive transport would spoil the other's latency.
 * What happens on the machine besides hits both alike, because the turns are short.
 */

import type { Family, Member } from "./family.ts";
import {
  type CameraNumbers,
  type ConsumerNumbers,
  type Report,
  TRANSPORTS,
  type Transport,
} from "./protocol.ts";

const TURN_MS_MAX = 1000;
const ROUNDS_MIN = 4;

/** When the late consumers join: after this part of the rounds. */
const LATE_SHARE = 0.4;

const PROGRAMS = {
  floe: { camera: "./camera.js", consumer: "./consumer.js" },
  socket: { camera: "./socket-camera.js", consumer: "./socket-consumer.js" },
} as const;

/** The numbers of one transport. */
export interface TransportReport {
  readonly camera: Report<CameraNumbers>;
  readonly early: Report<ConsumerNumbers>;
  /** Undefined until it has joined. */
  readonly late: Report<ConsumerNumbers> | undefined;
}

export type TransportReports = Readonly<Record<Transport, TransportReport | undefined>>;

/** What is known after a turn. */
export interface Progress {
  /** Whose turn it was. */
  readonly transport: Transport;
  readonly roundNumber: number;
  readonly roundCount: number;
  readonly elapsedSeconds: number;
  readonly reports: TransportReports;
}

/** The processes of one transport. */
class Troupe {
  readonly camera: Member;
  early: Member | undefined;
  late: Member | undefined;
  readonly #family: Family;
  readonly #transport: Transport;
  #lateIsReady = false;
  #isWorking = false;
  #whenLateReady: Promise<void> | undefined;

  constructor(family: Family, transport: Transport) {
    this.#family = family;
    this.#transport = transport;
    this.camera = family.start(`${transport} camera`, PROGRAMS[transport].camera);
  }

  #startConsumer(name: string): Member {
    return this.#family.start(`${this.#transport} ${name}`, PROGRAMS[this.#transport].consumer);
  }

  /** Waits for the camera, then for the first consumer. */
  async assemble(): Promise<void> {
    await this.camera.whenReady();
    this.early = this.#startConsumer("consumer");
    await this.early.whenReady();
  }

  /** Starts the late consumer; it takes part as soon as it is ready. */
  startLate(): void {
    const late = this.#startConsumer("late consumer");
    this.late = late;
    this.#whenLateReady = late.whenReady().then(() => {
      this.#lateIsReady = true;
      if (this.#isWorking) late.tell("begin");
    });
    // Whoever awaits it below learns of a failure; until then it must not count as unhandled.
    this.#whenLateReady.catch(() => {});
  }

  /** Resolves once the late consumer is ready, if it has been started. */
  async whenComplete(): Promise<void> {
    await this.#whenLateReady;
  }

  /** Works for as long as `wait` takes; the late consumer may join meanwhile. */
  async takeTurn(wait: () => Promise<void>): Promise<TransportReport> {
    this.#isWorking = true;
    this.early!.tell("begin");
    if (this.#lateIsReady) this.late!.tell("begin");
    this.camera.tell("begin");
    await wait();
    const camera = await this.camera.endTurn();
    this.#isWorking = false;
    const early = await this.early!.endTurn();
    const late = this.#lateIsReady ? await this.late!.endTurn() : undefined;
    return {
      camera: camera as Report<CameraNumbers>,
      early: early as Report<ConsumerNumbers>,
      late: late as Report<ConsumerNumbers> | undefined,
    };
  }
}

/** Runs all turns; calls `onProgress` after each. */
export async function runTurns(
  family: Family,
  seconds: number,
  onProgress: (progress: Progress) => void,
): Promise<TransportReports> {
  const troupes = TRANSPORTS.map((transport) => ({
    transport,
    troupe: new Troupe(family, transport),
  }));
  await Promise.all(troupes.map(({ troupe }) => troupe.assemble()));
  const turnMs = Math.min(TURN_MS_MAX, (seconds * 1000) / (2 * ROUNDS_MIN));
  const roundCount = Math.round((seconds * 1000) / (2 * turnMs));
  const lateRound = Math.floor(roundCount * LATE_SHARE);
  const reports: Record<Transport, TransportReport | undefined> = {
    floe: undefined,
    socket: undefined,
  };
  const startMs = performance.now();
  const wait = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, turnMs));
  };
  for (let round = 0; round < roundCount; round += 1) {
    for (const { transport, troupe } of troupes) {
      // It joins in the middle of its first turn; that it has joined is sure from the second on.
      if (round === lateRound) troupe.startLate();
      else await troupe.whenComplete();
      reports[transport] = await troupe.takeTurn(wait);
      const elapsedSeconds = (performance.now() - startMs) / 1000;
      const roundNumber = round + 1;
      onProgress({ transport, roundNumber, roundCount, elapsedSeconds, reports });
    }
  }
  return reports;
}
