/**
 * Socket camera: sends the same frames and poses over Unix sockets.
 *
 * Done the way one would do it well. Frames and poses have a socket each, so that a pose does not
 * wait behind six megabytes. A frame is rendered once, into memory that is used again, and written
 * to all consumers from there. What a socket cannot avoid is the copying: for each consumer into
 * the kernel and out again. A consumer that does not keep up misses messages here too, because
 * without a limit the camera's memory would grow for as long as it lags behind.
 */

import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { CameraWork, type Sink } from "./camera-work.ts";
import { runChild } from "./child.ts";
import { FRAME_BYTES, FRAMES_WAITING_MAX, POSES_WAITING_MAX, Pose } from "./messages.ts";
import { socketPath } from "./socket-path.ts";

/** One socket address with everybody who has connected. */
class Outlet {
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #waitingBytesMax: number;
  #unfinishedWrites = 0;
  #whenIdle: (() => void) | undefined;

  /** Messages that do not fit into `waitingMax` of `messageBytes` are not sent to that consumer. */
  constructor(messageBytes: number, waitingMax: number) {
    this.#waitingBytesMax = messageBytes * (waitingMax - 1);
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      // Consumers come and go; "close" follows.
      socket.on("error", () => {});
    });
  }

  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, "listening");
  }

  /** Whether anybody keeps up. */
  canSend(): boolean {
    for (const socket of this.#sockets) if (this.#hasRoom(socket)) return true;
    return false;
  }

  #hasRoom(socket: Socket): boolean {
    return socket.writableLength <= this.#waitingBytesMax;
  }

  /**
   * Sends to all who keep up, and returns how many they were; calls `onCopied` later, once for
   * each, when the kernel has taken the bytes.
   */
  send(bytes: Uint8Array, onCopied: () => void): number {
    let reached = 0;
    for (const socket of this.#sockets) {
      if (!this.#hasRoom(socket)) continue;
      reached += 1;
      this.#unfinishedWrites += 1;
      socket.write(bytes, () => {
        this.#unfinishedWrites -= 1;
        onCopied();
        if (this.#unfinishedWrites === 0) this.#whenIdle?.();
      });
    }
    return reached;
  }

  /** Resolves once the kernel has taken everything. */
  async drain(): Promise<void> {
    if (this.#unfinishedWrites === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    this.#whenIdle = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Memory for frames, used again as soon as the last consumer's copy has been made. */
class FrameMemory {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(FRAME_BYTES);
  }

  put(memory: Uint8Array): void {
    this.#free.push(memory);
  }
}

await runChild(async (settings) => {
  const frames = new Outlet(FRAME_BYTES, FRAMES_WAITING_MAX);
  const poses = new Outlet(Pose.sizeBytes, POSES_WAITING_MAX);
  await frames.listen(socketPath(settings.directory, "frames"));
  await poses.listen(socketPath(settings.directory, "poses"));
  const frameMemory = new FrameMemory();
  const poseWriter = Pose.createWriter();
  const sink: Sink = {
    canSendFrame: () => frames.canSend(),
    sendFrame: (fill) => {
      const memory = frameMemory.take();
      fill(memory);
      let unfinished = 0;
      unfinished = frames.send(memory, () => {
        unfinished -= 1;
        if (unfinished === 0) frameMemory.put(memory);
      });
      if (unfinished === 0) frameMemory.put(memory);
    },
    sendPose: (fill) => {
      // New memory for each, because the consumers lag behind by different amounts.
      const memory = new Uint8Array(Pose.sizeBytes);
      Pose.bind(poseWriter, new DataView(memory.buffer), 0);
      fill(poseWriter);
      poses.send(memory, () => {});
    },
    drain: async () => {
      await frames.drain();
      await poses.drain();
    },
    close: async () => {
      await Promise.all([frames.close(), poses.close()]);
    },
  };
  return new CameraWork(sink, settings);
});
