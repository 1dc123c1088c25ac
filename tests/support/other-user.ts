/**
 * Other users: some tests start a program as somebody who is neither root nor the test's user.
 *
 * That takes root, and folders that the other user may enter: a Node binary or a checkout in a
 * private folder is none. What is missing is said, so that a test can skip with the reason.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The user and group id of nobody. */
export const NOBODY_ID = 65_534;

/** Why no program can be started as another user, or false when it can. */
export function otherUserProblem(): string | false {
  if (process.getuid!() !== 0) return "only root can start programs as other users";
  const { status } = spawnSync(process.execPath, ["--check", fileURLToPath(import.meta.url)], {
    uid: NOBODY_ID,
    gid: NOBODY_ID,
    stdio: "ignore",
  });
  return status === 0 ? false : "another user may not enter the folder of Node or of this checkout";
}
