/**
 * Endings: what the process that stays is told of the nodes that come and go, and whether it is
 * true. Whoever closed its node must be told to have left, whoever was killed with ports open to
 * have died, each once, and of nobody only the coming.
 */
import type { Id, Peers } from "floe";

/** How a node is told to have ended. */
export type Ending = "left" | "died";

/** What was told since somebody asked last. */
export interface Told {
  readonly endings: readonly { readonly name: string; readonly ending: Ending }[];
  /** The names of those of whom nobody has told an end. */
  readonly present: readonly string[];
}

/** Keeps count of what is told. */
export class EndingsTold {
  readonly #present: Map<Id, string> = new Map();
  #endings: { readonly name: string; readonly ending: Ending }[] = [];

  constructor(peers: Peers, offend: (text: string) => void) {
    peers.on("joined", ({ id, name }) => {
      if (this.#present.has(id)) offend(`${name}: told twice that it has joined`);
      this.#present.set(id, name);
    });
    for (const ending of ["left", "died"] as const) {
      peers.on(ending, ({ id }) => {
        const name = this.#present.get(id);
        if (name === undefined) offend(`${id}: told that it ${ending}, but not that it joined`);
        else this.#endings.push({ name, ending });
        this.#present.delete(id);
      });
    }
  }

  get presentCount(): number {
    return this.#present.size;
  }

  /** What was told since the last call. */
  take(): Told {
    const endings = this.#endings;
    this.#endings = [];
    return { endings, present: [...this.#present.values()] };
  }
}

/** What is wrong with what was told of participants that ended in the way that is known of them. */
export function endingFaults(told: Told, known: ReadonlyMap<string, Ending>): string[] {
  const faults = told.present.map((name) => `${name}: nobody told that it ended`);
  for (const { name, ending } of told.endings) {
    const truth = known.get(name);
    if (truth !== undefined && truth !== ending) faults.push(`${name}: ${ending}, not ${truth}`);
  }
  return faults;
}
