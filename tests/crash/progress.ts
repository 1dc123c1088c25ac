/**
 * Progress: how far those who died had come, by what they said in time.
 *
 * A victim says a thing when it is done, with a write that is over before it goes on. So what it
 * said is certain, and at most one step more may have happened.
 */
import type { Message } from "../support/child.ts";

/** What victims say beside the course of their lives. */
export type Said = "sent" | "notified" | "joining" | "joined" | "leaving" | "left";

/** What one victim has done. */
export class Progress {
  /** Who it is, in its messages. */
  readonly sender: number;
  readonly #counts = new Map<string, number>();

  constructor(sender: number) {
    this.sender = sender;
  }

  /** Notes what it said. */
  note(message: Message): void {
    this.#counts.set(message.say, this.count(message.say as Said) + 1);
  }

  /** How often it has said something. */
  count(said: Said): number {
    return this.#counts.get(said) ?? 0;
  }
}

/** Adds up what several have said. */
export function total(all: readonly Progress[], said: Said): number {
  return all.reduce((sum, progress) => sum + progress.count(said), 0);
}
