import * as z from 'zod';
import {
  chunkQuery,
  digestsQuery,
  importFinish,
  importOpening,
  importPath,
  importPause,
  mendPath,
  rejectsQuery,
} from '../../importer/request-shapes.ts';
import { isRepeatable } from '../basis.ts';
import { pointerPatch, transactionRequest } from '../plan-transaction.ts';
import { changesQuery } from '../routes/changes.ts';
import { dashboardQuery } from '../routes/dashboard.ts';
import { entitiesQuery } from '../routes/entities.ts';
import { entityPath, momentQuery, typedEntityPath, validQuery } from '../routes/entity.ts';
import { exportQuery } from '../routes/export.ts';
import { heatmapQuery } from '../routes/heatmap.ts';
import { historyPath, historyQuery, userHistoryQuery } from '../routes/history.ts';
import {
  driftsQuery,
  performanceQuery,
  refreshBody,
  refreshesQuery,
  slowQueriesQuery,
  slowQueryPath,
} from '../routes/ops.ts';
import { overviewQuery } from '../routes/overview.ts';
import { schemaPath } from '../routes/schemas.ts';
import { transactionPath, transactionsQuery, undoRequest } from '../routes/transactions.ts';
import {
  analyticsAnswer,
  dashboardAnswer,
  driftsAnswer,
  performanceAnswer,
  planAnswer,
  refreshedAnswer,
  refreshesAnswer,
  slowQueriesAnswer,
  tripwiresAnswer,
} from './analytics-answers.ts';
import {
  changesAnswer,
  entitiesAnswer,
  exportAnswer,
  heatmapAnswer,
  historyAnswer,
  overviewAnswer,
  record,
  schemaAnswer,
  schemasAnswer,
  transactionAnswer,
  transactionDetail,
  transactionsAnswer,
  userHistoryAnswer,
  writtenAnswer,
} from './answers.ts';
import {
  chunkAnswer,
  digestsAnswer,
  importAnswer,
  importsAnswer,
  mendAnswer,
  rejectsAnswer,
  reportAnswer,
} from './import-answers.ts';

/** What a header is for, and what its text looks like. */
export interface DescribedHeader {
  readonly description: string;
  readonly pattern: string;
  readonly example?: string;
}

const ETAGS = '(W/)?"[^"]*"(, (W/)?"[^"]*")*';

/** Headers that several routes take. */
export const HEADERS = {
  'Idempotency-Key': {
    description: 'The same key with the same request gives the first answer again and writes nothing, for 24 hours.',
    pattern: '^[!#-~]{1,255}$',
  },
  'If-Match': {
    description: 'ETags that the entity may have, or * for any; 412 otherwise.',
    pattern: `^([*]|${ETAGS})$`,
    example: '"17"',
  },
  'If-None-Match': {
    description: 'ETags that are known already, answered 304. On a write * alone: the entity must not be there.',
    pattern: `^([*]|${ETAGS})$`,
    example: '"17"',
  },
  'Accept-Datetime': {
    description: 'The moment to read at, valid and transaction time both (RFC 7089), as an HTTP date.',
    pattern:
      '^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (0[1-9]|1[0-9]|2[0-8]) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [12][0-9]{3} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] GMT$',
    example: 'Fri, 01 May 2026 00:00:00 GMT',
  },
  Basis: {
    description: 'now, or what an answer had here, to read the very same versions again; the answer says its own.',
    pattern: '^(now|[A-Za-z0-9_-]+)$',
    example: 'now',
  },
  Position: {
    description: 'What the answer to a write had here: the read sees that write, whichever database it asks.',
    pattern: '^[0-9]{1,18}$',
  },
} as const satisfies Record<string, DescribedHeader>;

/** Headers of answers. */
export const ANSWER_HEADERS = {
  ETag: 'The version, for If-Match and If-None-Match',
  Basis: 'What was read from, where the request asks for it',
  Position: 'For later reads that must see this write',
  'Memento-Datetime': 'The moment that was read at, where the request names one (RFC 7089)',
  Link: 'The page that follows; the address of the present',
  'Retry-After': 'Seconds to wait',
  'WWW-Authenticate': 'What is wrong with the token (RFC 6750)',
  'X-Request-Id': 'Names this request in the log; yours, when you sent one',
} as const;

/** A route as the OpenAPI document tells it. The schemas of what comes in are those that the route itself validates by. */
export interface DescribedRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Hono has it: `:name` is a parameter. */
  readonly path: string;
  readonly tag: 'Records' | 'Transactions' | 'History' | 'Screens' | 'Copies' | 'Schemas' | 'Operator' | 'Imports';
  readonly summary: string;
  readonly parameters?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: readonly (keyof typeof HEADERS)[];
  /** By content type; null is a document of the entity type in the path. */
  readonly body?: Readonly<Record<string, z.ZodType | null>>;
  readonly isBodyOptional?: boolean;
  /** By content type. */
  readonly answer: Readonly<Record<string, z.ZodType>>;
  /** Statuses beside those that every route has that takes the same (`statusesOf`). */
  readonly failures?: readonly number[];
  readonly access?: 'public' | 'operator';
  /** It answers 201 when there is something new, else 200. */
  readonly creates?: boolean;
}

/** The headers that a route takes: its own, and those of every read of a user's records. */
export function headersOf({ method, path, headers = [], access }: DescribedRoute): (keyof typeof HEADERS)[] {
  if (method !== 'get' || access !== undefined) return [...headers];
  return [...headers, ...(isRepeatable(path) ? (['Basis'] as const) : []), 'Position'];
}

const json = (schema: z.ZodType) => ({ 'application/json': schema });
const conditional = ['If-Match', 'If-None-Match', 'Idempotency-Key'] as const;

/** Lines of a history, in either format, perhaps with `Content-Encoding: gzip`. */
const historyLines = z.string().meta({ description: 'docs/history-format.md' });
const lines = { 'application/edn': historyLines, 'application/x-ndjson': historyLines };
const imports = { tag: 'Imports', access: 'operator' } as const;

/** The import Worker's, which the API's forwards to. */
const IMPORT_ROUTES: readonly DescribedRoute[] = [
  {
    ...imports,
    method: 'post',
    path: '/v1/imports',
    summary: 'Opens an import, or finds the one of this file and these arguments',
    body: json(importOpening),
    answer: json(importAnswer),
    creates: true,
  },
  {
    ...imports,
    method: 'get',
    path: '/v1/imports',
    summary: 'The newest 100 imports',
    answer: json(importsAnswer),
  },
  {
    ...imports,
    method: 'get',
    path: '/v1/imports/:id',
    summary: 'How far an import got',
    parameters: importPath,
    answer: json(importAnswer),
    failures: [404],
  },
  {
    ...imports,
    method: 'get',
    path: '/v1/imports/:id/report',
    summary: 'What its rows are, by type, and what of them today’s schemas would refuse',
    parameters: importPath,
    answer: json(reportAnswer),
    failures: [404],
  },
  {
    ...imports,
    method: 'get',
    path: '/v1/imports/:id/rejects',
    summary: 'The lines that could not be taken',
    parameters: importPath,
    query: rejectsQuery,
    answer: json(rejectsAnswer),
  },
  {
    ...imports,
    method: 'put',
    path: '/v1/imports/:id/rejects/:line',
    summary: 'Applies a corrected line in place of one that was rejected',
    parameters: mendPath,
    body: lines,
    answer: json(mendAnswer),
    failures: [404, 409],
  },
  {
    ...imports,
    method: 'post',
    path: '/v1/imports/:id/chunks',
    summary: 'Lines of the file, all or nothing and once however often they come',
    parameters: importPath,
    query: chunkQuery,
    body: lines,
    answer: json(chunkAnswer),
    failures: [404, 409],
  },
  {
    ...imports,
    method: 'post',
    path: '/v1/imports/:id/pause',
    summary: 'Takes no chunk until it is resumed',
    parameters: importPath,
    body: json(importPause),
    answer: json(importAnswer),
    failures: [404, 409],
  },
  {
    ...imports,
    method: 'post',
    path: '/v1/imports/:id/resume',
    summary: 'Takes chunks again',
    parameters: importPath,
    answer: json(importAnswer),
    failures: [404, 409],
  },
  {
    ...imports,
    method: 'post',
    path: '/v1/imports/:id/cancel',
    summary: 'Ends it where it is; what is in stays',
    parameters: importPath,
    answer: json(importAnswer),
    failures: [404, 409],
  },
  {
    ...imports,
    method: 'post',
    path: '/v1/imports/:id/finish',
    summary: 'Closes it when every line is in and the footer agrees',
    parameters: importPath,
    body: json(importFinish),
    isBodyOptional: true,
    answer: json(importAnswer),
    failures: [404, 409],
  },
  {
    ...imports,
    method: 'get',
    path: '/v1/verify/digests',
    summary: 'Digests of what imports brought, entity by entity, to hold against the file',
    query: digestsQuery,
    answer: json(digestsAnswer),
  },
];

/** Every route under /v1 of both Workers; a test compares the list with the routes that there are. docs/rest.md tells of /rest/v1. */
export const DESCRIBED_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'get',
    path: '/v1/entities',
    tag: 'Records',
    summary: 'Records of a type, newest first, in pages, now or as they were',
    query: entitiesQuery,
    headers: ['Accept-Datetime'],
    answer: json(entitiesAnswer),
  },
  {
    method: 'get',
    path: '/v1/entities/:id',
    tag: 'Records',
    summary: 'One record, now or as it was at a valid time and transaction time',
    parameters: entityPath,
    query: momentQuery,
    headers: ['If-None-Match', 'Accept-Datetime'],
    answer: json(record),
    failures: [404],
  },
  {
    method: 'put',
    path: '/v1/entities/:type/:id',
    tag: 'Records',
    summary: 'Writes one record, whole',
    parameters: typedEntityPath,
    query: validQuery,
    headers: conditional,
    body: { 'application/json': null },
    answer: json(writtenAnswer),
    failures: [404, 409],
  },
  {
    method: 'patch',
    path: '/v1/entities/:type/:id',
    tag: 'Records',
    summary: 'Changes parts of one record: by JSON pointers, or as a JSON merge patch',
    parameters: typedEntityPath,
    query: validQuery,
    headers: conditional,
    body: { 'application/json': pointerPatch, 'application/merge-patch+json': null },
    answer: json(writtenAnswer),
    failures: [404, 409],
  },
  {
    method: 'delete',
    path: '/v1/entities/:type/:id',
    tag: 'Records',
    summary: 'Deletes one record; its history stays',
    parameters: typedEntityPath,
    query: validQuery,
    headers: conditional,
    answer: json(writtenAnswer),
    failures: [404, 409],
  },
  {
    method: 'post',
    path: '/v1/transactions',
    tag: 'Transactions',
    summary: 'Any mix of put, patch, delete, restore, match and evict, all or nothing',
    headers: ['Idempotency-Key'],
    body: { 'application/json': transactionRequest },
    answer: json(transactionAnswer),
    failures: [404, 409, 412],
  },
  {
    method: 'get',
    path: '/v1/transactions',
    tag: 'Transactions',
    summary: 'Who wrote when, from which client and why, newest first',
    query: transactionsQuery,
    answer: json(transactionsAnswer),
  },
  {
    method: 'get',
    path: '/v1/transactions/:tx',
    tag: 'Transactions',
    summary: 'One transaction, with what it changed',
    parameters: transactionPath,
    answer: json(transactionDetail),
    failures: [404],
  },
  {
    method: 'post',
    path: '/v1/transactions/:tx/undo',
    tag: 'Transactions',
    summary: 'Takes back all that a transaction wrote, unless it was changed since',
    parameters: transactionPath,
    headers: ['Idempotency-Key'],
    body: json(undoRequest),
    isBodyOptional: true,
    answer: json(transactionAnswer),
    failures: [404, 409],
  },
  {
    method: 'get',
    path: '/v1/entities/:id/history',
    tag: 'History',
    summary: 'The versions of one record, with the fields that changed',
    parameters: historyPath,
    query: historyQuery,
    answer: json(historyAnswer),
    failures: [404],
  },
  {
    method: 'get',
    path: '/v1/history',
    tag: 'History',
    summary: 'What changed over all records, by time, type and attribute',
    query: userHistoryQuery,
    answer: json(userHistoryAnswer),
  },
  {
    method: 'get',
    path: '/v1/overview',
    tag: 'Screens',
    summary: 'All that a first screen shows, now or as it was',
    query: overviewQuery,
    headers: ['Accept-Datetime'],
    answer: json(overviewAnswer),
  },
  {
    method: 'get',
    path: '/v1/heatmap',
    tag: 'Screens',
    summary: 'A year of one type, by local day',
    query: heatmapQuery,
    headers: ['Accept-Datetime'],
    answer: json(heatmapAnswer),
  },
  {
    method: 'get',
    path: '/v1/dashboard',
    tag: 'Screens',
    summary: 'Eight charts of a span of local days, of one type or all',
    query: dashboardQuery,
    answer: json(dashboardAnswer),
  },
  {
    method: 'get',
    path: '/v1/changes',
    tag: 'Copies',
    summary: 'Every committed event after a place, once, in an order that never skips',
    query: changesQuery,
    headers: ['If-None-Match'],
    answer: json(changesAnswer),
  },
  {
    method: 'get',
    path: '/v1/export',
    tag: 'Copies',
    summary: 'All of the user’s records, current or with their history, as a stream or by pages',
    query: exportQuery,
    answer: { 'application/x-ndjson': exportAnswer, 'application/edn': exportAnswer },
  },
  {
    method: 'get',
    path: '/v1/schemas',
    tag: 'Schemas',
    summary: 'The entity types',
    answer: json(schemasAnswer),
    access: 'public',
  },
  {
    method: 'get',
    path: '/v1/schemas/:type',
    tag: 'Schemas',
    summary: 'The JSON Schema of a type’s documents',
    parameters: schemaPath,
    answer: { 'application/schema+json': schemaAnswer },
    failures: [404],
    access: 'public',
  },
  {
    method: 'get',
    path: '/v1/ops/refreshes',
    tag: 'Operator',
    summary: 'The newest refreshes of the analytics, with their durations',
    query: refreshesQuery,
    answer: json(refreshesAnswer),
    access: 'operator',
  },
  {
    method: 'post',
    path: '/v1/ops/refreshes',
    tag: 'Operator',
    summary: 'Refreshes now, some or all, what changed or from scratch',
    body: json(refreshBody),
    answer: json(refreshedAnswer),
    failures: [409],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/analytics',
    tag: 'Operator',
    summary: 'What the cron keeps fresh',
    answer: json(analyticsAnswer),
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/drifts',
    tag: 'Operator',
    summary: 'What drift checks found and healed',
    query: driftsQuery,
    answer: json(driftsAnswer),
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/tripwires',
    tag: 'Operator',
    summary: 'Each limit, its value now and its trend',
    answer: json(tripwiresAnswer),
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/slow-queries',
    tag: 'Operator',
    summary: 'Calls to the database by name, and the newest slow ones',
    query: slowQueriesQuery,
    answer: json(slowQueriesAnswer),
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/slow-queries/:name/plan',
    tag: 'Operator',
    summary: 'How Postgres would run a statement that was slow',
    parameters: slowQueryPath,
    answer: json(planAnswer),
    failures: [404],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/performance',
    tag: 'Operator',
    summary: 'Requests, errors and latencies per route and hour',
    query: performanceQuery,
    answer: json(performanceAnswer),
    access: 'operator',
  },
  ...IMPORT_ROUTES,
];
