/**
 * Socket consumer: receives the same frames and poses over Unix sockets.
 *
 * A socket delivers bytes, not messages, so a frame arrives in dozens of pieces that have to be put
 * together. They are read straight into their place in the message, which saves the copy that the
 * usual "data" events would add.
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { runChild } from "./child.ts";
import { ConsumerWork } from "./consumer-work.ts";
import { FRAME_BYTES, POSES_WAITING_MAX, Pose, type Reading } from "./messages.ts";
import { socketPath } from "./socket-path.ts";

/** Connects, and hands over every complete message; up to `batchMax` are read in one go. */
async function receive(
  path: string,
  messageBytes: number,
  batchMax: number,
  onMessage: (memory: Uint8Array, offsetBytes: number) => void,
): Promise<Socket> {
  const memory = new Uint8Array(messageBytes * batchMax);
  let filledBytes = 0;
  const socket = connect({
    path,
    onread: {
      buffer: () => memory.subarray(filledBytes),
      callback: (readBytes) => {
        filledBytes += readBytes;
        let begin = 0;
        for (; begin + messageBytes <= filledBytes; begin += messageBytes) onMessage(memory, begin);
        if (begin > 0) memory.copyWithin(0, begin, filledBytes);
        filledBytes -= begin;
        return true;
      },
    },
  });
  await once(socket, "connect");
  // A camera that ends is the parent's business.
  socket.on("error", () => {});
  return socket;
}

/** Finds out from the numbers of messages how many are missing. */
class GapCounter {
  #lastNumber = 0;

  readonly missedBefore = ({ number }: Reading): number => {
    const missed = this.#lastNumber === 0 ? 0 : Math.max(0, number - this.#lastNumber - 1);
    this.#lastNumber = number;
    return missed;
  };
}

await runChild(async ({ directory }) => {
  const frameGaps = new GapCounter();
  const poseGaps = new GapCounter();
  const poseReader = Pose.createReader();
  const sockets: Socket[] = [];
  const work = new ConsumerWork(async () => {
    for (const socket of sockets) socket.destroy();
  });
  const frames = await receive(socketPath(directory, "frames"), FRAME_BYTES, 1, (memory) =>
    work.onFrame(memory, frameGaps.missedBefore),
  );
  const poses = await receive(
    socketPath(directory, "poses"),
    Pose.sizeBytes,
    POSES_WAITING_MAX,
    (memory, offsetBytes) => {
      Pose.bind(poseReader, new DataView(memory.buffer), offsetBytes);
      work.onPose(poseReader, poseGaps.missedBefore);
    },
  );
  sockets.push(frames, poses);
  return work;
});
