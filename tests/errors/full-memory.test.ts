/**
 * A full file system is an error where memory is asked for: never a signal when it is used. It
 * leaves nothing behind, and the system works again once there is room.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { floeTest } from "../support/bench.ts";

const MOUNT = 'mount -t tmpfs -o size=2m floe-test "$1" && shift && exec "$@"';
const programUrl = new URL("./programs/run-out-of-memory.js", import.meta.url);

function skipReason(): string | false {
  const { status, error } = spawnSync("unshare", ["-rm", "sh", "-c", "mount -t tmpfs t /mnt"]);
  if (error !== undefined) return `there is no unshare: ${error.message}`;
  return status === 0 ? false : "this system permits no mount in a user namespace";
}

floeTest(
  "a full tmpfs is refused at every step, and everything works with room again",
  async (b) => {
    const wrapper = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", b.root];
    const child = b.start(programUrl, { wrapper });
    const stages = new Set<unknown>();
    for (let pages = 0; pages <= 60; pages += 1) {
      const tried = await child.next("tried");
      const { stage, code, text, left } = tried;
      stages.add(stage);
      assert.deepEqual(left, [], `${pages} pages: left behind at stage ${stage}`);
      if (stage === "done") continue;
      assert.equal(code, "FLOE_OUT_OF_MEMORY", `${pages} pages, stage ${stage}: ${code}`);
      assert.match(String(text), /ENOSPC.*(tmpfs|FLOE_ROOT)/);
    }
    assert.deepEqual([...stages], ["node", "service", "publisher", "subscriber", "send", "done"]);
    const recovered = await child.next("recovered");
    assert.ok(Number(recovered.refused) > 0, "memory never ran out while growing");
    assert.equal(recovered.after, true);
    assert.equal(recovered.stage, "done");
    assert.deepEqual(recovered.left, []);
    assert.equal((await child.finish()).code, 0, child.stderr);
  },
  { skip: skipReason() },
);
