/**
 * The message of this example, defined once and used by both programs.
 *
 * A struct lies in memory as in C. Its fields are read and written in place, and TypeScript infers
 * the types of readers and writers from this definition.
 */

import { f64, struct, text, u32 } from "floe";

export const Pose = struct("Pose", {
  number: u32,
  x: f64,
  y: f64,
  frame: text(32),
});
