import { ApiFailure } from '../import-client/import-api.ts';

export interface ApiClientOptions {
  /** Of the API Worker, such as `https://annals-api.example.workers.dev`. */
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly signal: AbortSignal;
}

const ANSWER_TIMEOUT_MS = 120_000;

/** One question to the API Worker as the operator. @throws ApiFailure with the service's own words */
export async function askApi<Answer>(
  { url, token, signal }: ApiClientOptions,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Answer;
  try {
    const { code, message, hint } = JSON.parse(text) as { code: string; message: string; hint: string | null };
    throw new ApiFailure(response.status, code, message, hint);
  } catch (error) {
    if (error instanceof ApiFailure) throw error;
    throw new ApiFailure(response.status, `HTTP ${response.status}`, 'the service gives no answer of its own', null);
  }
}
