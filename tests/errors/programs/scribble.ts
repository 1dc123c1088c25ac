/** Scribbles into the memory of a service until its standard input ends. */
import { programData, say } from "../../support/program.ts";
import { Random } from "../../support/random.ts";
import { Scribbler } from "../scribbler.ts";

const { directory, seed } = programData<{ readonly directory: string; readonly seed: number }>();
const scribbler = new Scribbler(directory, new Random(seed));
let isOver = false;
process.stdin.on("end", () => {
  isOver = true;
});
process.stdin.resume();
say({ say: "scribbling" });
while (!isOver) {
  for (let count = 0; count < 50; count += 1) scribbler.writeInUse();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
scribbler.close();
