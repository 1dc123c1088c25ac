/**
 * Internal: what the project's own tests and tools need and programs must not rely on.
 */

export { Segment } from "./memory/segment.ts";
export * from "./registry/service-segment.ts";
