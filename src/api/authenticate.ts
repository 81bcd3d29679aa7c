import type { Context, MiddlewareHandler } from 'hono';
import { logEvent } from '../log/log-event.ts';
import { type TokenEnv, tokenSettings } from './token-settings.ts';
import { type Caller, type TokenFailure, verifyToken } from './verify-token.ts';

/** What these middlewares need of the Worker and give to the routes after them. */
export interface AuthenticatedEnv {
  Bindings: TokenEnv;
  Variables: { caller: Caller };
}

interface ErrorBody {
  readonly code: 'AN401' | 'AN403' | 'AN503';
  readonly message: string;
  readonly details: null;
  readonly hint: string;
}

/** How long a client should wait after a 503. As its hint says: an issuer that is out of order is not asked by every request. */
const RETRY_AFTER_S = 60;

const SIGN_IN_HINT = 'Send the header "Authorization: Bearer TOKEN" with an access token of the configured issuer.';

/**
 * Lets a request through only with a valid access token, and sets `c.var.caller`.
 * Answers 401 (AN401) otherwise, or 503 (AN503) when the token could not be judged: a client must not sign its
 * user out because the issuer is down.
 *
 * @param now the clock; a Worker's is the system's
 */
export function authenticate(now: () => Date = () => new Date()): MiddlewareHandler<AuthenticatedEnv> {
  return async function authenticate(c, next) {
    const token = bearerToken(c.req.header('authorization'));
    if (token === null) {
      c.header('WWW-Authenticate', 'Bearer');
      return c.json<ErrorBody>(
        { code: 'AN401', message: 'This needs a signed-in user.', details: null, hint: SIGN_IN_HINT },
        401,
      );
    }
    const settings = tokenSettings(c.env);
    const caller = 'error' in settings ? settings : await verifyToken(token, settings, now());
    if ('error' in caller) return refuse(c, caller);
    c.set('caller', caller);
    return next();
  };
}

/** Lets a caller through only with the scope; answers 403 (AN403) otherwise. Comes after {@link authenticate}. */
export function requireScope(scope: string): MiddlewareHandler<AuthenticatedEnv> {
  return async function requireScope(c, next) {
    if (c.var.caller.scopes.has(scope)) return next();
    c.header('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
    return c.json<ErrorBody>(
      {
        code: 'AN403',
        message: `This needs a token with the scope ${scope}.`,
        details: null,
        hint: `Ask the issuer for a token with the scope ${scope}; people’s own tokens do not carry it.`,
      },
      403,
    );
  };
}

/** The token of an Authorization header (RFC 6750, section 2.1), or null when there is none. */
function bearerToken(header: string | undefined): string | null {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1] ?? null;
}

function refuse(c: Context<AuthenticatedEnv>, failure: TokenFailure): Response {
  switch (failure.error) {
    case 'invalid_token':
    case 'expired_token':
      // RFC 6750, section 3.1: an expired token is an invalid one. The description must be ASCII without quotes.
      c.header(
        'WWW-Authenticate',
        `Bearer error="invalid_token", error_description="${failure.error === 'expired_token' ? 'expired' : 'invalid'}"`,
      );
      return c.json<ErrorBody>({ code: 'AN401', message: failure.message, details: null, hint: SIGN_IN_HINT }, 401);
    case 'issuer_unreachable':
    case 'not_configured':
      logEvent({ event: failure.error, message: failure.message });
      c.header('Retry-After', String(RETRY_AFTER_S));
      return c.json<ErrorBody>(
        {
          code: 'AN503',
          message: 'Tokens cannot be checked at the moment.',
          details: null,
          hint: 'Try again in a minute. The operator finds the reason in the log.',
        },
        503,
      );
  }
}
