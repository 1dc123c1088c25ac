/** Holds the control lock of a directory until it is told to end. */
import { openSync } from "node:fs";
import { capabilities } from "floe";
import { orders, programData, say } from "../../support/program.ts";

const LOCK_EX = 2;

interface Shim {
  flock(fd: number, operation: number): number;
}

const { directory } = programData<{ readonly directory: string }>();
const module = { exports: {} };
process.dlopen(module, capabilities().shimPath);
const result = (module.exports as Shim).flock(openSync(directory, "r"), LOCK_EX);
if (result !== 0) throw new Error(`flock answered ${result}`);
say({ say: "locked" });
await orders().next();
