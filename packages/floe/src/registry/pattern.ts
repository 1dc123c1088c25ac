/**
 * Pattern: what distinguishes the services of one pattern of communication from those of another.
 *
 * A service is created, opened, joined and removed alike whatever its ports do; how it is
 * described, compared, laid out and cleaned up is the pattern's. Patterns are values, which are
 * passed to the service core.
 */

import { EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD } from "../layout/event-header.ts";
import type { Id } from "../memory/id.ts";
import type { Permissions } from "../memory/permissions.ts";
import type { Segment } from "../memory/segment.ts";
import { monotonicTick } from "./clock.ts";
import {
  checkEvent,
  checkedEventConfig,
  type EventConfig,
  newEventConfig,
  type WantedEvent,
} from "./event-config.ts";
import { recoverEvents } from "./event-recovery.ts";
import {
  createEventSegment,
  type EventGeometry,
  eventGeometry,
  openEventSegment,
} from "./event-segment.ts";
import type { OpenService } from "./open-service.ts";
import {
  checkedPublishSubscribeConfig,
  checkPublishSubscribe,
  newPublishSubscribeConfig,
  type PayloadDescription,
  type PublishSubscribeConfig,
  type WantedPublishSubscribe,
} from "./publish-subscribe-config.ts";
import { recoverPublishSubscribe } from "./publish-subscribe-recovery.ts";
import {
  createPublishSubscribeSegment,
  newLinkShape,
  openPublishSubscribeSegment,
  type PublishSubscribeGeometry,
  publishSubscribeGeometry,
} from "./publish-subscribe-segment.ts";
import type { PatternName, ServiceConfig } from "./service-config.ts";
import type { CommonGeometry, OpenServiceSegment } from "./service-segment.ts";

/** How services of a pattern are described, compared and laid out. */
export interface Pattern<Wanted, Config extends ServiceConfig, Geometry extends CommonGeometry> {
  readonly name: PatternName;
  /** The configuration of a new service. Throws FLOE_OPTION_INVALID. */
  newConfig(name: string, serviceId: Id, wanted: Wanted): Config;
  /** Checks the pattern's own part of what stood in a file. Throws FLOE_SERVICE_CORRUPT. */
  checkedConfig(path: string, common: ServiceConfig): Config;
  /** Throws when an existing service is not what an opener wants. */
  checkCompatible(found: Config, wanted: Wanted): void;
  /** Where everything lies in a new service's segment. */
  geometryOf(config: Config): Geometry;
  /** Makes a segment, and lets `fill` write into it before anybody can see it. */
  createSegment(
    path: string,
    config: Config,
    geometry: Geometry,
    permissions: Permissions,
    fill: (words: Int32Array) => void,
  ): Segment;
  /** Maps and checks a segment; undefined when there is none. */
  openSegment(path: string, config: Config): OpenServiceSegment<Geometry> | undefined;
  /** Under the control lock: frees what nodes have left behind that are dead. */
  recover(service: OpenService<Config, Geometry>): void;
}

/** Least alignment of payloads: that of the largest scalar. */
const PAYLOAD_ALIGNMENT_BYTES_MIN = 8;

/** The alignment of payloads, NaN if the description says nonsense: it may come from a file. */
function payloadAlignmentBytes(payload: PayloadDescription): number {
  const alignmentBytes = payload.variant === "struct" ? payload.layout.alignmentBytes : 0;
  if (typeof alignmentBytes !== "number") return Number.NaN;
  return Math.max(PAYLOAD_ALIGNMENT_BYTES_MIN, alignmentBytes);
}

/** Publish-subscribe. */
export const publishSubscribePattern: Pattern<
  WantedPublishSubscribe,
  PublishSubscribeConfig,
  PublishSubscribeGeometry
> = {
  name: "publish-subscribe",
  newConfig: newPublishSubscribeConfig,
  checkedConfig: checkedPublishSubscribeConfig,
  checkCompatible: checkPublishSubscribe,
  geometryOf: ({ payload, quality }) =>
    publishSubscribeGeometry(newLinkShape(quality, payloadAlignmentBytes(payload))),
  createSegment: (path, { serviceId }, geometry, permissions, fill) =>
    createPublishSubscribeSegment(path, serviceId, geometry, permissions, fill),
  openSegment: (path, { serviceId, quality, payload }) =>
    openPublishSubscribeSegment(path, serviceId, quality, payloadAlignmentBytes(payload)),
  recover: recoverPublishSubscribe,
};

/** Events. */
export const eventPattern: Pattern<WantedEvent, EventConfig, EventGeometry> = {
  name: "event",
  newConfig: newEventConfig,
  checkedConfig: checkedEventConfig,
  checkCompatible: checkEvent,
  geometryOf: eventGeometry,
  createSegment: (path, _config, geometry, permissions, fill) =>
    createEventSegment(path, geometry, permissions, (words) => {
      words[EVENT_HEADER_LAST_NOTIFICATION_TICK_WORD] = monotonicTick();
      fill(words);
    }),
  openSegment: openEventSegment,
  recover: recoverEvents,
};
