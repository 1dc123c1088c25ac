/** Takes notes until each publisher's last one has come, and tells what it has counted. */
import assert from "node:assert/strict";
import { type MessageInfo, Node } from "floe";
import { programData, say } from "../../support/program.ts";
import { Note } from "../payloads.ts";
import type { Assignment, Tally } from "../programs.ts";

const { domain, service: name, messages, publishers, bufferSize } = programData<Assignment>();
const tallies = new Map<number, Tally>();
let finished = 0;

function count(
  note: { readonly sender: number; readonly count: number; readonly square: number; name: string },
  info: MessageInfo,
): void {
  const tally = tallies.get(note.sender) ?? { received: 0, missed: 0, last: 0 };
  tallies.set(note.sender, tally);
  const { missed } = info;
  assert.equal(note.count, info.sequence);
  assert.equal(note.count, tally.last + missed + 1);
  assert.equal(note.square, note.count * note.count);
  assert.equal(note.name, `n${note.count % 1000}`);
  tally.received += 1;
  tally.missed += missed;
  tally.last = note.count;
  if (note.count === messages) finished += 1;
}

const node = Node.create({ domain });
const service = node.publishSubscribe(name, { payload: Note, bufferSize });
const subscriber = service.subscriber();
say({ say: "joined" });
while (finished < publishers) {
  if (subscriber.poll(64, count) > 0) continue;
  await new Promise<void>((resolve) => setImmediate(resolve));
}
subscriber.close();
service.close();
node.close();
say({ say: "counted", tallies: Object.fromEntries(tallies) });
