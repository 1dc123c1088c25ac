/**
 * A victim: loads, then prepares and plays the role that it is given, and dies at the point that it
 * is given, or later by another's hand.
 */
import { armCrashPoints, disarmCrashPoints } from "floe/crash";
import { orders, say } from "../../support/program.ts";
import { type Operation, Part } from "../role.ts";
import { roleNamed } from "../roles.ts";
import type { Surroundings } from "../services.ts";

/** What a victim is told first. */
export interface Assignment extends Surroundings {
  /** The name of its role. */
  readonly role: string;
  /** Who it is, in its messages. */
  readonly sender: number;
}

/** What a victim is told second. */
export interface Command {
  /** Where it dies; 0: it counts its points instead. */
  readonly ordinal: number;
}

let operation: Operation = () => {};
say({ say: "loaded" });
try {
  for await (const order of orders()) {
    if (order.say === "prepare") {
      const assignment = order as unknown as Assignment;
      const part = new Part(assignment, assignment.sender);
      operation = await roleNamed(assignment.role).prepare(part);
      say({ say: "prepared" });
    } else {
      const { ordinal } = order as unknown as Command;
      armCrashPoints(ordinal, (point) => say({ say: "point", ...point }));
      await operation();
      say({ say: "completed", points: disarmCrashPoints() });
    }
  }
} catch (error) {
  disarmCrashPoints();
  say({ say: "failed", error: error instanceof Error ? error.stack : String(error) });
}
