/**
 * Generates what is made from `spec/layout.ts`: `npm run generate` writes it, a test compares it.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./generated-files.ts";

// This file runs as build/spec/generate.js.
const root = new URL("../../", import.meta.url);
const pathOf = (path: string): string => fileURLToPath(new URL(path, root));

mkdirSync(pathOf("spec/vectors"), { recursive: true });
for (const [path, content] of generatedFiles((path) => readFileSync(pathOf(path), "utf8"))) {
  writeFileSync(pathOf(path), content);
  console.log(path);
}
