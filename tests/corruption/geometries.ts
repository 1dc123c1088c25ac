/**
 * Where everything lies in the services of the corruption test, as the library computes it.
 */
import { join } from "node:path";
import type { DomainOptions } from "floe";
import {
  type EventGeometry,
  eventGeometry,
  newLinkShape,
  type PublishSubscribeGeometry,
  publishSubscribeGeometry,
} from "floe/internal";
import {
  BYTES_OPTIONS,
  EVENTS_OPTIONS,
  NOISY_BYTES,
  NOISY_RECORDS,
  RECORDS_OPTIONS,
} from "./services.ts";

/** Where everything lies, the publish-subscribe services by their directories. */
export interface Geometries {
  readonly publishSubscribe: Readonly<Record<string, PublishSubscribeGeometry>>;
  readonly events: EventGeometry;
}

const PAYLOAD_ALIGNMENT_BYTES = 8;

/** The geometries of the services that are written to. */
export function geometriesOf(): Geometries {
  const { eventIdMax, maxNotifiers, maxListeners, maxNodes, ...notices } = EVENTS_OPTIONS;
  const limits = { eventIdMax, maxNotifiers, maxListeners, maxNodes };
  const shapeOf = (options: typeof BYTES_OPTIONS | typeof RECORDS_OPTIONS) => {
    const { payload: _, ...quality } = options;
    return publishSubscribeGeometry(newLinkShape(quality, PAYLOAD_ALIGNMENT_BYTES));
  };
  return {
    publishSubscribe: {
      [`service.publish-subscribe.${NOISY_BYTES}`]: shapeOf(BYTES_OPTIONS),
      [`service.publish-subscribe.${NOISY_RECORDS}`]: shapeOf(RECORDS_OPTIONS),
    },
    // Only limits and notices matter for where things lie.
    events: eventGeometry({ limits, notices } as unknown as Parameters<typeof eventGeometry>[0]),
  };
}

/** The directory of a domain. */
export function domainPathOf(domain: DomainOptions): string {
  return join(domain.root!, domain.name!);
}
