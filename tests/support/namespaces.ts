/**
 * Namespaces: some tests start programs that share nothing with us but files, as containers do.
 *
 * That takes `unshare` and the permission to make user namespaces, which many containers and some
 * distributions refuse. What is missing is said, so that a test can skip with the reason.
 */

import { spawnSync } from "node:child_process";

/** Starts a program in user, process id, IPC, network and mount namespaces of its own. */
export const OWN_NAMESPACES = [
  "unshare",
  "--map-root-user",
  "--pid",
  "--ipc",
  "--net",
  "--mount-proc",
  // Who is killed from outside is `unshare`; the kernel then kills the program.
  "--kill-child",
  "--fork",
] as const;

/** Starts a program that may not use inotify, as in a user namespace of its own. */
export const NO_INOTIFY = [
  "unshare",
  "--map-root-user",
  "sh",
  "-c",
  'echo 0 > /proc/sys/user/max_inotify_instances && exec "$0" "$@"',
] as const;

/** Why no program can be started in this way, or false when it can. */
export function namespaceProblem(wrapper: readonly string[]): string | false {
  const [file, ...args] = [...wrapper, process.execPath, "--version"];
  const { status, stderr, error } = spawnSync(file!, args, { encoding: "utf8" });
  if (status === 0) return false;
  return `no namespaces here: ${error?.message ?? stderr.trim()}`;
}
