/**
 * The child's side of `child.ts`: what a program that a test has started says and hears.
 */
import { createInterface } from "node:readline";
import type { Message } from "./child.ts";

/** What the test has handed over at the start. */
export function programData<Data>(): Data {
  return JSON.parse(process.argv[2] ?? "{}") as Data;
}

/** Says something to the test. */
export function say(message: Message): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** What the test tells us, line by line; ends when the test has nothing more to say. */
export async function* orders(): AsyncGenerator<Message, void, undefined> {
  for await (const line of createInterface({ input: process.stdin })) {
    yield JSON.parse(line) as Message;
  }
}
