/**
 * floe: zero-copy inter-process communication for TypeScript.
 *
 * This is what programs may import. Start with {@link Node}: a node opens services, services make
 * ports, ports send and receive messages that are written once and read in place.
 */

export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  type ErrorPeer,
  FloeError,
} from "./errors.ts";
export type { Id } from "./memory/id.ts";
export { Node, type NodeOptions } from "./node.ts";
export { type Capabilities, capabilities } from "./os/capabilities.ts";
export type { ReadinessInterest } from "./os/poll.ts";
export type { MemoryKind } from "./os/shim.ts";
export { type EventOptions, EventService } from "./patterns/event.ts";
export {
  type Payload,
  type PublisherFor,
  PublishSubscribe,
  type PublishSubscribeOptions,
  rawBytes,
  type SubscriberFor,
} from "./patterns/publish-subscribe.ts";
export { type PeerDetails, type PeerEvents, Peers } from "./peers.ts";
export { type EventActivation, Listener } from "./ports/listener.ts";
export { Loan } from "./ports/loan.ts";
export {
  Notifier,
  type NotifierOptions,
  type WaitForListenersOptions,
} from "./ports/notifier.ts";
export type { PortOptions, PublisherOptions } from "./ports/port-options.ts";
export {
  BytesPublisher,
  StructPublisher,
  type WaitForSubscribersOptions,
} from "./ports/publisher.ts";
export type { BlockingReceiveOptions, ReceiveOptions } from "./ports/receive-options.ts";
export type { MessageInfo } from "./ports/received-message.ts";
export { Sample } from "./ports/sample.ts";
export {
  BytesSubscriber,
  type ReadonlyBytes,
  StructSubscriber,
  type WaitForPublishersOptions,
} from "./ports/subscriber.ts";
export type { CleaningReport } from "./registry/cleaning.ts";
export type { DomainOptions } from "./registry/domain.ts";
export type { EventLimits, EventNotices } from "./registry/event-config.ts";
export type { NodeState } from "./registry/liveness.ts";
export type { NodeDetails } from "./registry/node-details.ts";
export type { PortDetails, PortPlace } from "./registry/port-table.ts";
export type { Quality } from "./registry/publish-subscribe-config.ts";
export type { OpenMode } from "./registry/service-core.ts";
export * from "./schema/mod.ts";
export type { Attachment, WaitEvent } from "./wait/attachment.ts";
export type { TerminationSignal } from "./wait/termination.ts";
export { WaitSet, type WaitSetOptions, type WaitSetWaitOptions } from "./wait/wait-set.ts";
export type { Waitable, WaitableCore } from "./wait/waitable.ts";
export type { BlockingWaitOptions, WaitOptions } from "./wait/waiting.ts";
