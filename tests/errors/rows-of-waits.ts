/**
 * The table of errors, fourth part: waits that end without what was waited for.
 */
import { WaitSet } from "floe";
import { underSignals } from "../support/signals.ts";
import type { Row, Stage } from "../support/stage.ts";

const holdNotifierUrl = new URL("../waiting/programs/hold-notifier.js", import.meta.url);

function waitSet(stage: Stage): WaitSet {
  return stage.hold(new WaitSet());
}

/** See the file's first paragraph. */
export const rowsOfWaits: readonly Row[] = [
  {
    mistake: "a wait for a message that does not come",
    code: "FLOE_TIMEOUT",
    expected: {
      subject: /subscriber of "s"/,
      wanted: /message/,
      found: /1 ms/,
      remedy: /other side/,
    },
    provoke: (stage) => stage.hold(stage.ticks().subscriber()).take({ timeout: 1 }),
  },
  {
    mistake: "a wait for subscribers that was aborted",
    code: "FLOE_ABORTED",
    expected: {
      subject: /publisher of/,
      wanted: /3 subscribers/,
      found: /signal/,
      remedy: /again/,
    },
    provoke: (stage) => {
      const publisher = stage.hold(stage.ticks().publisher());
      return publisher.waitForSubscribers({ count: 3, signal: AbortSignal.abort() });
    },
  },
  {
    mistake: "a wait that requires a publisher where there is none",
    code: "FLOE_NO_PEER",
    expected: {
      subject: /subscriber of "s"/,
      wanted: /message/,
      found: /no publisher open/,
      remedy: /Start the publisher/,
    },
    provoke: (stage) => stage.hold(stage.ticks().subscriber()).take({ requireSender: true }),
  },
  {
    mistake: "a wait that requires a notifier after the last one was killed",
    code: "FLOE_PEER_DIED",
    expected: {
      subject: /listener of "health"/,
      wanted: /notification/,
      found: /"the one that dies" .*, process \d+, died/,
      remedy: /Start the notifier/,
    },
    provoke: async (stage) => {
      const events = stage.hold(stage.node().event("health"));
      const listener = stage.hold(events.listener());
      const child = stage.bench.start(holdNotifierUrl);
      await child.next("ready");
      listener.tryWait();
      child.kill();
      await listener.wait({ requireSender: true });
    },
  },
  {
    mistake: "a port that is closed while somebody waits there",
    code: "FLOE_CLOSED",
    expected: { subject: /subscriber of "s"/, wanted: /use/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const subscriber = stage.ticks().subscriber();
      const wait = subscriber.take();
      subscriber.close();
      return wait;
    },
  },
  {
    mistake: "an event service of a node that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /node "mine"/, wanted: /service/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const node = stage.node({ name: "mine" });
      node.close();
      node.event("e");
    },
  },
  {
    mistake: "a timeout that is no number",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /timeout/, wanted: /milliseconds/, found: /soon/, remedy: /option/ },
    provoke: (stage) => stage.hold(stage.ticks().subscriber()).take({ timeout: "soon" as never }),
  },
  {
    mistake: "a negative time to spin",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /spinUs/, wanted: /microseconds/, found: /-1/, remedy: /option/ },
    provoke: (stage) => stage.hold(stage.ticks().subscriber()).takeSync({ spinUs: -1 }),
  },
  {
    mistake: "a signal during a wait that blocks",
    code: "FLOE_INTERRUPTED",
    expected: { subject: /subscriber of "s"/, wanted: /message/, found: /signal/, remedy: /loop/ },
    provoke: (stage) => {
      const subscriber = stage.hold(stage.ticks().subscriber());
      return underSignals("SIGHUP", () => subscriber.takeSync({ timeout: 20_000 }));
    },
  },
  {
    mistake: "a wait set without anything attached",
    code: "FLOE_NOTHING_ATTACHED",
    expected: { subject: /wait set/, wanted: /wait/, found: /nothing/, remedy: /Attach/ },
    provoke: (stage) => waitSet(stage).wait(),
  },
  {
    mistake: "a port that is attached twice",
    code: "FLOE_ALREADY_ATTACHED",
    expected: {
      subject: /subscriber of "s"/,
      wanted: /attach/,
      found: /already/,
      remedy: /Detach/,
    },
    provoke: (stage) => {
      const subscriber = stage.hold(stage.ticks().subscriber());
      const set = waitSet(stage);
      set.attach(subscriber);
      set.attach(subscriber);
    },
  },
  {
    mistake: "a deadline that neither the program nor the service states",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /deadline/, wanted: /positive/, found: /none/, remedy: /option/ },
    provoke: (stage) => waitSet(stage).attachDeadline(stage.hold(stage.ticks().subscriber())),
  },
  {
    mistake: "an interval of no length",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /intervalMs/, wanted: /positive/, found: /0/, remedy: /option/ },
    provoke: (stage) => waitSet(stage).attachInterval(0),
  },
  {
    mistake: "a descriptor in a wait set that is not open",
    code: "FLOE_SYSTEM",
    expected: { subject: /descriptor 99999/, wanted: /watch/, found: /EBADF/, remedy: /./ },
    provoke: (stage) => waitSet(stage).attachDescriptor(99_999),
  },
  {
    mistake: "a wait set that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /wait set/, wanted: /use/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const set = waitSet(stage);
      set.close();
      set.attachInterval(1);
    },
  },
];
