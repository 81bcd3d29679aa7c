import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { ApiEnv } from './env.ts';

const PREFLIGHT_MAX_AGE_S = 600;

/**
 * Lets pages of the origins in CORS_ORIGINS (comma-separated; `*` is every origin) call the API. Without it, none may:
 * the web client is of the same origin. Tokens travel in a header, never in cookies, so that credentials are not allowed.
 */
export function crossOrigin(): MiddlewareHandler<ApiEnv> {
  const answer = cors({
    origin: (origin, c) => {
      const allowed = (c.env.CORS_ORIGINS ?? '').split(',').map((text: string) => text.trim());
      return allowed.includes('*') || allowed.includes(origin) ? origin : null;
    },
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: [
      ...['Accept', 'Accept-Datetime', 'Accept-Profile', 'Authorization', 'Basis', 'Content-Profile', 'Content-Type'],
      ...[
        'Idempotency-Key',
        'If-Match',
        'If-None-Match',
        'Position',
        'Prefer',
        'Range',
        'Range-Unit',
        'X-Client-Info',
        'X-Request-Id',
      ],
    ],
    exposeHeaders: [
      ...['Basis', 'Content-Location', 'Content-Range', 'ETag', 'Link', 'Location', 'Memento-Datetime', 'Next-Cursor'],
      ...['Position', 'Preference-Applied', 'Retry-After', 'Server-Timing', 'X-Request-Id'],
      ...['Preference-Applied', 'Retry-After', 'Server-Timing', 'X-Request-Id'],
    ],
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
  return async function crossOrigin(c, next) {
    const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    // An OPTIONS that is no preflight asks what a route takes, and has an answer of its own.
    if (c.req.header('origin') === undefined || (c.req.method === 'OPTIONS' && !isPreflight)) return next();
    return answer(c, next);
  };
}
