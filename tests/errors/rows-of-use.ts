/**
 * The table of errors, third part: things used at the wrong time, and the world around.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, type ErrorDetails, FloeError } from "floe";
import type { ChildOptions } from "../support/child.ts";
import { NOBODY_ID, otherUserProblem } from "../support/other-user.ts";
import { type Row, type Stage, Tick } from "../support/stage.ts";

const provokeUrl = new URL("./programs/provoke.js", import.meta.url);
const holdLockUrl = new URL("../registry/programs/hold-lock.js", import.meta.url);

const useRows: readonly Row[] = [
  {
    mistake: "a publisher that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /publisher of "s"/, wanted: /use/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const publisher = stage.ticks().publisher();
      publisher.close();
      publisher.send(() => {});
    },
  },
  {
    mistake: "a subscriber that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /subscriber of "s"/, wanted: /use/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const subscriber = stage.ticks().subscriber();
      subscriber.close();
      subscriber.tryTake();
    },
  },
  {
    mistake: "a service that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /service "s"/, wanted: /port/, found: /closed/, remedy: /again/ },
    provoke: (stage) => {
      const service = stage.ticks();
      service.close();
      service.publisher();
    },
  },
  {
    mistake: "a node that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /node "mine"/, wanted: /service/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const node = stage.node({ name: "mine" });
      node.close();
      node.publishSubscribe("s", {} as never);
    },
  },
  {
    mistake: "a notifier that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /notifier of "s"/, wanted: /use/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const notifier = stage.events().notifier();
      notifier.close();
      notifier.notify();
    },
  },
  {
    mistake: "a listener that was closed",
    code: "FLOE_CLOSED",
    expected: { subject: /listener of "s"/, wanted: /use/, found: /closed/, remedy: /new/ },
    provoke: (stage) => {
      const listener = stage.events().listener();
      listener.close();
      listener.tryWait();
    },
  },
  {
    mistake: "an event id that the service does not have",
    code: "FLOE_EVENT_ID_INVALID",
    expected: { subject: /"s"/, wanted: /0 to 255/, found: /^256$/, remedy: /larger eventIdMax/ },
    provoke: (stage) => stage.hold(stage.events().notifier()).notify(256),
  },
  {
    mistake: "a listener that was meant and has gone",
    code: "FLOE_PEER_GONE",
    expected: { subject: /listener .*"s"/, wanted: /notify/, found: /left/, remedy: /listeners/ },
    provoke: (stage) => {
      const events = stage.events();
      const notifier = stage.hold(events.notifier());
      events.listener().close();
      const listener = events.listener();
      const [outdated] = notifier.listeners();
      listener.close();
      notifier.notifyListener(outdated!);
    },
  },
  {
    mistake: "a loan that was sent",
    code: "FLOE_RELEASED",
    expected: { subject: /loan/, wanted: /use/, found: /sent/, remedy: /new loan/ },
    provoke: (stage) => {
      const loan = stage.hold(stage.ticks().publisher()).tryLoan()!;
      loan.send();
      loan.send();
    },
  },
  {
    mistake: "a sample that was released",
    code: "FLOE_RELEASED",
    expected: { subject: /sample/, wanted: /payload/, found: /released/, remedy: /Copy/ },
    provoke: (stage) => {
      const service = stage.ticks();
      const subscriber = stage.hold(service.subscriber());
      stage.hold(service.publisher()).send((tick) => void (tick.count = 1));
      const sample = subscriber.tryTake()!;
      sample.release();
      return sample.payload;
    },
  },
  {
    mistake: "a payload that outlives its handler",
    code: "FLOE_RELEASED",
    expected: { subject: /Tick/, wanted: /bound/, found: /released/, remedy: /toObject/ },
    provoke: (stage) => {
      const service = stage.ticks();
      const subscriber = stage.hold(service.subscriber());
      stage.hold(service.publisher()).send((tick) => void (tick.count = 1));
      let kept: { readonly count: number } | undefined;
      subscriber.poll(1, (tick) => void (kept = tick));
      return kept!.count;
    },
  },
  {
    mistake: "a handler that polls",
    code: "FLOE_OPTION_INVALID",
    expected: { subject: /poll/, wanted: /one poll/, found: /within/, remedy: /tryTake/ },
    provoke: (stage) => {
      const service = stage.ticks();
      const subscriber = stage.hold(service.subscriber());
      stage.hold(service.publisher()).send((tick) => void (tick.count = 1));
      subscriber.poll(1, () => void subscriber.poll(1, () => {}));
    },
  },
  {
    mistake: "a take after an ejection",
    code: "FLOE_EJECTED",
    expected: {
      subject: /"s"/,
      wanted: /receiving/,
      found: /ejectAfter/,
      remedy: /new subscriber/,
    },
    provoke: (stage) => {
      const service = stage.ticks("s");
      const subscriber = stage.hold(service.subscriber());
      const publisher = stage.hold(service.publisher({ ejectAfter: 1 }));
      do publisher.send((tick) => void (tick.count = 1));
      while (publisher.subscriberCount > 0);
      subscriber.tryTake();
    },
  },
  {
    mistake: "more samples than may be held",
    code: "FLOE_BORROW_LIMIT",
    expected: {
      subject: /"s"/,
      wanted: /sample/,
      found: /1 samples/,
      remedy: /maxBorrowedSamples/,
    },
    provoke: (stage) => {
      const service = stage.ticks("s", { maxBorrowedSamples: 1 });
      const subscriber = stage.hold(service.subscriber());
      const publisher = stage.hold(service.publisher());
      for (const count of [1, 2]) publisher.send((tick) => void (tick.count = count));
      const sample = subscriber.tryTake()!;
      stage.hold({ close: () => sample.release() });
      subscriber.tryTake();
    },
  },
  {
    mistake: "a control lock that another process holds",
    code: "FLOE_LOCK_TIMEOUT",
    expected: {
      subject: /service\./,
      wanted: /within 50 ms/,
      found: /process \d+/,
      remedy: /stuck/,
    },
    provoke: async (stage) => {
      stage.ticks();
      const node = stage.node({ domain: { ...stage.bench.domain, lockTimeout: 50 } });
      const holder = stage.bench.start(holdLockUrl, { data: { directory: stage.directory() } });
      await holder.next("locked");
      // However this ends, the lock is to be gone when everything is closed.
      stage.hold(node);
      try {
        node.publishSubscribe("s", { payload: Tick });
      } finally {
        holder.kill();
        await holder.ended;
      }
    },
  },
];

/** Makes a node and a service in another process; throws the error that it tells. */
async function elsewhere(stage: Stage, options: ChildOptions): Promise<void> {
  const child = stage.bench.start(provokeUrl, options);
  const outcome = await child.next("outcome");
  await child.finish();
  const error = outcome.error as (ErrorDetails & { code: ErrorCode }) | undefined;
  if (error !== undefined) throw new FloeError(error.code, error);
}

/** A user that is not root, when we are root and permissions mean nothing to us. */
const isRoot = process.getuid!() === 0;
const plainUser = isRoot ? { userId: NOBODY_ID, groupId: NOBODY_ID } : {};
const noPlainUser = isRoot && otherUserProblem();

const worldRows: readonly Row[] = [
  {
    mistake: "a shim that is not there",
    code: "FLOE_SHIM_UNAVAILABLE",
    expected: { subject: /shim/, wanted: /nowhere\.node/, found: /No such file/, remedy: /build/ },
    provoke: (stage) =>
      elsewhere(stage, { environment: { FLOE_SHIM_PATH: join(stage.bench.root, "nowhere.node") } }),
  },
  {
    mistake: "a shim that is garbage",
    code: "FLOE_SHIM_UNAVAILABLE",
    expected: { subject: /shim/, wanted: /bad\.node/, found: /linux/, remedy: /FLOE_SHIM_PATH/ },
    provoke: (stage) => {
      const path = join(stage.bench.root, "bad.node");
      writeFileSync(path, "not a shared object, and not even long");
      return elsewhere(stage, { environment: { FLOE_SHIM_PATH: path } });
    },
  },
  {
    mistake: "a kind of memory that there is not",
    code: "FLOE_SHIM_UNAVAILABLE",
    expected: { subject: /shim/, wanted: /load/, found: /paper/, remedy: /FLOE_MEMORY_KIND/ },
    provoke: (stage) => elsewhere(stage, { environment: { FLOE_MEMORY_KIND: "paper" } }),
  },
  {
    mistake: "a root that this user may not write",
    skip: noPlainUser,
    code: "FLOE_ROOT_UNUSABLE",
    expected: { subject: /closed\/d$/, wanted: /write/, found: /EACCES/, remedy: /FLOE_ROOT/ },
    provoke: (stage) => {
      const root = join(stage.bench.root, "closed");
      mkdirSync(root);
      chmodSync(stage.bench.root, 0o755);
      chmodSync(root, 0o555);
      return elsewhere(stage, { ...plainUser, data: { domain: { root, name: "d" } } });
    },
  },
  {
    mistake: "a domain that this user may not write",
    skip: noPlainUser,
    code: "FLOE_PERMISSION",
    expected: { subject: /\.node\./, wanted: /directory/, found: /EACCES/, remedy: /FLOE_ROOT/ },
    provoke: (stage) => {
      const root = join(stage.bench.root, "open");
      mkdirSync(join(root, "d"), { recursive: true });
      chmodSync(stage.bench.root, 0o755);
      chmodSync(join(root, "d"), 0o555);
      return elsewhere(stage, { ...plainUser, data: { domain: { root, name: "d" } } });
    },
  },
];

/** Rows about use and the world. */
export const rowsOfUse: readonly Row[] = [...useRows, ...worldRows];
