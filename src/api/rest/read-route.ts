import type { Context } from 'hono';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { restRead } from '../../store/rest-read.ts';
import { asOf } from '../as-of.ts';
import type { ApiEnv } from '../env.ts';
import { instant } from '../parameters.ts';
import { isUnchanged } from '../preconditions.ts';
import { weakEtag } from './etag.ts';
import { decodePlace, encodePlace } from './list-cursor.ts';
import { mediaType } from './media-type.ts';
import { readPreferences } from './preferences.ts';
import { readSql, selectionOf } from './read-sql.ts';
import { renderRows } from './render-rows.ts';
import { RestProblem } from './rest-problem.ts';
import { type RestQuery, readQuery } from './rest-query.ts';
import { contentRange, rangeStatus, rowsRange } from './rows-range.ts';

/** GET and HEAD of a type's records: parse, plan, one request to the database, answer. */
export async function readRecords(c: Context<ApiEnv>, type: EntityType): Promise<Response> {
  const media = mediaType(c.req.header('accept'));
  const preferences = readPreferences(c.req.header('prefer'));
  const query = readQuery(new URL(c.req.url).search);
  const range = rowsRange(query.own.limit, query.own.offset, c.req.header('range'));
  const hasCursor = query.cursor !== null && query.cursor !== '';
  if (query.cursor !== null && range.offset > 0) {
    throw new RestProblem(400, 'PGRST100', 'a cursor goes without an offset', {
      hint: 'The cursor says where the page begins.',
    });
  }
  const moment = asOf(c, { valid_time: instantOf('valid_time', query), tx_time: instantOf('tx_time', query) });
  const place = hasCursor ? decodePlace(query.cursor ?? '') : null;
  const user = c.var.caller.user_id;
  const isPresent = moment.valid_time === null && moment.tx_time === null;
  const compile = (isProjected: boolean) =>
    readSql(selectionOf(type, query, user, moment, isProjected), range, preferences.count, place);
  const compiled = compile(false);
  const { embeds, projectable } = compiled;
  const fields = Object.fromEntries(projectable);
  const projected = isPresent && projectable.size > 0 ? { ...compile(true), entity_type: type.name, fields } : null;
  const { rows, total } = await restRead(c.var.database, user, compiled, projected);

  const status = hasCursor ? 200 : rangeStatus(range, rows.length, total);
  const body = renderRows(rows, media, type, query.select, embeds);
  const last = rows.length === range.limit ? rows.at(-1) : undefined;
  const isOneRecord = media.form === 'object' && embeds.length === 0 && !media.isNullsStripped;
  const etag = isOneRecord ? `"${rows[0]?.version}"` : await weakEtag(body, `${total ?? ''} ${last?.place ?? ''}`);

  const headers = new Headers({
    'Content-Type': media.contentType,
    'Content-Range': contentRange(range, rows.length, total),
    ETag: etag,
    Vary: 'Accept, Accept-Datetime, Authorization, Prefer, Range',
    'Cache-Control': 'private, no-cache',
  });
  if (preferences.applied !== '') headers.set('Preference-Applied', preferences.applied);
  if (last !== undefined) headers.set('Next-Cursor', encodePlace(last.place));
  if (isUnchanged(c.req.header('if-none-match'), etag)) {
    headers.delete('Content-Type');
    return c.body(null, 304, Object.fromEntries(headers));
  }
  return c.body(body, status, Object.fromEntries(headers));
}

function instantOf(name: 'valid_time' | 'tx_time', query: RestQuery): string | undefined {
  const text = query[name];
  if (text === null) return undefined;
  const parsed = instant.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new RestProblem(400, '22P02', `${name} ${parsed.error.issues[0]?.message}`, { details: text.slice(0, 50) });
}
