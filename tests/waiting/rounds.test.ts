/**
 * A sample of the rounds of `npm run test:wake`: no way of waiting, and no mixture, loses a
 * wake-up.
 */
import { floeTest } from "../support/bench.ts";
import { seedOf } from "../support/random.ts";
import { WAYS } from "./programs.ts";
import { playRounds } from "./rounds.ts";

const ROUNDS = 3000;

for (const way of [...WAYS, "mixed"] as const) {
  floeTest(`${ROUNDS} rounds of sleeping and waking lose nothing: ${way}`, async (bench) => {
    await playRounds(bench, way, ROUNDS, seedOf(bench.t));
  });
}
