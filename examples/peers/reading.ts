/**
 * What the programs of this example agree on.
 */

import { struct, u32 } from "floe";

/** The service on which workers send. */
export const SERVICE = "example/peers";

/** One reading of a sensor. */
export const Reading = struct("Reading", { count: u32 });
