/**
 * Internal: what the project's own tests and tools need and programs must not rely on.
 */

export * from "./layout/chunk-header.ts";
export * from "./layout/data-segment-entry.ts";
export * from "./layout/data-segment-header.ts";
export * from "./layout/event-header.ts";
export * from "./layout/link.ts";
export * from "./layout/node-entry.ts";
export * from "./layout/port-entry.ts";
export * from "./layout/publish-subscribe-header.ts";
export * from "./layout/segment-header.ts";
export * from "./layout/service-header.ts";
export * from "./layout/values.ts";
export { chunkIndex, chunkOffsetBytes, chunkSegmentNumber } from "./memory/chunk-pools.ts";
export * from "./memory/data-segment.ts";
export * from "./memory/id.ts";
export * from "./memory/permissions.ts";
export { readU64, Segment, writeU64 } from "./memory/segment.ts";
export { loadShim } from "./os/shim.ts";
export { withControlLock } from "./registry/control-lock.ts";
export * from "./registry/event-segment.ts";
export * from "./registry/port-table.ts";
export * from "./registry/publish-subscribe-directory.ts";
export * from "./registry/publish-subscribe-segment.ts";
export type { EventCore, PublishSubscribeCore, ServiceCore } from "./registry/service-core.ts";
export * from "./registry/service-segment.ts";
export { Doorbell, type DoorbellOwner, type Waiter } from "./wait/doorbell.ts";
