/**
 * `npm run test:wake -- [--rounds N] [--seed S]`: rounds of sleeping and waking by the million.
 *
 * The rounds are shared out over all ways of waiting and their mixture. A wake-up that is lost
 * shows as a round that does not come, with the seed that makes it again.
 */
import { parseArgs } from "node:util";
import { floeTest } from "../support/bench.ts";
import { WAYS } from "./programs.ts";
import { playRounds } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 0x7fff_ffff) },
  },
});
const ways = [...WAYS, "mixed"] as const;
const roundsOfEach = Math.ceil(Number(values.rounds) / ways.length);
const seed = Number(values.seed);

/** A round takes a tenth of a millisecond; ten times as much is for busy machines. */
const LIMIT_MS_A_ROUND = 1;
const LIMIT_MS_MIN = 60_000;

for (const way of ways) {
  floeTest(
    `${roundsOfEach} rounds of sleeping and waking lose nothing: ${way}, seed ${seed}`,
    (bench) => playRounds(bench, way, roundsOfEach, seed),
    { limitMs: Math.max(LIMIT_MS_MIN, roundsOfEach * LIMIT_MS_A_ROUND) },
  );
}
