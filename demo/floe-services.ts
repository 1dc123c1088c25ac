/**
 * Floe services: the two topics of the demo, opened the same way by camera and consumers.
 *
 * Frames are raw bytes, poses a struct. The limits are small on purpose: a frame that nobody has
 * taken yet gives way to a newer one, so that the memory stays at a handful of frames.
 */

import { Node, type PublishSubscribe, rawBytes } from "floe";
import { FRAMES_WAITING_MAX, POSES_WAITING_MAX, Pose } from "./messages.ts";

export interface Services {
  readonly frames: PublishSubscribe<typeof rawBytes>;
  readonly poses: PublishSubscribe<typeof Pose>;
}

/**
 * Opens both services in the domain under `directory`, or creates them. Who comes first decides the
 * limits, and they are the same for all, so all may come in any order.
 */
export function withServices<Ports>(
  name: string,
  directory: string,
  makePorts: (services: Services) => Ports,
): Ports {
  // Ports keep alive what they need, so the handles that led to them may be closed at once.
  using node = Node.create({ name, domain: { root: directory, name: "demo" } });
  using frames = node.publishSubscribe("camera/frames", {
    payload: rawBytes,
    bufferSize: FRAMES_WAITING_MAX,
    maxBorrowedSamples: 1,
    maxLoanedSamples: 1,
    maxPublishers: 1,
  });
  using poses = node.publishSubscribe("camera/poses", {
    payload: Pose,
    bufferSize: POSES_WAITING_MAX,
    maxPublishers: 1,
  });
  return makePorts({ frames, poses });
}
