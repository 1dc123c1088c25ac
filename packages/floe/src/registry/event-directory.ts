/**
 * Event directory: joining and leaving of notifiers and listeners.
 *
 * Every change runs under the service's control lock and begins with cleaning up after the dead,
 * so that their places are free again. A listener's area of counts is backed by memory and cleared
 * before its entry says that it is there. Counters tell the other side to look again, and its
 * sleepers are rung.
 */

import { EntryState } from "../layout/values.ts";
import { ringAll } from "./bells.ts";
import { eventAreaRange } from "./event-segment.ts";
import {
  endPort,
  enterPort,
  type PortIdentity,
  type PortPlace,
  placeFor,
  signalReceiverChange,
  signalSenderChange,
} from "./port-table.ts";
import type { EventCore } from "./service-core.ts";

/** Gives a notifier an entry. Throws FLOE_LIMIT_REACHED. */
export function joinAsNotifier(service: EventCore, identity: PortIdentity): PortPlace {
  const { geometry } = service;
  const joined = service.change(() => {
    const index = placeFor(service, geometry.notifiers, "notifier", "maxNotifiers");
    const place = enterPort(service, geometry.notifiers, index, identity, () => {});
    signalSenderChange(service);
    return place;
  });
  // Listeners that sleep then watch its node.
  ringAll(service, geometry.listeners);
  return joined;
}

/** Gives a listener an entry and counts. Throws FLOE_LIMIT_REACHED or FLOE_OUT_OF_MEMORY. */
export function joinAsListener(service: EventCore, identity: PortIdentity): PortPlace {
  const { geometry, segment } = service;
  const joined = service.change(() => {
    const index = placeFor(service, geometry.listeners, "listener", "maxListeners");
    const area = eventAreaRange(geometry, index);
    segment.reserve([area]);
    const place = enterPort(service, geometry.listeners, index, identity, () => {
      segment.words.fill(0, area.offsetBytes / 4, (area.offsetBytes + area.lengthBytes) / 4);
    });
    signalReceiverChange(service);
    return place;
  });
  ringAll(service, geometry.notifiers);
  return joined;
}

/** Ends a notifier. */
export function leaveAsNotifier(service: EventCore, place: PortPlace): void {
  const { notifiers, listeners } = service.geometry;
  service.changeInLeaving(() => {
    endPort(service, notifiers, place, EntryState.free);
    signalSenderChange(service);
  });
  // Listeners that sleep need not watch its node any more.
  ringAll(service, listeners);
}

/** Ends a listener. */
export function leaveAsListener(service: EventCore, place: PortPlace): void {
  const { notifiers, listeners } = service.geometry;
  service.changeInLeaving(() => {
    endPort(service, listeners, place, EntryState.free);
    signalReceiverChange(service);
  });
  ringAll(service, notifiers);
}
