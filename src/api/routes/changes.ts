import { Hono, type TypedResponse } from 'hono';
import * as z from 'zod';
import { docForJson } from '../../domain/codec/doc-for-json.ts';
import { changesAfter, lastChangePlace, type StoredChange } from '../../store/changes.ts';
import type { Json } from '../answer-types.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiEnv } from '../env.ts';
import { jsonText } from '../json-text.ts';
import { cursor, digits, limit } from '../parameters.ts';
import { isUnchanged } from '../preconditions.ts';
import { query } from '../query.ts';

export const changesQuery = z.strictObject({ since: cursor.optional(), limit: limit(100) });

/** A page that has others after it never changes; one that is up to date soon does. */
const FULL_PAGE_MAX_AGE_S = 60;
const LAST_PAGE_MAX_AGE_S = 1;

const place = z.object({ log: z.string().max(60), xid: digits, seq: digits });

interface ChangeJson {
  op: 'put' | 'delete' | 'evict';
  id: string;
  entity_type: string | null;
  version: number;
  valid_time: string | null;
  tx_time: string;
  tx: number;
  doc: { [field: string]: Json } | null;
}

interface ChangesJson {
  changes: ChangeJson[];
  next: string | null;
  /** Nothing more could be given: ask again later with `next`. */
  up_to_date: boolean;
  /** The store was restored from a backup: forget the copy and begin without `since`. */
  must_refetch?: true;
}

/**
 * `GET /v1/changes?since=…`: every committed event once, in an order that never skips, so that a client can keep a copy.
 * `since=now` gives the place to go on from, for a client that is about to fetch the lists.
 */
export const changesRoute = new Hono<ApiEnv>().get('/v1/changes', query(changesQuery), async (c) => {
  const { since, limit } = c.req.valid('query');
  if (since === 'now') {
    const place = encodeCursor({ ...(await lastChangePlace(c.var.database, c.var.caller.user_id)) });
    return jsonText<ChangesJson>(c, `{"changes":[],"next":"${place}","up_to_date":true}`, {
      'Cache-Control': 'no-store',
    });
  }
  const after = since === undefined ? null : decodeCursor(since, place, 'since');
  const { changes, next, up_to_date } = await changesAfter(c.var.database, c.var.caller.user_id, after, limit);
  if (next === null) {
    return jsonText<ChangesJson>(c, '{"changes":[],"next":null,"up_to_date":false,"must_refetch":true}', {
      'Cache-Control': 'no-store',
    });
  }
  const cursor = encodeCursor({ ...next });
  const headers = {
    ETag: `"${cursor}.${changes.length}"`,
    'Cache-Control': `private, max-age=${up_to_date ? LAST_PAGE_MAX_AGE_S : FULL_PAGE_MAX_AGE_S}`,
    // Two people may use one browser, whose cache is private all the same.
    Vary: 'Authorization',
  };
  if (isUnchanged(c.req.header('if-none-match'), headers.ETag)) {
    const unchanged: Response = c.body(null, 304, headers);
    return unchanged as Response & TypedResponse<ChangesJson, 200, 'json'>;
  }
  return jsonText<ChangesJson>(
    c,
    `{"changes":[${changes.map(changeText).join(',')}],"next":"${cursor}","up_to_date":${up_to_date}}`,
    headers,
  );
});

function changeText(change: StoredChange): string {
  const { op, id, entity_type, version, valid_time, tx_time, tx, doc, hints } = change;
  const head = JSON.stringify({ op, id, entity_type, valid_time, tx_time });
  return `${head.slice(0, -1)},"version":${version},"tx":${tx},"doc":${doc === null ? 'null' : docForJson(doc, hints)}}`;
}
