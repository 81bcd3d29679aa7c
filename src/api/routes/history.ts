import { Hono } from 'hono';
import * as z from 'zod';
import { entityHistory } from '../../store/entity-history.ts';
import { userHistory } from '../../store/user-history.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiEnv } from '../env.ts';
import { jsonText } from '../json-text.ts';
import { cursor, digits, entityId, flag, instant, limit, plainText, storedInstant, storedTx } from '../parameters.ts';
import { path, query } from '../query.ts';
import { unknownEntity } from '../unknown-entity.ts';
import { type VersionJson, versionText } from '../version-text.ts';

const order = z.enum(['asc', 'desc']).default('desc');

export const historyPath = z.object({ id: entityId });
export const historyQuery = z.strictObject({
  corrections: flag,
  order,
  limit: limit(100),
  valid_since: instant.optional(),
  valid_until: instant.optional(),
  tx_since: instant.optional(),
  tx_until: instant.optional(),
  after: cursor.optional(),
});
export const userHistoryQuery = z.strictObject({
  entity_type: plainText.optional(),
  since: instant.optional(),
  until: instant.optional(),
  attribute: plainText.optional(),
  order,
  limit: limit(100),
  after: cursor.optional(),
});

const versionPlace = z.object({ valid_time: storedInstant, tx_time: storedInstant, tx: storedTx });
const logPlace = z.object({ tx_time: storedInstant, tx: storedTx, version: digits });

export const historyRoutes = new Hono<ApiEnv>()
  /** `GET /v1/entities/ID/history`: its versions and who wrote them, tombstones (`doc` null) and versions of the future included. */
  .get('/v1/entities/:id/history', path(historyPath), query(historyQuery), async (c) => {
    const { id } = c.req.valid('param');
    const { corrections, order, limit, after, ...bounds } = c.req.valid('query');
    const versions = await entityHistory(c.var.database, c.var.caller.user_id, id, {
      with_corrections: corrections === 'true',
      order,
      limit,
      valid_since: bounds.valid_since ?? null,
      valid_until: bounds.valid_until ?? null,
      tx_since: bounds.tx_since ?? null,
      tx_until: bounds.tx_until ?? null,
      after: after === undefined ? null : decodeCursor(after, versionPlace),
    });
    // Every entity has a version; a page after the last, or outside of the bounds, may hold none all the same.
    if (versions.length === 0 && after === undefined && Object.keys(bounds).length === 0) throw unknownEntity(id);
    const last = versions.length === limit ? versions.at(-1) : undefined;
    const next =
      last === undefined ? null : encodeCursor({ valid_time: last.valid_time, tx_time: last.tx_time, tx: last.tx });
    return jsonText<{ id: string; versions: VersionJson[]; next: string | null }>(
      c,
      `{"id":"${id}","versions":[${versions.map(versionText).join(',')}],"next":${JSON.stringify(next)}}`,
    );
  })
  // What takes the other methods would read `history` as an id.
  .all('/v1/entities/:id/history', (c) => c.notFound())
  /** `GET /v1/history`: what changed over all the user's entities and who wrote it, by transaction time. */
  .get('/v1/history', query(userHistoryQuery), async (c) => {
    const { entity_type, since, until, attribute, order, limit, after } = c.req.valid('query');
    const { versions, next } = await userHistory(c.var.database, c.var.caller.user_id, {
      entity_type: entity_type ?? null,
      since: since ?? null,
      until: until ?? null,
      attribute: attribute ?? null,
      order,
      limit,
      after: after === undefined ? null : decodeCursor(after, logPlace),
    });
    return jsonText<{ versions: (VersionJson & { id: string })[]; next: string | null }>(
      c,
      `{"versions":[${versions.map(versionText).join(',')}],"next":${JSON.stringify(next === null ? null : encodeCursor({ ...next }))}}`,
    );
  });
