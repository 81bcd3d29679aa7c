import { hc, type InferResponseType } from 'hono/client';
import type { Api } from '../api/app.ts';
import { retryAfterMs } from '../import-client/retry-after-ms.ts';
import { type Operation, type StoredRecord, wireOperation } from './data/operations.ts';
import type { Session } from './session.ts';
import { answered, reach } from './unreachable.ts';

type Client = ReturnType<typeof hc<Api>>;

export type Overview = InferResponseType<Client['v1']['overview']['$get'], 200>;
/** One record, as the overview carries it: fixed fields beside the doc's own. */
export type Entity = Overview['timeline'][number];
export type Heatmap = InferResponseType<Client['v1']['heatmap']['$get'], 200>;
/** A local day that has records. */
export type HeatmapDay = Heatmap['days'][number];

export type Changes = InferResponseType<Client['v1']['changes']['$get'], 200>;
type DashboardAnswer = InferResponseType<Client['v1']['dashboard']['$get'], 200>;
type FlowDay = DashboardAnswer['task_flow'][number];
/** Charts; what was asked is known. */
export type Dashboard = Omit<DashboardAnswer, keyof DashboardQuery | 'task_flow'> & {
  /** How often tasks were put off is in the log alone: null where this device counts. */
  readonly task_flow: readonly (Omit<FlowDay, 'snoozed'> & { readonly snoozed: FlowDay['snoozed'] | null })[];
};
export type Refresh = InferResponseType<Client['v1']['ops']['refreshes']['$get'], 200>['refreshes'][number];
export type Tripwire = InferResponseType<Client['v1']['ops']['tripwires']['$get'], 200>['tripwires'][number];
export type SlowQueries = InferResponseType<Client['v1']['ops']['slow-queries']['$get'], 200>;
export type Drift = InferResponseType<Client['v1']['ops']['drifts']['$get'], 200>['drifts'][number];
export type RouteHour = InferResponseType<Client['v1']['ops']['performance']['$get'], 200>['routes'][number];

/** Some of a type's records; `next` is the `after` of those that follow. */
export interface Page {
  readonly records: readonly StoredRecord[];
  readonly next: string | null;
}
export type History = InferResponseType<Client['v1']['entities'][':id']['history']['$get'], 200>;
/** One version of a record; a tombstone has no doc. */
export type Version = History['versions'][number];
export interface HistoryQuery {
  readonly entity_type?: string;
  /** Instants, the first included, the second not. */
  readonly since?: string;
  readonly until?: string;
  /** `next` of the page before. */
  readonly after?: string;
}
export interface DashboardQuery {
  readonly entity_type: string;
  /** Local days, both ends included. */
  readonly from: string;
  readonly to: string;
  readonly show: string;
}
export type AllHistory = InferResponseType<Client['v1']['history']['$get'], 200>;
export type LoggedVersion = AllHistory['versions'][number];
/** What wrote a version. */
export type Transaction = NonNullable<Version['transaction']>;
/** What a write answers: which records it changed, and to which version. */
export type Written = InferResponseType<Client['v1']['transactions']['$post'], 200>;

/** A field that the API refuses. */
export interface FieldProblem {
  /** JSON pointer into the request's body. */
  readonly field: string;
  readonly message: string;
}

export interface ExportPage {
  readonly text: string;
  /** Null after the last one. */
  readonly next: string | null;
}

/** What the API says of an answer that is not a success. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: unknown;
}

/** An answer of the API that is not a success, with the API's own words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly details: unknown;
  /** How long the service wants to be left alone; 0 when it does not say. */
  readonly retry_after_ms: number;

  constructor(status: number, body: ErrorBody, retry_after_ms: number) {
    super(body.message);
    this.status = status;
    this.retry_after_ms = retry_after_ms;
    this.code = body.code;
    this.hint = body.hint;
    this.details = body.details;
  }
}

export interface AnnalsApi {
  /** @param show kinds of hidden records to show too, joined by commas; @throws ApiError, SignedOut, or Unreachable when the network fails */
  overview(show: string, signal: AbortSignal): Promise<Overview>;
  /** @param query with `show` as of {@link AnnalsApi.overview}; @throws as it */
  heatmap(query: { entity_type: string; year: number; show: string }, signal: AbortSignal): Promise<Heatmap>;
  /** Charts of local days, both ends included. @throws as {@link AnnalsApi.overview} */
  dashboard(query: DashboardQuery, signal: AbortSignal): Promise<Dashboard>;
  /** What the operator watches. @throws as {@link AnnalsApi.overview}, ApiError 403 for anybody else */
  refreshes(signal: AbortSignal): Promise<readonly Refresh[]>;
  /** Brings the analytics up to date now. @throws as {@link AnnalsApi.refreshes}, ApiError 409 while another refresh runs */
  refreshNow(): Promise<void>;
  tripwires(signal: AbortSignal): Promise<readonly Tripwire[]>;
  slowQueries(signal: AbortSignal): Promise<SlowQueries>;
  /** How Postgres would run a call that was slow, line by line. */
  slowPlan(name: string, signal: AbortSignal): Promise<readonly string[]>;
  performance(signal: AbortSignal): Promise<readonly RouteHour[]>;
  /** What the daily check found wrong in the analytics, and set right. */
  drifts(signal: AbortSignal): Promise<readonly Drift[]>;
  /** A type's records, newest first. @param after `next` of the page before; @throws as {@link AnnalsApi.overview} */
  entities(query: { entity_type: string; limit: number; after: string | null }): Promise<Page>;
  /**
   * What was written after a place.
   * @param since `next` of the page before, or `now` for a place to begin at
   * @throws as {@link AnnalsApi.overview}
   */
  changes(since: string): Promise<Changes>;
  /** Those of these records that are there, as they are now. @throws as {@link AnnalsApi.overview} */
  entitiesById(entity_type: string, ids: readonly string[]): Promise<readonly StoredRecord[]>;
  /** A record as it is now. @throws as {@link AnnalsApi.overview}, ApiError 404 when there is none */
  entity(id: string): Promise<StoredRecord>;
  /** A page of a record's versions, newest first. @param after `next` of the page before; @throws as {@link AnnalsApi.entity} */
  history(id: string, after: string | null, signal: AbortSignal): Promise<History>;
  /**
   * A page of the user's export.
   * @param path of the first page, or `next` of the page before
   * @throws as {@link AnnalsApi.overview}
   */
  exportPage(path: string, signal: AbortSignal): Promise<ExportPage>;
  /**
   * Applies all operations or none; the same key again gives the first answer and writes nothing.
   * @param why what it does, in words: kept with the transaction, for its history
   * @throws as {@link AnnalsApi.overview}, ApiError 412 when a record is at another version, 422 when a doc is refused
   */
  transact(key: string, operations: readonly Operation[], why: string): Promise<Written>;
  /** Takes a transaction back. @throws as {@link AnnalsApi.overview}, ApiError 409 when what it wrote was changed since */
  undo(tx: number, why: string): Promise<Written>;
  /** What changed over all records by transaction time, the newest first. @throws as {@link AnnalsApi.overview} */
  allHistory(query: HistoryQuery, signal: AbortSignal): Promise<AllHistory>;
}

/**
 * The service's edge endpoints, typed by its own routes, asked as the session's user.
 *
 * @param moment an instant that every read is about: what held then, by what was known then; null is now
 */
export function annalsApi(session: Session, moment: string | null): AnnalsApi {
  const send = authorized(session, moment);
  const client = hc<Api>(location.origin, { fetch: send });
  return {
    async overview(show, signal) {
      const response = await client.v1.overview.$get({ query: { show } }, { init: { signal } });
      return response.json();
    },
    async heatmap({ entity_type, year, show }, signal) {
      const query = { entity_type, year: String(year), show };
      const response = await client.v1.heatmap.$get({ query }, { init: { signal } });
      return response.json();
    },
    async dashboard(query, signal) {
      const response = await client.v1.dashboard.$get({ query }, { init: { signal } });
      return response.json();
    },
    async refreshes(signal) {
      const response = await client.v1.ops.refreshes.$get(
        { query: { limit: String(MAX_REFRESHES) } },
        { init: { signal } },
      );
      return (await response.json()).refreshes;
    },
    async refreshNow() {
      await send('/v1/ops/refreshes', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    },
    async tripwires(signal) {
      const response = await client.v1.ops.tripwires.$get({}, { init: { signal } });
      return (await response.json()).tripwires;
    },
    async slowQueries(signal) {
      const response = await client.v1.ops['slow-queries'].$get({ query: {} }, { init: { signal } });
      return response.json();
    },
    async slowPlan(name, signal) {
      const plan = client.v1.ops['slow-queries'][':name'].plan;
      return (await (await plan.$get({ param: { name } }, { init: { signal } })).json()).plan;
    },
    async drifts(signal) {
      const response = await client.v1.ops.drifts.$get({ query: {} }, { init: { signal } });
      return (await response.json()).drifts;
    },
    async performance(signal) {
      const response = await client.v1.ops.performance.$get({ query: {} }, { init: { signal } });
      return (await response.json()).routes;
    },
    async entities({ entity_type, limit, after }) {
      const query = new URLSearchParams({
        order: 'occurred_at.desc,id',
        show: 'archived,sensitive',
        limit: String(limit),
        cursor: after ?? '',
      });
      const response = await send(`/rest/v1/${entity_type}?${query}`);
      return { records: (await response.json()) as StoredRecord[], next: response.headers.get('next-cursor') };
    },
    async changes(since) {
      const response = await client.v1.changes.$get({ query: { since, limit: String(MAX_CHANGES) } });
      return response.json();
    },
    async entitiesById(entity_type, ids) {
      const query = new URLSearchParams({ id: `in.(${ids.join(',')})`, show: 'archived,sensitive' });
      const response = await send(`/rest/v1/${entity_type}?${query}`);
      return (await response.json()) as StoredRecord[];
    },
    async entity(id) {
      const response = await client.v1.entities[':id'].$get({ param: { id }, query: {} });
      return response.json();
    },
    async history(id, after, signal) {
      const place = after === null ? {} : { after };
      const query = { limit: String(HISTORY_PAGE), corrections: 'true' as const, ...place };
      const response = await client.v1.entities[':id'].history.$get({ param: { id }, query }, { init: { signal } });
      return response.json();
    },
    async exportPage(path, signal) {
      const response = await send(path, { signal });
      const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null;
      return { text: await response.text(), next };
    },
    async allHistory(query, signal) {
      const response = await client.v1.history.$get(
        { query: { ...query, limit: String(HISTORY_PAGE) } },
        { init: { signal } },
      );
      return response.json();
    },
    async undo(tx, why) {
      const response = await send(`/v1/transactions/${tx}/undo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ meta: { why } }),
      });
      return (await response.json()) as Written;
    },
    async transact(key, operations, why) {
      const json = { operations: operations.map(wireOperation), meta: { why } };
      const init = { signal: AbortSignal.timeout(MAX_WRITE_MS) };
      const response = await client.v1.transactions.$post({ json }, { headers: { 'idempotency-key': key }, init });
      // The time may be up, or the network lost, also halfway through the answer.
      return answered(response.json());
    },
  };
}

/** The service gives a write up after 15 seconds; the rest is for 4 MiB on a slow way there. Later writes wait for it. */
const MAX_WRITE_MS = 120_000;

/** Of one page of what changed, of a record or of all. */
const HISTORY_PAGE = 100;

/** Some hundred passes of all analytics. */
const MAX_REFRESHES = 1_000;

/** Of one page of the feed. */
const MAX_CHANGES = 500;

/**
 * A `fetch` with the user's token, that throws for what is not a success. A token that the API no longer takes (a key
 * was withdrawn, say) is renewed once before anyone is troubled.
 */
export function authorized(session: Session, moment: string | null): typeof fetch {
  // Where reads are a replica's, it must have got as far as our last write.
  let position: string | null = null;
  return async (input, init) => {
    const send = (token: string): Promise<Response> => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${token}`);
      if (moment !== null) headers.set('accept-datetime', new Date(moment).toUTCString());
      if (position !== null) headers.set('position', position);
      return reach(input, { ...init, headers });
    };
    let response = await send(await session.accessToken());
    if (response.status === 401) response = await send(await session.renewedToken());
    if (!response.ok) {
      const retry_after_ms = retryAfterMs(response.headers.get('retry-after'));
      throw new ApiError(response.status, await errorBody(response), retry_after_ms);
    }
    position = response.headers.get('position') ?? position;
    return response;
  };
}

/** Something between here and the Worker may answer without our error shape. */
async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const { code, message, hint, details } = (await response.json()) as Partial<ErrorBody>;
    if (typeof code === 'string' && typeof message === 'string')
      return { code, message, hint: hint ?? null, details: details ?? null };
  } catch {
    // Not JSON: the status says all there is.
  }
  const message = 'The service gave no usable answer.';
  return { code: `HTTP ${response.status}`, message, hint: 'Try again soon.', details: null };
}
