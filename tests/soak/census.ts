/**
 * Census: what lies in a domain, counted as the file system shows it.
 */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** How much lies in a domain. */
export interface Census {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
}

/** The paths of everything in a directory; it may change meanwhile. */
export function pathsBelow(directory: string): string[] {
  try {
    const paths: string[] = [];
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      paths.push(entry.name);
      if (!entry.isDirectory()) continue;
      const inner = pathsBelow(join(directory, entry.name));
      paths.push(...inner.map((path) => `${entry.name}/${path}`));
    }
    return paths.sort();
  } catch {
    return [];
  }
}

/** Counts what lies in a directory. */
export function censusOf(directory: string): Census {
  let files = 0;
  let directories = 0;
  let bytes = 0;
  for (const path of pathsBelow(directory)) {
    const status = lstatSync(join(directory, path), { throwIfNoEntry: false });
    if (status === undefined) continue;
    if (status.isDirectory()) directories += 1;
    else files += 1;
    bytes += status.blocks * 512;
  }
  return { files, directories, bytes };
}

/** The greater of each number. */
export function greatest(one: Census, other: Census): Census {
  return {
    files: Math.max(one.files, other.files),
    directories: Math.max(one.directories, other.directories),
    bytes: Math.max(one.bytes, other.bytes),
  };
}

/** Nothing at all. */
export const EMPTY: Census = { files: 0, directories: 0, bytes: 0 };
