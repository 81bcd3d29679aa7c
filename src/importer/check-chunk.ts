import { type RejectedLine, skippedRows } from './apply-chunk.ts';
import { type ChunkReport, chunkReport } from './chunk-report.ts';
import type { DecodedChunk } from './decode-chunk.ts';

/** What an import would say of a chunk, with nothing written and the database not asked. */
export interface ChunkCheck {
  readonly first_line: number;
  readonly last_line: number;
  readonly rows: number;
  readonly tombstones: number;
  readonly evictions: number;
  readonly skipped: number;
  readonly nonconforming: number;
  readonly rejects: readonly RejectedLine[];
  readonly report: ChunkReport;
}

/** What applying the chunk would answer, as far as that is known without the store. */
export function checkChunk(chunk: DecodedChunk): ChunkCheck {
  return {
    first_line: chunk.first_line,
    last_line: chunk.last_line,
    rows: chunk.rows.length,
    tombstones: chunk.rows.filter((row) => row.event.doc === null).length,
    evictions: chunk.evictions.length,
    skipped: skippedRows(chunk),
    nonconforming: chunk.rows.filter((row) => row.nonconforming.length > 0).length,
    rejects: chunk.rejects.map(({ line, reason }) => ({ line, reason })),
    report: chunkReport(chunk),
  };
}
