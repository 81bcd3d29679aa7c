import { Hono } from 'hono';
import * as z from 'zod';
import { listEntities } from '../../store/list-entities.ts';
import type { RecordJson } from '../answer-types.ts';
import { asOf } from '../as-of.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiEnv } from '../env.ts';
import { jsonText } from '../json-text.ts';
import { cursor, entityId, instant, limit, plainText, storedInstant } from '../parameters.ts';
import { query } from '../query.ts';
import { recordText } from '../record-text.ts';
import { show } from '../show.ts';

export const entitiesQuery = z.strictObject({
  entity_type: plainText,
  limit: limit(50),
  after: cursor.optional(),
  show,
  valid_time: instant.optional(),
  tx_time: instant.optional(),
});

const place = z.object({ occurred_at: storedInstant, id: entityId });

/** `GET /v1/entities?entity_type=…`: a type's records, newest first, now or as they were; `next` is the `after` of the page that follows. */
export const entitiesRoute = new Hono<ApiEnv>().get('/v1/entities', query(entitiesQuery), async (c) => {
  const { entity_type, limit, after, show: shown, ...asked } = c.req.valid('query');
  const records = await listEntities(c.get('database'), c.get('caller').user_id, {
    entity_type,
    shown,
    moment: asOf(c, asked),
    limit,
    after: after === undefined ? null : decodeCursor(after, place),
  });
  const last = records.length === limit ? records.at(-1) : undefined;
  const next = last === undefined ? null : encodeCursor({ occurred_at: last.occurred_at, id: last.id });
  return jsonText<{ records: RecordJson[]; next: string | null }>(
    c,
    `{"records":[${records.map(recordText).join(',')}],"next":${JSON.stringify(next)}}`,
  );
});
