/**
 * A thread with a node of its own, whose one port blocks until something comes; says all it gets.
 */
import { parentPort, workerData } from "node:worker_threads";
import { type EventService, Node } from "floe";
import type { BlockedMessage, Heard } from "../receivers.ts";
import {
  inspect,
  openService,
  type Received,
  type ServiceKind,
  type Surroundings,
  type Topic,
} from "../services.ts";

/** What the thread is given. */
export interface BlockedAssignment extends Surroundings {
  readonly kind: ServiceKind;
  /** Becomes 1 when the thread shall end. */
  readonly stop: Int32Array;
}

/** How long it sleeps before it looks whether it shall end. */
const WAIT_MS = 50;

const { kind, domain, limits, stop } = workerData as BlockedAssignment;

function tell(message: BlockedMessage<Received | Heard>): void {
  parentPort!.postMessage(message);
}

const node = Node.create({ name: "blocked", domain });
const service = openService(node, kind, limits);
if (kind === "events") {
  const listener = (service as EventService).listener();
  tell("ready");
  while (Atomics.load(stop, 0) === 0) {
    const heard = listener.waitSync({ timeout: WAIT_MS });
    if (heard !== undefined) tell(heard);
  }
  listener.close();
} else {
  const subscriber = (service as Topic).subscriber();
  tell("ready");
  while (Atomics.load(stop, 0) === 0) {
    const sample = subscriber.takeSync({ timeout: WAIT_MS });
    if (sample === undefined) continue;
    tell([inspect(sample.payload, sample.missed)]);
    sample.release();
  }
  subscriber.close();
}
service.close();
node.close();
