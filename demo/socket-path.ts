/**
 * Socket path: where the socket camera listens.
 */

import { join } from "node:path";

/** The path of the socket for frames or poses. */
export function socketPath(directory: string, stream: "frames" | "poses"): string {
  return join(directory, `${stream}.socket`);
}
