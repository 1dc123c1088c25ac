/**
 * Stage: where an error is provoked. What is opened here is closed again by the test, however
 * damaged it is by then.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  type ErrorCode,
  type EventOptions,
  type EventService,
  FloeError,
  Node,
  type NodeOptions,
  type Payload,
  type PublishSubscribe,
  type PublishSubscribeOptions,
  struct,
  u32,
} from "floe";
import type { Expected } from "./assertions.ts";
import type { Bench } from "./bench.ts";

/** The payload of services whose payload does not matter. */
export const Tick = struct("Tick", { count: u32 });

/** One row of the table: a mistake, and what the error for it must say. */
export interface Row {
  /** The mistake, in words that follow "an error for". */
  readonly mistake: string;
  readonly code: ErrorCode;
  readonly expected: Required<Expected>;
  /** Makes the mistake; whatever it throws is examined. */
  readonly provoke: (stage: Stage) => unknown;
  /** Why the mistake cannot be made here, if so. */
  readonly skip?: string | false;
}

/** Everything that a row may use. */
export class Stage {
  readonly bench: Bench;
  readonly #held: { close(): void }[] = [];

  constructor(bench: Bench) {
    this.bench = bench;
  }

  /** Notes that something has to be closed. */
  hold<Closable extends { close(): void }>(closable: Closable): Closable {
    this.#held.push(closable);
    return closable;
  }

  node(options: NodeOptions = {}): Node {
    return this.hold(Node.create({ domain: this.bench.domain, ...options }));
  }

  /** Opens a service by a node of its own. */
  open<P extends Payload>(name: string, options: PublishSubscribeOptions<P>): PublishSubscribe<P> {
    return this.hold(this.node().publishSubscribe(name, options));
  }

  /** Opens a service of ticks by a node of its own. */
  ticks(name = "s", options: Partial<PublishSubscribeOptions<typeof Tick>> = {}) {
    return this.open(name, { payload: Tick, ...options });
  }

  /** Opens an event service by a node of its own. */
  events(options: EventOptions = {}): EventService {
    return this.hold(this.node().event("s", options));
  }

  /** The directory of a service. */
  directory(name = "s"): string {
    return join(this.bench.directory, `service.publish-subscribe.${name}`);
  }

  /** Changes the text of a service's configuration. */
  editConfig(edit: (text: string) => string | Uint8Array): void {
    const path = join(this.directory(), "service.json");
    writeFileSync(path, edit(readFileSync(path, "utf8")));
  }

  /** Overwrites a word of a file of a service. */
  poke(file: string, offsetBytes: number, value: number): void {
    const fd = openSync(join(this.directory(), file), "r+");
    try {
      writeSync(fd, new Uint8Array(Int32Array.of(value).buffer), 0, 4, offsetBytes);
    } finally {
      closeSync(fd);
    }
  }

  /** Closes everything; what lies in ruins may complain, in our words. */
  close(): void {
    for (const closable of this.#held.reverse()) {
      try {
        closable.close();
      } catch (error) {
        assert.ok(FloeError.is(error), String(error));
      }
    }
  }
}
