/**
 * A process that plays an actor's part as it is told, one order after the other, and tells how each
 * of them ended. It closes everything when there are no more orders.
 */
import { type DomainOptions, FloeError } from "floe";
import { orders, programData, say } from "../../support/program.ts";
import { reportOf } from "../report.ts";
import { Stunts } from "../stunts.ts";

const stunts = new Stunts(programData<{ readonly domain: DomainOptions }>().domain);

for await (const { act, args } of orders()) {
  try {
    const method = stunts[act as keyof Stunts] as (...args: unknown[]) => unknown;
    const result = await method.apply(stunts, args as unknown[]);
    say({ say: "done", result: result ?? null });
  } catch (error) {
    if (FloeError.is(error)) say({ say: "failed", error: reportOf(error) });
    else say({ say: "broken", text: error instanceof Error ? error.stack : String(error) });
  }
}
stunts.close();
