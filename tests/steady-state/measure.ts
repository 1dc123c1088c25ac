/**
 * Measures what a stretch of synchronous code costs beside its time: bytes of garbage-collected
 * memory, and, by two marks in a trace, system calls.
 *
 * The used size of the heap grows with each allocation and shrinks only by a collection. The
 * programs run with a young generation so large that a stretch which allocates a little is not
 * collected at all, so the growth is what was allocated; collections are counted to be sure.
 */
import { accessSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { BEGIN_MARKER, type Cost, END_MARKER } from "./programs.ts";

function mark(path: string): void {
  try {
    accessSync(path);
  } catch {
    // It is not there, which is the point.
  }
}

/** Runs `action`, which never gives the event loop a turn, and measures it. */
export async function measure(action: () => void): Promise<Cost> {
  const times: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) times.push(entry.startTime);
  });
  observer.observe({ entryTypes: ["gc"] });
  mark(END_MARKER);
  getHeapStatistics();
  const beginMs = performance.now();
  mark(BEGIN_MARKER);
  const before = getHeapStatistics().used_heap_size;
  action();
  const after = getHeapStatistics().used_heap_size;
  mark(END_MARKER);
  const endMs = performance.now();
  await turn();
  await turn();
  observer.disconnect();
  const collections = times.filter((timeMs) => timeMs >= beginMs && timeMs <= endMs).length;
  return { grownBytes: after - before, collections };
}
