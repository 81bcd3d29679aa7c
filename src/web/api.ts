import type { Session } from './session.ts';

/** One record, as every answer carries it: fixed fields beside the doc's own. Instants are ISO 8601 in UTC. */
export interface Entity {
  readonly id: string;
  readonly entity_type: string;
  readonly user_id: string;
  readonly version: number;
  readonly occurred_at: string | null;
  readonly occurred_until: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly label: string | null;
  readonly related: readonly RelatedEntity[];
  readonly [field: string]: unknown;
}

export interface RelatedEntity {
  readonly id: string;
  readonly entity_type: string;
  readonly label: string | null;
}

export interface Overview {
  readonly as_of: string;
  /** IANA name of the user's zone. */
  readonly time_zone: string;
  readonly user: { readonly id: string; readonly email: string | null; readonly label: string | null };
  /** Newest first. */
  readonly timeline: readonly Entity[];
  /** Begun and not ended. */
  readonly running: readonly Entity[];
  readonly counts: {
    readonly today: Readonly<Record<string, number>>;
    readonly last_7_days: Readonly<Record<string, number>>;
  };
}

export interface Heatmap {
  readonly entity_type: string;
  readonly year: number;
  readonly time_zone: string;
  readonly as_of: string;
  readonly lag_ms: number;
  /** Years that have records of the type. */
  readonly years: readonly number[];
  /** Days that have records, in order. */
  readonly days: readonly HeatmapDay[];
}

export interface HeatmapDay {
  /** `YYYY-MM-DD`, local. */
  readonly day: string;
  readonly records: number;
  readonly minutes: number;
}

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** An answer of the API that is not a success, with the API's own words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.hint = body.hint;
  }
}

/** @throws ApiError, or a TypeError when the network fails */
export function getOverview(session: Session, signal: AbortSignal): Promise<Overview> {
  return get<Overview>(session, '/v1/overview', signal);
}

/** @throws ApiError, or a TypeError when the network fails */
export function getHeatmap(
  session: Session,
  query: { entity_type: string; year: number },
  signal: AbortSignal,
): Promise<Heatmap> {
  const search = new URLSearchParams({ entity_type: query.entity_type, year: String(query.year) });
  return get<Heatmap>(session, `/v1/heatmap?${search}`, signal);
}

/** A token that the API no longer takes (a key was withdrawn, say) is renewed once before anyone is troubled. */
async function get<Answer>(session: Session, path: string, signal: AbortSignal): Promise<Answer> {
  let response = await send(await session.accessToken(), path, signal);
  if (response.status === 401) response = await send(await session.renewedToken(), path, signal);
  if (response.ok) return (await response.json()) as Answer;
  throw new ApiError(response.status, await errorBody(response));
}

function send(token: string, path: string, signal: AbortSignal): Promise<Response> {
  return fetch(path, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' }, signal });
}

/** Something between here and the Worker may answer without our error shape. */
async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const { code, message, hint } = (await response.json()) as Partial<ErrorBody>;
    if (typeof code === 'string' && typeof message === 'string') return { code, message, hint: hint ?? null };
  } catch {
    // Not JSON: the status says all there is.
  }
  return { code: `HTTP ${response.status}`, message: 'The service gave no usable answer.', hint: 'Try again soon.' };
}
