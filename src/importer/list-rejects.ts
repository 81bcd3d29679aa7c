import type { Database } from '../store/database.ts';
import type { RejectsQuery } from './request-shapes.ts';

export interface RejectsPage {
  readonly rejects: readonly {
    readonly line: number;
    readonly reason: string;
    readonly raw: string;
    readonly mended: boolean;
  }[];
  /** For the next page's `after_line`; null on the last. */
  readonly next_after_line: number | null;
}

/** Rejects by line. `raw` is the line's bytes in base64: they need not be text. */
export async function listRejects(
  database: Database,
  importId: string,
  { after_line, limit }: RejectsQuery,
): Promise<RejectsPage> {
  const rows = await database.call<{ line: string; reason: string; raw: string; mended: boolean }>(
    'import_rejects',
    `select import_rejects.line::text as line, reason, translate(encode(raw, 'base64'), E'\\n', '') as raw, mended_at is not null as mended
     from import_rejects where import_id = $1::uuid and import_rejects.line > $2::bigint order by import_rejects.line limit $3::integer`,
    [importId, after_line, limit],
  );
  const rejects = rows.map(({ line, reason, raw, mended }) => ({ line: Number(line), reason, raw, mended }));
  return { rejects, next_after_line: rejects.length < limit ? null : (rejects.at(-1)?.line ?? null) };
}
