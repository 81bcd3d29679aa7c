import type * as z from 'zod';
import { pointerPatch, transactionRequest } from '../plan-transaction.ts';
import { changesQuery } from '../routes/changes.ts';
import { dashboardQuery } from '../routes/dashboard.ts';
import { entitiesQuery } from '../routes/entities.ts';
import { basisQuery, entityPath, typedEntityPath, validQuery } from '../routes/entity.ts';
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

/** Headers that several routes take, by name, with what they are for. */
export const HEADERS = {
  'Idempotency-Key':
    'The same key with the same request gives the first answer again and writes nothing, for 24 hours.',
  'If-Match': 'ETags that the entity may have, or * for any; 412 otherwise.',
  'If-None-Match':
    'On a read: ETags that are known already, answered 304. On a write: *, the entity must not be there.',
  'Accept-Datetime': 'The moment to read at, valid and transaction time both (RFC 7089), as an HTTP date.',
} as const;

/** A route as the OpenAPI document tells it. The schemas of what comes in are those that the route itself validates by. */
export interface DescribedRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Hono has it: `:name` is a parameter. */
  readonly path: string;
  readonly tag: 'Records' | 'Transactions' | 'History' | 'Screens' | 'Copies' | 'Schemas' | 'Operator';
  readonly summary: string;
  readonly parameters?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: readonly (keyof typeof HEADERS)[];
  /** By content type; null is a document of the entity type in the path. */
  readonly body?: Readonly<Record<string, z.ZodType | null>>;
  /** By content type. */
  readonly answer: Readonly<Record<string, z.ZodType>>;
  /** Statuses beside 200, 401, 422, 503 and 504. */
  readonly failures?: readonly number[];
  readonly access?: 'public' | 'operator';
}

const json = (schema: z.ZodType) => ({ 'application/json': schema });
const conditional = ['If-Match', 'If-None-Match', 'Idempotency-Key'] as const;

/** Every route under /v1; a test compares the list with the routes that there are. docs/rest.md tells of /rest/v1. */
export const DESCRIBED_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'get',
    path: '/v1/entities',
    tag: 'Records',
    summary: 'Records of a type, newest first, in pages',
    query: entitiesQuery,
    answer: json(entitiesAnswer),
  },
  {
    method: 'get',
    path: '/v1/entities/:id',
    tag: 'Records',
    summary: 'One record, now or as it was at a valid time and transaction time',
    parameters: entityPath,
    query: basisQuery,
    headers: ['If-None-Match', 'Accept-Datetime'],
    answer: json(record),
    failures: [304, 404],
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
    failures: [404, 409, 412],
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
    failures: [404, 409, 412],
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
    failures: [404, 409, 412],
  },
  {
    method: 'post',
    path: '/v1/transactions',
    tag: 'Transactions',
    summary: 'Any mix of put, patch, delete, restore, match and evict, all or nothing',
    headers: ['Idempotency-Key'],
    body: { 'application/json': transactionRequest },
    answer: json(transactionAnswer),
    failures: [400, 404, 409, 412, 413, 415],
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
    failures: [304],
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
    failures: [403],
    access: 'operator',
  },
  {
    method: 'post',
    path: '/v1/ops/refreshes',
    tag: 'Operator',
    summary: 'Refreshes now, some or all, what changed or from scratch',
    body: json(refreshBody),
    answer: json(refreshedAnswer),
    failures: [400, 403, 409, 415],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/analytics',
    tag: 'Operator',
    summary: 'What the cron keeps fresh',
    answer: json(analyticsAnswer),
    failures: [403],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/drifts',
    tag: 'Operator',
    summary: 'What drift checks found and healed',
    query: driftsQuery,
    answer: json(driftsAnswer),
    failures: [403],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/tripwires',
    tag: 'Operator',
    summary: 'Each limit, its value now and its trend',
    answer: json(tripwiresAnswer),
    failures: [403],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/slow-queries',
    tag: 'Operator',
    summary: 'Calls to the database by name, and the newest slow ones',
    query: slowQueriesQuery,
    answer: json(slowQueriesAnswer),
    failures: [403],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/slow-queries/:name/plan',
    tag: 'Operator',
    summary: 'How Postgres would run a statement that was slow',
    parameters: slowQueryPath,
    answer: json(planAnswer),
    failures: [403, 404],
    access: 'operator',
  },
  {
    method: 'get',
    path: '/v1/ops/performance',
    tag: 'Operator',
    summary: 'Requests, errors and latencies per route and hour',
    query: performanceQuery,
    answer: json(performanceAnswer),
    failures: [403],
    access: 'operator',
  },
];
