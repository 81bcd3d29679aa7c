import { apiFailureOf } from '../import-client/api-failure.ts';

interface ApiService {
  /** Of the API Worker, such as `https://annals-api.example.workers.dev`. */
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly signal: AbortSignal;
}

const ANSWER_TIMEOUT_MS = 120_000;

/** One question to the API Worker as the operator. @throws ApiFailure with the service's own words */
export async function askApi<Answer>(
  { url, token, signal }: ApiService,
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
  if (!response.ok) throw apiFailureOf(response.status, text);
  return JSON.parse(text) as Answer;
}
