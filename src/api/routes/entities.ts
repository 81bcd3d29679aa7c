import { Hono } from 'hono';
import * as z from 'zod';
import { docForJson } from '../../domain/codec/doc-for-json.ts';
import { entityHistory } from '../../store/entity-history.ts';
import { Failure } from '../../store/failure.ts';
import { getEntity } from '../../store/get-entity.ts';
import { listEntities } from '../../store/list-entities.ts';
import type { Json, RecordJson } from '../answer-types.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiEnv } from '../env.ts';
import { jsonText } from '../json-text.ts';
import { path, query } from '../query.ts';
import { recordText } from '../record-text.ts';

const MAX_PAGE = 1_000;

const limit = (standard: number) => z.coerce.number().int().min(1).max(MAX_PAGE).default(standard);
const instant = z.iso.datetime({ offset: true, message: 'is not an instant: write 2026-07-01T12:00:00Z' });
const entityId = z.object({ id: z.guid('is not a UUID').toLowerCase() });
const basis = z.object({ valid_time: instant.optional(), tx_time: instant.optional() });
const list = z.object({ entity_type: z.string().min(1), limit: limit(50), after: z.string().optional() });
const history = z.object({
  corrections: z.enum(['true', 'false']).default('false'),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: limit(100),
});

type VersionJson = {
  version: number;
  valid_time: string;
  tx_time: string;
  tx: number;
  entity_type: string | null;
  doc: { [field: string]: Json } | null;
};

/** One answer for an unknown id and for somebody else's: whether it exists is not told. */
const unknownEntity = (id: string) =>
  new Failure('AN404', 'There is no such entity.', {
    details: { id },
    hint: 'Check the id, and the moment you asked about.',
  });

export const entityRoutes = new Hono<ApiEnv>()
  /** `GET /v1/entities?entity_type=…`: a type's records, newest first; `next` is the `after` of the page that follows. */
  .get('/v1/entities', query(list), async (c) => {
    const { entity_type, limit, after } = c.req.valid('query');
    const records = await listEntities(c.var.database, c.var.caller.user_id, {
      entity_type,
      limit,
      after: after === undefined ? null : decodeCursor(after),
    });
    const last = records.length === limit ? records.at(-1) : undefined;
    const next = last === undefined ? null : encodeCursor({ occurred_at: last.occurred_at, id: last.id });
    return jsonText<{ records: RecordJson[]; next: string | null }>(
      c,
      `{"records":[${records.map(recordText).join(',')}],"next":${JSON.stringify(next)}}`,
    );
  })
  /** `GET /v1/entities/ID?valid_time=…&tx_time=…`: one record, now or as it was. */
  .get('/v1/entities/:id', path(entityId), query(basis), async (c) => {
    const { id } = c.req.valid('param');
    const { valid_time = null, tx_time = null } = c.req.valid('query');
    const stored = await getEntity(c.var.database, c.var.caller.user_id, id, { valid_time, tx_time });
    if (stored === null) throw unknownEntity(id);
    return jsonText<RecordJson>(c, recordText(stored), { ETag: `"${stored.version}"` });
  })
  /** `GET /v1/entities/ID/history`: its versions, tombstones (`doc` null) and versions of the future included. */
  .get('/v1/entities/:id/history', path(entityId), query(history), async (c) => {
    const { id } = c.req.valid('param');
    const { corrections, order, limit } = c.req.valid('query');
    const versions = await entityHistory(c.var.database, c.var.caller.user_id, id, {
      with_corrections: corrections === 'true',
      order,
      limit,
    });
    if (versions.length === 0) throw unknownEntity(id);
    const texts = versions.map(
      (v) =>
        `{"version":${v.version},"valid_time":"${v.valid_time}","tx_time":"${v.tx_time}","tx":${v.tx},` +
        `"entity_type":${JSON.stringify(v.entity_type)},"doc":${v.doc === null ? 'null' : docForJson(v.doc, v.hints)}}`,
    );
    return jsonText<{ id: string; versions: VersionJson[] }>(c, `{"id":"${id}","versions":[${texts.join(',')}]}`);
  });
