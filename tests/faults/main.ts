/** Writes the tables of `docs/faults.md` anew: `npm run generate:faults`. */
import { readFileSync, writeFileSync } from "node:fs";
import { PAGE_URL, pageOf } from "./page.ts";
import { CHAPTERS } from "./table.ts";

writeFileSync(PAGE_URL, pageOf(readFileSync(PAGE_URL, "utf8"), CHAPTERS));
