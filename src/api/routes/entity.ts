import { type Context, Hono, type TypedResponse } from 'hono';
import * as z from 'zod';
import { entityType } from '../../domain/entity-type.ts';
import type { JsonObject } from '../../domain/json/json-value.ts';
import { getEntity } from '../../store/get-entity.ts';
import { transact } from '../../store/transact.ts';
import type { Json, RecordJson } from '../answer-types.ts';
import { asOf } from '../as-of.ts';
import type { ApiEnv } from '../env.ts';
import { exactJson } from '../exact-json.ts';
import { invalid, problemsOf } from '../invalid.ts';
import { jsonText } from '../json-text.ts';
import { pointersOfMergePatch } from '../merge-patch.ts';
import { entityId, entityTypeName, instant } from '../parameters.ts';
import { type Operation, planOperation, pointerPatch } from '../plan-transaction.ts';
import { etagOf, expectedVersion, isUnchanged } from '../preconditions.ts';
import { path, query } from '../query.ts';
import { recordText } from '../record-text.ts';
import { unknownEntity } from '../unknown-entity.ts';
import { writeRequest } from '../write-request.ts';

export const entityPath = z.object({ id: entityId });
export const typedEntityPath = z.object({
  type: entityTypeName,
  id: entityId,
});
export const momentQuery = z.strictObject({ valid_time: instant.optional(), tx_time: instant.optional() });
export const validQuery = z.strictObject({ valid_from: instant.optional(), valid_to: instant.optional() });

/** What a write of one entity answers; the record itself is read with GET. */
interface WrittenJson {
  id: string;
  entity_type: string | null;
  version: number | null;
  updated_at: string;
  deleted_at: string | null;
  tx: number;
  tx_time: string;
  replayed?: true;
}

type Doc = { [field: string]: Json };

type WriteContext = Context<
  ApiEnv,
  string,
  { out: { param: z.output<typeof typedEntityPath>; query: z.output<typeof validQuery> } }
>;

/** One entity at a time, with preconditions (RFC 9110). Paths name the type, since a write needs its schema. */
export const entityRoutes = new Hono<ApiEnv>()
  /** `GET /v1/entities/ID?valid_time=…&tx_time=…`: one record, now or as it was. */
  .get('/v1/entities/:id', path(entityPath), query(momentQuery), async (c) => {
    const { id } = c.req.valid('param');
    const moment = asOf(c, c.req.valid('query'));
    const stored = await getEntity(c.get('database'), c.get('caller').user_id, id, moment);
    if (stored === null) throw unknownEntity(id);
    const etag = etagOf(stored.version);
    if (isUnchanged(c.req.header('if-none-match'), etag)) {
      const unchanged: Response = c.body(null, 304, { ETag: etag });
      return unchanged as Response & TypedResponse<RecordJson, 200, 'json'>;
    }
    return jsonText<RecordJson>(c, recordText(stored), { ETag: etag });
  })
  /** `PUT /v1/entities/TYPE/ID`: the doc, whole. */
  .put('/v1/entities/:type/:id', path(typedEntityPath), query(validQuery), exactJson<Doc>(), async (c) => {
    const { text, json } = c.req.valid('json');
    const { type, id } = c.req.valid('param');
    return write(c, text, { op: 'put', id, entity_type: type, doc: json });
  })
  /** `PATCH /v1/entities/TYPE/ID`: a JSON merge patch, or `{set, unset}` by JSON pointers, by the content type. */
  .patch('/v1/entities/:type/:id', path(typedEntityPath), query(validQuery), exactJson<Doc>(), async (c) => {
    const { text, json } = c.req.valid('json');
    const { type, id } = c.req.valid('param');
    return write(c, text, { op: 'patch', id, entity_type: type, ...patchOf(c, type, json) });
  })
  /** `DELETE /v1/entities/TYPE/ID`: a tombstone; its history stays. */
  .delete('/v1/entities/:type/:id', path(typedEntityPath), query(validQuery), async (c) => {
    const { type, id } = c.req.valid('param');
    return write(c, '', { op: 'delete', id, entity_type: type });
  });

function patchOf(c: Context, type: string, json: JsonObject) {
  const schema = entityType(type);
  if (/^application\/merge-patch\+json/i.test(c.req.header('content-type') ?? '') && schema !== undefined) {
    const { set, unset, objects } = pointersOfMergePatch(schema, json);
    return { set, unset: [...unset], objects };
  }
  const parsed = pointerPatch.safeParse(json);
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  return parsed.data;
}

async function write(c: WriteContext, body: string, operation: Operation) {
  const expected = expectedVersion(c.req.header('if-match'), c.req.header('if-none-match'));
  const planned = planOperation({ ...operation, ...c.req.valid('query') }, c.get('caller').user_id, () =>
    crypto.randomUUID(),
  );
  if (Array.isArray(planned)) throw invalid(planned);
  const answer = await transact(c.get('database'), {
    ...(await writeRequest(c, body)),
    operations: [{ ...planned, ...(expected !== undefined && { expected_version: expected }) }],
    meta: null,
  });
  // Numbers of transactions and versions are far below what a double holds.
  const { entities, ...transaction } = JSON.parse(answer);
  const [entity] = entities;
  const hasEtag = entity.version !== null && (entity.deleted_at === null || operation.op !== 'delete');
  return jsonText<WrittenJson>(
    c,
    JSON.stringify({ ...entity, ...transaction }),
    hasEtag ? { ETag: etagOf(entity.version) } : {},
  );
}
