/** A worker thread with a node of its own: answers each id with one that is 100 higher. */
import { workerData } from "node:worker_threads";
import { type DomainOptions, Node } from "floe";

const { domain, service } = workerData as { domain: DomainOptions; service: string };
const node = Node.create({ domain, name: "worker" });
const events = node.event(service);
const listener = events.listener();
const notifier = events.notifier({ skipOwnNode: true });
for await (const activations of listener) {
  for (const { eventId } of activations) notifier.notify(100 + eventId);
}
