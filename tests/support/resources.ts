/**
 * What a process holds of the system: open descriptors and mapped files.
 *
 * Both are counted as the kernel shows them, so that nothing the library believes of itself is
 * taken for granted. Memory that was given back shows as anonymous and is not counted.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** How much this process holds. */
export interface Resources {
  readonly descriptors: number;
  readonly mappings: number;
}

/** The files below `root` that a process has mapped, once for each mapping. */
export function mappedFiles(root: string, pid: number | "self" = "self"): string[] {
  return readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .map((line) => line.slice(line.indexOf("/")))
    .filter((path) => path.startsWith(`${root}/`));
}

/** The files below `root` that a process has open, once for each descriptor. */
export function openFiles(root: string, pid: number | "self" = "self"): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory)
    .map((fd) => {
      try {
        return readlinkSync(`${directory}/${fd}`);
      } catch {
        // It was closed meanwhile, as that of the listing itself is.
        return "";
      }
    })
    .filter((path) => path.startsWith(`${root}/`));
}

/** Counts descriptors of this process and its mappings of files below `root`. */
export function resourcesHeld(root: string): Resources {
  return {
    // One of them is the listing itself, every time.
    descriptors: readdirSync("/proc/self/fd").length,
    mappings: mappedFiles(root).length,
  };
}
