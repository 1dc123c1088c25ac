/**
 * Namespaces: programs that see the file system or the clock otherwise than the test does, as root
 * or as a user that may make namespaces. What is not permitted here is said.
 */
import { spawnSync } from "node:child_process";

const answers: Map<string, string | false> = new Map();

/** Why such a command cannot be run here, or false when it can; it is tried once. */
function problemOf(what: string, ...args: string[]): string | false {
  const known = answers.get(what);
  if (known !== undefined) return known;
  const { status, error, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
  const reason = error?.message ?? stderr.trim();
  const answer = status === 0 ? false : `this system permits no ${what} (${reason})`;
  answers.set(what, answer);
  return answer;
}

/** Why nothing can be mounted for a program alone. */
export function mountProblem(): string | false {
  return problemOf("mount in a user namespace", "-rm", "sh", "-c", "mount -t tmpfs t /mnt");
}

/** Why a program cannot have a clock of its own. */
export function clockProblem(): string | false {
  return problemOf("time namespace", "-rT", "--fork", "--monotonic", "100", "true");
}

/** Starts a program with a tmpfs of its own at `path`. */
export function tmpfsWrapper(path: string, options: string): string[] {
  const script = 'mount -t tmpfs -o "$1" floe-test "$2" && shift 2 && exec "$@"';
  return ["unshare", "-rm", "sh", "-c", script, "sh", options, path];
}

/** Starts a program that may not write below `path`. */
export function readOnlyWrapper(path: string): string[] {
  const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
  return ["unshare", "-rm", "sh", "-c", script, "sh", path];
}

/** Starts a program whose monotonic clock is ahead of ours. */
export function clockWrapper(aheadSeconds: number): string[] {
  return ["unshare", "-rT", "--fork", "--kill-child", "--monotonic", `${aheadSeconds}`];
}
