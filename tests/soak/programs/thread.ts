/**
 * A participant in a thread of its own.
 */
import { workerData } from "node:worker_threads";
import { Participant, type Seat } from "../participant.ts";

const participant = new Participant(workerData as Seat);
participant.join();
await participant.live();
