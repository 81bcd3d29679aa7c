import { hc, type InferResponseType } from 'hono/client';
import type { Api } from '../api/app.ts';
import type { Session } from './session.ts';

type Client = ReturnType<typeof hc<Api>>;

export type Overview = InferResponseType<Client['v1']['overview']['$get'], 200>;
/** One record, as the overview carries it: fixed fields beside the doc's own. */
export type Entity = Overview['timeline'][number];
export type Heatmap = InferResponseType<Client['v1']['heatmap']['$get'], 200>;
/** A local day that has records. */
export type HeatmapDay = Heatmap['days'][number];

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

export interface AnnalsApi {
  /** @throws ApiError, SignedOut, or a TypeError when the network fails */
  overview(signal: AbortSignal): Promise<Overview>;
  /** @throws as {@link AnnalsApi.overview} */
  heatmap(query: { entity_type: string; year: number }, signal: AbortSignal): Promise<Heatmap>;
}

/** The service's edge endpoints, typed by its own routes, asked as the session's user. */
export function annalsApi(session: Session): AnnalsApi {
  const client = hc<Api>(location.origin, { fetch: authorized(session) });
  return {
    async overview(signal) {
      const response = await client.v1.overview.$get({ query: {} }, { init: { signal } });
      return response.json();
    },
    async heatmap({ entity_type, year }, signal) {
      const query = { entity_type, year: String(year) };
      const response = await client.v1.heatmap.$get({ query }, { init: { signal } });
      return response.json();
    },
  };
}

/**
 * A `fetch` with the user's token, that throws for what is not a success. A token that the API no longer takes (a key
 * was withdrawn, say) is renewed once before anyone is troubled.
 */
function authorized(session: Session): typeof fetch {
  return async (input, init) => {
    const send = (token: string): Promise<Response> => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${token}`);
      return fetch(input, { ...init, headers });
    };
    let response = await send(await session.accessToken());
    if (response.status === 401) response = await send(await session.renewedToken());
    if (!response.ok) throw new ApiError(response.status, await errorBody(response));
    return response;
  };
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
