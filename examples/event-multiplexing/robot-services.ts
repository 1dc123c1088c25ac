/**
 * What robot and monitor agree on.
 */

import { bool, type EventOptions, f64, struct } from "floe";

export const Battery = struct("Battery", { volts: f64, isCharging: bool });

/** A robot is alive when it has notified within this time. */
export const heartbeatOptions: EventOptions = { deadline: 400 };
