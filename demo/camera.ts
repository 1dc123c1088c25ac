/**
 * Camera: publishes frames and poses through shared memory.
 *
 * A frame is rendered into the very memory in which the consumers will read it. To send it is to
 * hand each consumer a number, so the cost does not depend on the size of the frame.
 */

import { CameraWork, type Sink } from "./camera-work.ts";
import { runChild } from "./child.ts";
import { withServices } from "./floe-services.ts";
import { FRAME_BYTES } from "./messages.ts";

await runChild(async (settings) => {
  const { frames, poses } = withServices("camera", settings.directory, (services) => ({
    frames: services.frames.publisher(),
    poses: services.poses.publisher(),
  }));
  const sink: Sink = {
    // What a consumer has not taken in time gives way to what is newer.
    canSendFrame: () => true,
    sendFrame: (fill) => frames.send(FRAME_BYTES, fill),
    sendPose: (fill) => poses.send(fill),
    drain: async () => {},
    close: async () => {
      frames.close();
      poses.close();
    },
  };
  return new CameraWork(sink, settings);
});
