/**
 * The events of this example, defined once and used by both programs.
 *
 * The last three are sent by floe itself: when a notifier is made, when it is closed, and when its
 * process has died, whatever it died of.
 */

import type { EventOptions } from "floe";

export const DoorEvent = {
  knocked: 1,
  opened: 2,
  closed: 3,
  installed: 10,
  removed: 11,
  died: 12,
} as const;

/** What both programs say of the service; whoever comes first makes it so. */
export const doorOptions: EventOptions = {
  eventIdMax: 12,
  createdEventId: DoorEvent.installed,
  droppedEventId: DoorEvent.removed,
  deadEventId: DoorEvent.died,
};
