import type { Context } from 'hono';
import { logEvent } from '../log/log-event.ts';
import { FAILURE_STATUS, Failure } from '../store/failure.ts';

/** How long a client should wait after a 503. Short: the usual cause is a compute that is waking. */
const RETRY_AFTER_S = 1;

/** Every error's body, in PostgREST's shape. */
export interface FailureBody {
  readonly code: string;
  readonly message: string;
  readonly details: unknown;
  readonly hint: string | null;
}

/**
 * The one place that makes HTTP of what went wrong: both Workers' `onError`.
 * What is not a Failure is a fault of ours: the log gets all of it, the client nothing but the request id to quote.
 */
export function renderFailure(error: unknown, c: Context): Response {
  const failure = error instanceof Failure ? error : new Failure('AN500', 'unexpected', { cause: error });
  const status = FAILURE_STATUS[failure.code];
  const requestId: string = c.get('requestId') ?? '';
  if (status >= 500) {
    const cause = failure.cause instanceof Error ? failure.cause : failure;
    logEvent({
      event: 'failure',
      request_id: requestId,
      code: failure.code,
      message: failure.message,
      cause: cause.message,
      sqlstate: 'code' in cause ? cause.code : null,
      stack: cause.stack ?? null,
    });
  }
  if (status === 503) c.header('Retry-After', String(RETRY_AFTER_S));
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  const body: FailureBody =
    status === 500
      ? {
          code: 'AN500',
          message: 'Something went wrong on our side.',
          details: null,
          hint: `Quote request ${requestId} to the operator.`,
        }
      : { code: failure.code, message: failure.message, details: failure.details, hint: failure.hint };
  return c.json(body, status);
}
