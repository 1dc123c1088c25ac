/**
 * Size classes: so that one large message does not make every chunk large.
 *
 * Sizes grow in four steps per doubling (as in jemalloc), so that at most a fifth of a chunk is
 * unused, and messages of similar length share chunks.
 */

import { CHUNK_ALIGNMENT_BYTES } from "../layout/values.ts";

/** The chunk size, header included, for a message that needs `neededBytes`. */
export function chunkStrideFor(neededBytes: number): number {
  const unit = CHUNK_ALIGNMENT_BYTES;
  if (neededBytes <= 4 * unit) return Math.max(1, Math.ceil(neededBytes / unit)) * unit;
  const doublingBytes = 2 ** Math.floor(Math.log2(neededBytes - 1));
  const stepBytes = doublingBytes / 4;
  return Math.ceil(neededBytes / stepBytes) * stepBytes;
}
