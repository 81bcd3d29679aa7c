import type { Database } from '../store/database.ts';
import { MAX_PAGE_BYTES } from '../store/page-bytes.ts';
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

/** Rejects by line, `limit` of them at most. `raw` is the line's bytes in base64: they need not be text. */
export async function listRejects(
  database: Database,
  importId: string,
  { after_line, limit }: RejectsQuery,
): Promise<RejectsPage> {
  const rows = await database.call<{ line: string; reason: string; raw: string; mended: boolean; is_more: boolean }>(
    'import_rejects',
    `select counted.line::text as line, reason, translate(encode(raw, 'base64'), E'\\n', '') as raw,
       mended_at is not null as mended, is_more
     from (
       select r.*, row_number() over w as n, sum(octet_length(reason) + octet_length(raw)) over w as bytes,
         lead(r.line) over w is not null as is_more
       from (
         select * from import_rejects where import_id = $1::uuid and import_rejects.line > $2::bigint
         order by import_rejects.line limit $3::integer + 1
       ) r window w as (order by r.line)
     ) counted
     where n = 1 or (n <= $3::integer and bytes <= $4::integer)
     order by counted.line`,
    [importId, after_line, limit, MAX_PAGE_BYTES],
  );
  const rejects = rows.map(({ line, reason, raw, mended }) => ({ line: Number(line), reason, raw, mended }));
  const last = rows.at(-1);
  return { rejects, next_after_line: last?.is_more === true ? Number(last.line) : null };
}
