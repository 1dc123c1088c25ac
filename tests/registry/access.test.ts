/**
 * Access: the control lock that a stuck process may hold, and who may see what lies in the domain.
 */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type DomainOptions, Node, struct, u32 } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { type Bench, floeTest } from "../support/bench.ts";
import { otherUserProblem } from "../support/other-user.ts";

const Tick = struct("Tick", { count: u32 });
const LOCK_TIMEOUT_MS = 150;
const holdLockUrl = new URL("./programs/hold-lock.js", import.meta.url);
const joinUrl = new URL("./programs/join-as-member.js", import.meta.url);

floeTest("a lock that another process holds ends in an error that names it", async (bench) => {
  const domain: DomainOptions = { ...bench.domain, lockTimeout: LOCK_TIMEOUT_MS };
  using node = Node.create({ domain });
  using other = Node.create({ domain });
  using service = node.publishSubscribe("locked", { payload: Tick });
  using publisher = service.publisher();
  using subscriber = service.subscriber();
  const directory = join(bench.directory, "service.publish-subscribe.locked");
  const holder = bench.start(holdLockUrl, { data: { directory } });
  await holder.next("locked");
  const attempts = [
    () => service.publisher(),
    () => service.subscriber(),
    () => other.publishSubscribe("locked", { payload: Tick }),
  ];
  for (const attempt of attempts) {
    const begunMs = performance.now();
    throwsCode(attempt, "FLOE_LOCK_TIMEOUT", {
      subject: /service\.publish-subscribe\.locked/,
      wanted: new RegExp(`${LOCK_TIMEOUT_MS} ms`),
      found: new RegExp(`process ${holder.pid}$`),
    });
    const tookMs = performance.now() - begunMs;
    assert.ok(tookMs >= LOCK_TIMEOUT_MS && tookMs < LOCK_TIMEOUT_MS + 5_000, `${tookMs} ms`);
  }
  // Messages need no lock.
  for (let count = 1; count <= 100; count += 1) {
    assert.equal(
      publisher.send((tick) => void (tick.count = count)),
      1,
    );
    assert.equal(
      subscriber.poll(9, (tick) => assert.equal(tick.count, count)),
      1,
    );
  }
  holder.kill();
  await holder.ended;
  service.publisher().close();
  other.publishSubscribe("locked", { payload: Tick }).close();
});

floeTest("a port whose close met a held lock can be closed once more", async (bench) => {
  const domain: DomainOptions = { ...bench.domain, lockTimeout: LOCK_TIMEOUT_MS };
  using node = Node.create({ domain });
  using service = node.publishSubscribe("stuck", { payload: Tick, maxSubscribers: 1 });
  const subscriber = service.subscriber();
  const directory = join(bench.directory, "service.publish-subscribe.stuck");
  const holder = bench.start(holdLockUrl, { data: { directory } });
  await holder.next("locked");
  throwsCode(() => subscriber.close(), "FLOE_LOCK_TIMEOUT", { found: /process/ });
  holder.kill();
  await holder.ended;
  subscriber.close();
  service.subscriber().close();
});

/** Path and mode of everything below a directory. */
function modesBelow(directory: string): { readonly path: string; readonly mode: number }[] {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return [".", ...paths].map((path) => ({ path, mode: statSync(join(directory, path)).mode }));
}

function assertModes(directory: string, fileMode: number, directoryMode: number): void {
  const entries = modesBelow(directory);
  assert.ok(entries.length >= 8, "nodes, a service and its files are there");
  for (const { path, mode } of entries) {
    const isDirectory = (mode & 0o170000) === 0o040000;
    assert.equal(
      (mode & 0o7777).toString(8),
      (isDirectory ? directoryMode : fileMode).toString(8),
      path,
    );
  }
}

function withUmask(umask: number, action: () => void): void {
  const before = process.umask(umask);
  try {
    action();
  } finally {
    process.umask(before);
  }
}

function populate(bench: Bench, domain: DomainOptions, check: (directory: string) => void): void {
  using node = Node.create({ domain });
  using service = node.publishSubscribe("modes", { payload: Tick });
  using publisher = service.publisher();
  using subscriber = service.subscriber();
  publisher.send((tick) => void (tick.count = 1));
  assert.equal(
    subscriber.poll(1, () => {}),
    1,
  );
  check(join(bench.root, "modes"));
}

for (const umask of [0o000, 0o022, 0o077, 0o777]) {
  const name = umask.toString(8).padStart(3, "0");
  floeTest(`files are for their user alone, with a umask of ${name}`, (bench) => {
    const domain = { root: bench.root, name: "modes" };
    withUmask(umask, () => populate(bench, domain, (path) => assertModes(path, 0o600, 0o700)));
  });

  floeTest(`files are for a group that is named, with a umask of ${name}`, (bench) => {
    const groupId = process.getuid!() === 0 ? 12_345 : process.getgid!();
    const domain = { root: bench.root, name: "modes", permissions: { groupId } } as const;
    withUmask(umask, () =>
      populate(bench, domain, (path) => {
        assertModes(path, 0o660, 0o770);
        for (const entry of modesBelow(path)) {
          assert.equal(statSync(join(path, entry.path)).gid, groupId, entry.path);
        }
      }),
    );
  });
}

const noOtherUser = otherUserProblem();

floeTest(
  "members of the group may join, others may not",
  async (bench) => {
    const groupId = 12_345;
    chmodSync(bench.root, 0o755);
    const domain = {
      root: join(bench.root, "shared"),
      name: "test",
      permissions: { groupId },
    } as const;
    using node = Node.create({ domain });
    using service = node.publishSubscribe("shared", { payload: Tick });
    using subscriber = service.subscriber();
    const member = bench.start(joinUrl, { data: { domain }, userId: 65_534, groupId });
    assert.deepEqual(await member.next("sent"), { say: "sent", reached: 1 }, member.stderr);
    await member.finish();
    assert.equal(
      subscriber.poll(9, (tick) => assert.equal(tick.count, 42)),
      1,
    );
    const stranger = bench.start(joinUrl, { data: { domain }, userId: 65_534, groupId: 65_534 });
    const refusal = await stranger.next("refused");
    assert.match(String(refusal.code), /^FLOE_(PERMISSION|ROOT_UNUSABLE)$/);
    await stranger.finish();
    assert.equal(
      subscriber.poll(9, () => {}),
      0,
    );
  },
  { skip: noOtherUser },
);
