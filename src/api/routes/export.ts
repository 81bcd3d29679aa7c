import { Hono } from 'hono';
import * as z from 'zod';
import { HISTORY_FORMATS } from '../../domain/codec/history-format.ts';
import { type ExportPage, type ExportPlace, exportPage } from '../../store/export-page.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { ApiEnv } from '../env.ts';
import { cursor, digits, entityId, instant, integer, storedInstant, storedTx } from '../parameters.ts';
import { query } from '../query.ts';

/** Rows of one request to the database. */
const PAGE_ROWS = 2_000;
/** A Worker may ask no more often in one request than this; an export that is longer ends with a line that says so. */
const MAX_PAGES = 900;

export const exportQuery = z.strictObject({
  format: z.enum(['ndjson', 'edn']).default('ndjson'),
  history: z.enum(['current', 'full']).default('current'),
  limit: integer(1, PAGE_ROWS).optional(),
  after: cursor.optional(),
});

/** What was written so far, for the footer: an export fetched by pages carries it along. */
const counts = {
  rows: z.int().min(0),
  entities: z.int().min(0),
  /** Not in a cursor of before evictions had pages of their own. */
  evicted: z.int().min(0).default(0),
};
const snapshot = z.string().regex(/^\d{1,18}:\d{1,18}:[\d,]*$/);
const amongEvents = z.object({
  snapshot,
  as_of: instant,
  entity_id: entityId,
  valid_time: storedInstant,
  tx_time: storedInstant,
  tx: storedTx,
  ...counts,
});
const amongEvictions = z.object({ snapshot, xid: digits, seq: digits, ...counts });

type Counts = Readonly<Record<keyof typeof counts, number>>;

/** By what is exported: what holds now has no evictions. */
const PROGRESS: Readonly<Record<'current' | 'full', z.ZodType<ExportPlace & Counts>>> = {
  current: amongEvents,
  full: z.union([amongEvents, amongEvictions]),
};

const CONTENT_TYPE = { ndjson: 'application/x-ndjson', edn: 'application/edn; charset=utf-8' } as const;

/**
 * `GET /v1/export`: the user's whole store, current or with its history, as NDJSON or in the format of an XTDB export;
 * `annals import` takes both. Without `limit` it is one stream; with it, pages, each with the address of the next in
 * `Link`, so that an export that broke off goes on where it was. One request to the database a page either way.
 */
export const exportRoute = new Hono<ApiEnv>().get('/v1/export', query(exportQuery), async (c) => {
  const { format, history, limit, after } = c.req.valid('query');
  const start = after === undefined ? null : decodeCursor(after, PROGRESS[history]);
  const fetchPage = (place: ExportPlace | null) =>
    exportPage(c.var.database, c.var.caller.user_id, { history, limit: limit ?? PAGE_ROWS, after: place });
  const write = HISTORY_FORMATS[format];
  // The first page before the answer begins, so that what goes wrong there still has a status.
  const first = await fetchPage(start);
  let counts: Counts = { rows: start?.rows ?? 0, entities: start?.entities ?? 0, evicted: start?.evicted ?? 0 };
  let lastId = start !== null && 'entity_id' in start ? start.entity_id : null;
  const text = (page: ExportPage, isFirst: boolean): string => {
    counts = countsAfter(counts, page, lastId);
    lastId = page.events.at(-1)?.entity_id ?? lastId;
    const head = { exported_at: new Date().toISOString(), store: 'annals', version: '1' };
    const { events, evictions, next } = page;
    return lines([
      ...(isFirst && start === null ? [write.header(head)] : []),
      ...events.map(write.row),
      ...evictions.map(write.evicted),
      ...(next === null ? [write.end({ ...counts, transactions: 0 })] : []),
    ]);
  };
  const headers = { 'Content-Type': CONTENT_TYPE[format], 'Cache-Control': 'no-store' };
  if (limit !== undefined) {
    const body = text(first, true);
    if (first.next === null) return c.body(body, 200, headers);
    const next = new URL(c.req.url);
    next.searchParams.set('after', encodeCursor({ ...first.next, ...counts }));
    return c.body(body, 200, { ...headers, Link: `<${next.pathname}${next.search}>; rel="next"` });
  }
  return c.body(pagesOf(first, fetchPage, text), 200, headers);
});

/** The pages as a stream that fetches one when the reader wants one: memory stays flat. */
function pagesOf(
  first: ExportPage,
  fetchPage: (place: ExportPlace) => Promise<ExportPage>,
  text: (page: ExportPage, isFirst: boolean) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let page = first;
  let pages = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (pages > 0) {
        // A stream that breaks off has no footer, which is how a reader knows.
        if (page.next === null) return controller.close();
        if (pages >= MAX_PAGES)
          return controller.error(new Error(`an export of over ${MAX_PAGES} pages: fetch it with limit`));
        page = await fetchPage(page.next);
      }
      controller.enqueue(encoder.encode(text(page, pages === 0)));
      pages++;
    },
  });
}

function countsAfter(
  { rows, entities, evicted }: Counts,
  { events, evictions }: ExportPage,
  lastId: string | null,
): Counts {
  let known = lastId;
  let more = 0;
  for (const { entity_id } of events) {
    if (entity_id !== known) more++;
    known = entity_id;
  }
  return { rows: rows + events.length, entities: entities + more, evicted: evicted + evictions.length };
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');
