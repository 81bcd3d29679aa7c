import type { Context } from 'hono';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { Failure, type FailureCode } from '../../store/failure.ts';
import { type RestWrite, type RestWritten, restWrite } from '../../store/rest-write.ts';
import { bodyText } from '../body-text.ts';
import type { ApiEnv } from '../env.ts';
import { writeRequest } from '../write-request.ts';
import { expectedVersions } from './etag.ts';
import { type MediaType, mediaType } from './media-type.ts';
import { MAX_WRITTEN_ROWS, planInsert, planUpdate } from './plan-rows.ts';
import { type Preferences, readPreferences } from './preferences.ts';
import { chooseSql, pinnedIds, type Selection, selectionOf, writtenSql } from './read-sql.ts';
import { notSingular, renderRows } from './render-rows.ts';
import { RestProblem, type RestStatus } from './rest-problem.ts';
import { readQuery } from './rest-query.ts';
import { writeBody } from './write-body.ts';

type Action = RestWrite['action'];

/** POST, PATCH and DELETE: parse, plan, one request and one transaction, answer. */
export async function writeRecords(c: Context<ApiEnv>, type: EntityType, action: Action): Promise<Response> {
  // Read whatever comes of it: a refusal in the middle of a body is a broken connection to the client.
  const text = action === 'delete' ? '' : await textOf(c.req.raw);
  const media = mediaType(c.req.header('accept'));
  const preferences = readPreferences(c.req.header('prefer'));
  const query = readQuery(new URL(c.req.url).search);
  if (query.valid_time !== null || query.tx_time !== null || query.cursor !== null) {
    throw new RestProblem(400, 'PGRST100', 'valid_time, tx_time and cursor are for reads', {
      hint: 'POST /v1/transactions writes at a valid time.',
    });
  }
  const { user_id } = c.var.caller;
  const selection = selectionOf(type, query, user_id, { valid_time: null, tx_time: null });
  const change =
    action === 'insert'
      ? insertion(c, selection, preferences, text, user_id)
      : byFilter(c, selection, action, text, user_id);
  if (change === null) return answer(c, selection, media, preferences, action, NOTHING_WRITTEN);
  const max_affected = action === 'insert' ? null : preferences.maxAffected;
  const singular = media.form === 'object';
  const heeded = [preferences.resolution, max_affected, singular ? 'one object' : null];
  const request: RestWrite = {
    action,
    max_affected,
    singular,
    answer: preferences.representation === 'representation' ? writtenSql(selection) : null,
    ...(await writeRequest(c, text, heeded.filter((preference) => preference !== null).join())),
    ...change,
  };
  const written = await restWrite(c.var.database, request, selection.sight.parameters.text);
  throwIfRefused(written, preferences);
  return answer(c, selection, media, preferences, action, written);
}

/** The body, or why it is none in PostgREST's words. */
async function textOf(request: Request): Promise<string> {
  try {
    return await bodyText(request);
  } catch (error) {
    const status = error instanceof Failure ? BODY_STATUS.get(error.code) : undefined;
    if (!(error instanceof Failure) || status === undefined) throw error;
    throw new RestProblem(status, 'PGRST102', error.message, { hint: error.hint });
  }
}

const BODY_STATUS: ReadonlyMap<FailureCode, RestStatus> = new Map([
  ['AN400', 400],
  ['AN413', 413],
  ['AN415', 415],
]);

const NOTHING_WRITTEN: RestWritten = { refusal: null, affected: 0, created: 0, rows: [] };

function insertion(
  c: Context<ApiEnv>,
  { type, query }: Selection,
  { resolution }: Preferences,
  text: string,
  userId: string,
): Partial<RestWrite> | null {
  if (query.onConflict !== null && query.onConflict !== 'id') {
    throw new RestProblem(
      400,
      '42P10',
      'there is no unique or exclusion constraint matching the ON CONFLICT specification',
      { hint: 'Only id is unique: on_conflict=id.' },
    );
  }
  if (c.req.header('if-match') !== undefined || c.req.header('if-none-match') !== undefined) {
    throw new RestProblem(400, 'PGRST100', 'A POST takes neither If-Match nor If-None-Match', {
      hint: 'Without Prefer: resolution=… it writes over nothing; PATCH with id=eq.… takes If-Match.',
    });
  }
  const rows = writeBody(c.req.header('content-type'), text, type);
  if (rows.length === 0) return null;
  const on_conflict = resolution === null ? null : resolution === 'merge-duplicates' ? 'merge' : 'ignore';
  return { operations: planInsert(rows, type, userId, query.columns, () => crypto.randomUUID()), on_conflict };
}

function byFilter(
  c: Context<ApiEnv>,
  selection: Selection,
  action: 'update' | 'delete',
  text: string,
  userId: string,
): Partial<RestWrite> | null {
  const { type, query } = selection;
  const { own } = query;
  if (own.filters.length === 0) {
    throw new RestProblem(400, '21000', `${action.toUpperCase()} requires a WHERE clause`, {
      hint: 'Add a filter: id=eq.… for one record. created_at=not.is.null means all.',
    });
  }
  if (own.limit !== null || own.offset !== null) {
    throw new RestProblem(400, 'PGRST100', `limit and offset do not bound an ${action}`, {
      hint: 'Filter more, or send Prefer: handling=strict, max-affected=…',
    });
  }
  const pinned = pinnedIds(own.filters);
  const expected = expectedVersions(c.req.header('if-match'), c.req.header('if-none-match'), pinned);
  const operation =
    action === 'delete'
      ? `{"op":"delete","entity_type":"${type.name}"}`
      : planUpdate(writeBody(c.req.header('content-type'), text, type), type, userId, query.columns, pinned);
  if (operation === null) return null;
  // One more than may be written, so that too many are noticed and refused.
  const { choose, chooseAgain } = chooseSql(selection, MAX_WRITTEN_ROWS + 1);
  return { operation, choose, choose_again: chooseAgain, ...(expected === null ? {} : { expected }) };
}

function throwIfRefused({ refusal, affected, rows }: RestWritten, { maxAffected }: Preferences): void {
  switch (refusal) {
    case null:
      return;
    case 'duplicate':
      throw new RestProblem(409, '23505', 'duplicate key value violates unique constraint "entities_pkey"', {
        details: `Key (id)=(${rows[0]?.id}) already exists.`,
        hint: 'Prefer: resolution=merge-duplicates writes over it.',
      });
    case 'precondition':
      throw new RestProblem(412, 'AN412', 'The record is not at the version that If-Match expects.', {
        details: rows[0] === undefined ? 'There is no such record.' : `It is at version ${rows[0].version}.`,
        hint: 'Read it again and decide anew.',
      });
    case 'max_affected':
      throw new RestProblem(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', {
        details: `The query affects ${affected} rows`,
        hint: `max-affected is ${maxAffected}.`,
      });
    case 'singular':
      throw notSingular(affected);
  }
}

function answer(
  c: Context<ApiEnv>,
  { type, query, embeds }: Selection,
  media: MediaType,
  preferences: Preferences,
  action: Action,
  written: RestWritten,
): Response {
  const { rows, affected, created } = written;
  const headers = new Headers();
  if (preferences.applied !== '') headers.set('Preference-Applied', preferences.applied);
  const counted = preferences.count === null ? '*' : String(affected);
  headers.set(
    'Content-Range',
    action === 'update' && rows.length > 0 ? `0-${rows.length - 1}/${counted}` : `*/${counted}`,
  );
  const [first] = rows;
  if (
    action === 'insert' &&
    rows.length === 1 &&
    first !== undefined &&
    preferences.representation === 'headers-only'
  ) {
    headers.set('Location', `/rest/v1/${type.name}?id=eq.${first.id}`);
  }
  if (rows.length === 1 && first !== undefined && action !== 'delete') headers.set('ETag', `"${first.version}"`);
  // An upsert that created nothing is no creation.
  const isCreated = action === 'insert' && (preferences.resolution === null || created > 0);
  if (preferences.representation !== 'representation') {
    if (action !== 'insert') return c.body(null, 204, Object.fromEntries(headers));
    return c.body(null, isCreated ? 201 : 200, Object.fromEntries(headers));
  }
  headers.set('Content-Type', media.contentType);
  return c.body(
    renderRows(rows, media, type, query.select, embeds),
    isCreated ? 201 : 200,
    Object.fromEntries(headers),
  );
}
