/**
 * Rounds of sleeping and waking between two processes; a lost wake-up shows as a round that does
 * not come.
 */
import assert from "node:assert/strict";
import type { Bench } from "../support/bench.ts";
import type { Way } from "./programs.ts";

const roundsUrl = new URL("./programs/rounds.js", import.meta.url);

/** Plays `rounds` messages there and back, each awaited in `way` on both sides. */
export async function playRounds(
  bench: Bench,
  way: Way,
  rounds: number,
  seed: number,
): Promise<void> {
  const sides = (["a", "b"] as const).map((role, index) =>
    bench.start(roundsUrl, { data: { role, way, rounds, seed: seed + index } }),
  );
  for (const side of sides) await side.next("made");
  for (const side of sides) {
    // It says nothing until all rounds are played, so the end is waited for and not a line.
    const end = await side.ended;
    assert.equal(end.code, 0, `${way}, seed ${seed}: ${side.stderr}`);
    assert.equal((await side.next("done")).rounds, rounds);
  }
}
