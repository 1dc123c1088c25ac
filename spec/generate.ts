/**
 * Generates what is made from `spec/layout.ts`: `npm run generate` writes it, a test compares it.
 */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./generated-files.ts";

const root = new URL("../../", import.meta.url);

for (const [path, text] of generatedFiles()) {
  writeFileSync(fileURLToPath(new URL(path, root)), text);
  console.log(path);
}
