/**
 * Where tests put domains: in shared memory, as programs do.
 */
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";

/** The folder for domains: shared memory where there is some. */
export function memoryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}
