import { sha256Hex } from '../domain/sha256-hex.ts';
import type { Database } from '../store/database.ts';
import { Failure } from '../store/failure.ts';
import { backupFacts, evictionFacts, withRows, writeLines } from './apply-chunk.ts';
import { decodeChunk } from './decode-chunk.ts';

/** `applied` false: the same line came in its place before. */
export interface MendAnswer {
  readonly applied: boolean;
  readonly line: number;
}

/**
 * Applies a corrected line in place of one that was rejected, once. The reject stays, as mended.
 *
 * @throws Failure AN404 no such import, or the line was not rejected; AN409 a cancelled import, a line that was mended otherwise,
 *   or a place in history that is taken; AN422 more than one line, or one that is still no row and no eviction
 */
export async function mendReject(
  database: Database,
  importId: string,
  line: number,
  bytes: Uint8Array,
): Promise<MendAnswer> {
  // As a line of its own: what stands on line 1 of a file would have to be its header.
  const chunk = decodeChunk(bytes, Math.max(line, 2));
  const { rows, evictions, rejects, last_line, first_line } = chunk;
  const [reject] = rejects;
  if (reject !== undefined || last_line !== first_line || rows.length + evictions.length !== 1) {
    throw new Failure('AN422', `line ${line} is not mended: ${reject?.reason ?? 'it is not one row or eviction'}`, {
      hint: 'Correct the line and send it again.',
    });
  }
  // The line end is not part of the line.
  const digest = await sha256Hex(bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes);
  const facts = JSON.stringify({ import_id: importId, line, digest, evictions: evictions.map(evictionFacts) });
  return JSON.parse(
    await writeLines(database, 'import_mend', withRows(facts, rows), backupFacts(importId, chunk)),
  ) as MendAnswer;
}
