/**
 * The repository as a set of source files: what people wrote, without what is generated or fetched.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SourceFile, sourceFile } from "./source-file.ts";

/** The repository's root; this module runs from `build/tests/tidy/`. */
export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

const FOLDERS_LEFT_OUT = new Set([
  ...["node_modules", "build", "dist", "target", ".git", "prebuilds", "results"],
  ...["coverage", "vectors"],
]);

const TEXT_FILES = /(\.(ts|mts|mjs|js|c|h|rs|md|json|toml|sh|yml)|^run)$/;

const NOT_WRITTEN_BY_US = /(^|\/)(package-lock\.json|LICENSE-APACHE)$/;

/** Every text file of the repository that people write, in order of path. */
export function readRepository(root: string = ROOT): SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!FOLDERS_LEFT_OUT.has(entry.name)) visit(path);
      } else if (TEXT_FILES.test(entry.name) && !NOT_WRITTEN_BY_US.test(path)) {
        files.push(sourceFile(path, readFileSync(join(root, path), "utf8")));
      }
    }
  };
  visit("");
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}
