/**
 * A worker thread that has everything open and is terminated in the middle of something: it tells
 * that it has come there, and stays.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { DomainOptions } from "floe";
import { Stunts } from "../stunts.ts";
import type { Business } from "../workers.ts";

const { domain, business } = workerData as { domain: DomainOptions; business: Business };
const stunts = new Stunts(domain);
const nodeId = stunts.node();
stunts.open("publisher", "subscriber", "notifier", "listener");

function tell(): void {
  parentPort!.postMessage(nodeId);
}

function stay(): void {
  tell();
  for (;;);
}

function leave(): void {
  tell();
  setInterval(() => {}, 1000);
}

const BUSINESSES: Readonly<Record<Business, () => unknown>> = {
  "holds a loan": () => {
    stunts.loan();
    leave();
  },
  "fills a message": () => stunts.within("fill", stay),
  "handles a message": () => stunts.send(1) && stunts.within("poll", stay),
  "holds samples": () => {
    stunts.send(1);
    stunts.send(2);
    stunts.hold();
    stunts.hold();
    leave();
  },
  "blocks in `takeSync`": () => {
    tell();
    stunts.takeSync(60_000);
  },
  "blocks in `waitSync`": () => {
    tell();
    stunts.hearSync(60_000);
  },
  awaits: () => {
    const waits = [stunts.take(60_000), stunts.hear(60_000)];
    tell();
    return Promise.all(waits);
  },
  "waits in a wait set": () => {
    tell();
    return stunts.within("wait set", () => {});
  },
  "has a listener's descriptor": () => {
    stunts.descriptor();
    leave();
  },
  "holds the lock of the service": () => {
    stunts.doBefore("/links", stay);
    stunts.joinOnceMore("publisher");
  },
  "makes a node": () => {
    stunts.doBefore("/alive", stay);
    new Stunts(domain).node();
  },
};

await BUSINESSES[business]();
