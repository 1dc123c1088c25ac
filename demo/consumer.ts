/**
 * Consumer: reads frames and poses in place, in the camera's memory.
 *
 * The camera cannot write to a message while this process holds it as a sample; `using` gives it
 * back at the end of each turn of the loop. A consumer that is too slow loses the oldest messages
 * that wait for it and is told how many.
 */

import { FloeError } from "floe";
import { runChild } from "./child.ts";
import { ConsumerWork } from "./consumer-work.ts";
import { withServices } from "./floe-services.ts";

await runChild(async ({ directory }) => {
  const { frames, poses } = withServices("consumer", directory, (services) => ({
    frames: services.frames.subscriber(),
    poses: services.poses.subscriber(),
  }));
  const stop = new AbortController();
  const { signal } = stop;

  const readFrames = async (): Promise<void> => {
    for (;;) {
      using sample = await frames.take({ signal });
      work.onFrame(sample.payload, () => sample.missed);
    }
  };
  const readPoses = async (): Promise<void> => {
    for (;;) {
      using sample = await poses.take({ signal });
      work.onPose(sample.payload, () => sample.missed);
    }
  };
  const hasEnded = Promise.all([
    readFrames()
      .catch(unlessAborted)
      .finally(() => frames.close()),
    readPoses()
      .catch(unlessAborted)
      .finally(() => poses.close()),
  ]);

  const work = new ConsumerWork(async () => {
    stop.abort();
    await hasEnded;
  });
  return work;
});

function unlessAborted(error: unknown): void {
  if (!(FloeError.is(error) && error.code === "FLOE_ABORTED")) throw error;
}
