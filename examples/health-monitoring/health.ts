/**
 * The service of this example: who works sends a sign of life often enough.
 *
 * The deadline belongs to the service: all its notifiers together must not be silent for longer.
 */

import type { EventOptions } from "floe";

export const HealthEvent = { alive: 0, started: 1, stopped: 2, died: 3 } as const;

export const healthOptions: EventOptions = {
  eventIdMax: 3,
  deadline: 300,
  createdEventId: HealthEvent.started,
  droppedEventId: HealthEvent.stopped,
  deadEventId: HealthEvent.died,
};
